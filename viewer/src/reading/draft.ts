import { z } from 'zod';
import {
  boxSchema,
  type ImpressionRequest,
  type ReviewRequest,
  uidSchema,
} from '#contracts/study.ts';
import type { Box } from '#core/finding.ts';

/** Each act of the reader, in order: undo takes the last one back. */
const operationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('confirm'), findingId: z.string() }),
  z.object({ kind: z.literal('reject'), findingId: z.string(), reason: z.string().max(200) }),
  z.object({
    kind: z.literal('amend'),
    findingId: z.string(),
    box: boxSchema.nullable(),
    label: z.string().max(100).nullable(),
  }),
  z.object({
    kind: z.literal('add'),
    addedId: z.string(),
    label: z.string().min(1).max(100),
    sopInstanceUid: uidSchema,
    frame: z.number().int().min(1),
    box: boxSchema,
  }),
  z.object({
    kind: z.literal('change-added'),
    addedId: z.string(),
    box: boxSchema.nullable(),
    label: z.string().max(100).nullable(),
  }),
  z.object({ kind: z.literal('remove-added'), addedId: z.string() }),
]);
export type Operation = z.output<typeof operationSchema>;

/** What a judged finding was and where, so that its verdict can follow it into a later analysis. */
const judgedSchema = z.object({
  id: z.string(),
  label: z.string(),
  sopInstanceUid: uidSchema.nullable(),
  frame: z.number().int().nullable(),
  box: boxSchema.nullable(),
});
export type JudgedFinding = z.output<typeof judgedSchema>;

export const draftSchema = z.object({
  operations: z.array(operationSchema),
  comment: z.string().max(2000),
  /** Free text of an impression that is not recorded yet. */
  impression: z.string().max(2000).default(''),
  judged: z.array(judgedSchema).default([]),
});
export type Draft = z.output<typeof draftSchema>;

export const EMPTY_DRAFT: Draft = { operations: [], comment: '', impression: '', judged: [] };

export type FindingVerdict =
  | { readonly verdict: 'confirm' }
  | { readonly verdict: 'reject'; readonly reason: string }
  | { readonly verdict: 'amend'; readonly box: Box | null; readonly label: string | null };

export interface AddedFinding {
  readonly addedId: string;
  readonly label: string;
  readonly sopInstanceUid: string;
  readonly frame: number;
  readonly box: Box;
}

export interface Judgement {
  readonly byFinding: ReadonlyMap<string, FindingVerdict>;
  readonly added: readonly AddedFinding[];
}

function judgeFinding(
  before: FindingVerdict | undefined,
  operation: Extract<Operation, { kind: 'confirm' | 'reject' | 'amend' }>,
): FindingVerdict {
  if (operation.kind === 'confirm') return { verdict: 'confirm' };
  if (operation.kind === 'reject') return { verdict: 'reject', reason: operation.reason };
  const earlier = before?.verdict === 'amend' ? before : { box: null, label: null };
  return {
    verdict: 'amend',
    box: operation.box ?? earlier.box,
    label: operation.label ?? earlier.label,
  };
}

/** What the acts come to: the last verdict on a finding counts, amendments of box and label add up. */
export function judge(draft: Draft): Judgement {
  const byFinding = new Map<string, FindingVerdict>();
  let added: AddedFinding[] = [];
  for (const operation of draft.operations) {
    switch (operation.kind) {
      case 'add': {
        const { kind: _kind, ...finding } = operation;
        added = [...added, finding];
        break;
      }
      case 'change-added':
        added = added.map((each) =>
          each.addedId === operation.addedId
            ? { ...each, box: operation.box ?? each.box, label: operation.label ?? each.label }
            : each,
        );
        break;
      case 'remove-added':
        added = added.filter((each) => each.addedId !== operation.addedId);
        break;
      default: {
        const { findingId } = operation;
        byFinding.set(findingId, judgeFinding(byFinding.get(findingId), operation));
      }
    }
  }
  return { byFinding, added };
}

export function perform(draft: Draft, operation: Operation): Draft {
  return { ...draft, operations: [...draft.operations, operation] };
}

/** Takes back the last act on what is there. Acts on findings that are gone stay: nobody sees them to undo them. */
export function undo(draft: Draft, findingIds: ReadonlySet<string>): Draft {
  const last = draft.operations.findLastIndex((operation) => fits(operation, findingIds));
  return last < 0 ? draft : { ...draft, operations: draft.operations.toSpliced(last, 1) };
}

export function isEmptyDraft(draft: Draft): boolean {
  return (
    draft.operations.length === 0 && draft.comment.trim() === '' && draft.impression.trim() === ''
  );
}

/** Findings without a verdict, in their given order. */
export function undecided<T extends { readonly id: string }>(
  findings: readonly T[],
  judgement: Judgement,
): T[] {
  return findings.filter((finding) => !judgement.byFinding.has(finding.id));
}

function fits(operation: Operation, findingIds: ReadonlySet<string>): boolean {
  return !('findingId' in operation) || findingIds.has(operation.findingId);
}

/** Leaves out verdicts on findings that are no longer there (a new analysis made new ones); the rest is kept. */
export function fitDraft(draft: Draft, findingIds: ReadonlySet<string>): Draft {
  const operations = draft.operations.filter((operation) => fits(operation, findingIds));
  return operations.length === draft.operations.length ? draft : { ...draft, operations };
}

/** @param study the version and findings that are on the reader's screen */
export function toReviewRequest(
  study: { readonly version: number; readonly findings: readonly { readonly id: string }[] },
  draft: Draft,
  openedAt: string,
): ReviewRequest {
  const judgement = judge(draft);
  const verdicts: ReviewRequest['verdicts'] = [];
  for (const { id: findingId } of study.findings) {
    const given = judgement.byFinding.get(findingId);
    if (given === undefined) continue;
    if (given.verdict === 'confirm') verdicts.push({ verdict: 'confirm', findingId });
    else if (given.verdict === 'reject') {
      const reason = given.reason.trim();
      verdicts.push({ verdict: 'reject', findingId, ...(reason === '' ? {} : { reason }) });
    } else {
      verdicts.push({
        verdict: 'amend',
        findingId,
        ...(given.label === null ? {} : { label: given.label }),
        ...(given.box === null ? {} : { box: [...given.box] }),
      });
    }
  }
  for (const { label, sopInstanceUid, frame, box } of judgement.added) {
    verdicts.push({ verdict: 'add', label, sopInstanceUid, frame, box: [...box] });
  }
  const comment = draft.comment.trim();
  return { version: study.version, verdicts, openedAt, ...(comment === '' ? {} : { comment }) };
}

/** The reader's own marks and words, before the AI's are shown. The marks stay in the draft: they are findings of theirs. */
export function toImpressionRequest(
  draft: Draft,
  word: ImpressionRequest['word'],
  openedAt: string,
): ImpressionRequest {
  const marks = judge(draft).added.map(({ sopInstanceUid, frame, box: [x, y, width, height] }) => {
    const box: [number, number, number, number] = [x, y, width, height];
    return { sopInstanceUid, frame, box };
  });
  const comment = draft.impression.trim();
  return { word, marks, openedAt, ...(comment === '' ? {} : { comment }) };
}
