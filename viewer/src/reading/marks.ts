import type { Finding } from '#contracts/study.ts';
import type { Box } from '#core/finding.ts';
import type { Judgement } from './draft.ts';

export type MarkState = 'open' | 'confirm' | 'reject' | 'amend' | 'add';

/** A finding as the reader sees it now: the model's, or one of their own, with the draft laid over it. */
export interface Mark {
  readonly id: string;
  readonly added: boolean;
  readonly label: string;
  readonly score: number | null;
  readonly modelId: string | null;
  /** Every model that saw it, the highest score first. */
  readonly seenBy: Finding['seenBy'];
  readonly sopInstanceUid: string | null;
  readonly frame: number | null;
  readonly box: Box | null;
  /** The model's own box while an amended one stands in its place. */
  readonly originalBox: Box | null;
  readonly state: MarkState;
  readonly reason: string;
}

function markOf(finding: Finding, judgement: Judgement): Mark {
  const verdict = judgement.byFinding.get(finding.id);
  const amended = verdict?.verdict === 'amend' ? verdict : null;
  return {
    id: finding.id,
    added: false,
    label: amended?.label ?? finding.label,
    score: finding.score,
    modelId: finding.modelId,
    seenBy: finding.seenBy,
    sopInstanceUid: finding.sopInstanceUid,
    frame: finding.frame,
    box: amended?.box ?? finding.box,
    originalBox: amended?.box == null ? null : finding.box,
    state: verdict?.verdict ?? 'open',
    reason: verdict?.verdict === 'reject' ? verdict.reason : '',
  };
}

/** The model's findings, highest score first, then the reader's own. */
export function marksOf(findings: readonly Finding[], judgement: Judgement): Mark[] {
  const inOrder = findings.toSorted((a, b) => b.score - a.score);
  return [
    ...inOrder.map((finding) => markOf(finding, judgement)),
    ...judgement.added.map(
      ({ addedId, ...own }): Mark => ({
        ...own,
        id: addedId,
        added: true,
        score: null,
        modelId: null,
        seenBy: [],
        originalBox: null,
        state: 'add',
        reason: '',
      }),
    ),
  ];
}

/** The mark `by` places on, round the end. */
export function neighbour(marks: readonly Mark[], id: string | null, by: 1 | -1): Mark | null {
  if (marks.length === 0) return null;
  const place = marks.findIndex((mark) => mark.id === id);
  if (place < 0) return marks.at(by === 1 ? 0 : -1) ?? null;
  return marks.at((place + by + marks.length) % marks.length) ?? null;
}

/** The next mark without a verdict after `id`, round the end; null when all have one. */
export function nextOpen(marks: readonly Mark[], id: string | null): Mark | null {
  const place = marks.findIndex((mark) => mark.id === id);
  const after = [...marks.slice(place + 1), ...marks.slice(0, place + 1)];
  return after.find((mark) => mark.state === 'open' && mark.id !== id) ?? null;
}
