import { useMemo, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import type { Box } from '#core/finding.ts';
import { undecided } from './draft.ts';
import { findImage, type ImagePlace, type ImageStack, type StackImage } from './image-stacks.ts';
import { type Mark, marksOf, neighbour, nextOpen } from './marks.ts';
import { judgementOf, signedReview } from './signed-verdicts.ts';
import { READING_TEXT as T } from './text.ts';
import { type DraftControl, useDraft } from './use-draft.ts';

/** What a drag on the image does now: change this mark's box, or draw a new one. */
export type Editing =
  | { readonly kind: 'amend'; readonly id: string }
  | { readonly kind: 'add'; readonly id: null };

export interface Judging {
  readonly control: DraftControl;
  readonly marks: readonly Mark[];
  readonly selected: Mark | null;
  readonly undecidedCount: number;
  /** Who signed what is shown; null while it is a draft. */
  readonly signedBy: string | null;
  readonly editing: Editing | null;
  readonly select: (id: string) => void;
  readonly selectOpen: () => void;
  readonly step: (by: 1 | -1) => void;
  readonly confirm: (id?: string) => void;
  readonly reject: (id?: string) => void;
  readonly amend: (id?: string) => void;
  readonly startAdd: () => void;
  readonly stopEditing: () => void;
  /** @param on the image that the box was drawn on */
  readonly setBox: (box: Box, on?: StackImage) => void;
  readonly setLabel: (id: string, label: string) => void;
  readonly setReason: (id: string, reason: string) => void;
  readonly remove: (id: string) => void;
}

interface Options {
  readonly study: StudyDetail;
  readonly stacks: readonly ImageStack[];
  readonly reader: string;
  readonly show: (place: ImagePlace) => void;
}

const copyBox = ([x, y, width, height]: Box): [number, number, number, number] => [
  x,
  y,
  width,
  height,
];

/** The reader's verdicts on a study, with the finding that is chosen and the drag that is under way. */
export function useJudging({ study, stacks, reader, show }: Options): Judging {
  const control = useDraft(study, reader);
  const signed = useMemo(() => signedReview(study), [study]);
  const judgement = useMemo(
    () => (signed === null ? control.judgement : judgementOf(signed)),
    [signed, control.judgement],
  );
  // What is signed stands: it is taken back as a whole, or not at all.
  const perform: DraftControl['perform'] = (operation) => {
    if (signed === null) control.perform(operation);
  };
  const marks = useMemo(() => marksOf(study.findings, judgement), [study.findings, judgement]);
  const [chosen, setChosen] = useState<string | null>(null);
  const [editing, setEditing] = useState<Editing | null>(null);
  const selected =
    marks.find((mark) => mark.id === chosen) ?? nextOpen(marks, null) ?? marks[0] ?? null;
  // A new analysis brings new findings: the first without a verdict is the one to look at.
  const findingIds = study.findings.map((finding) => finding.id).join();
  const [knownIds, setKnownIds] = useState(findingIds);
  if (knownIds !== findingIds) {
    setKnownIds(findingIds);
    setChosen(null);
  }

  const goTo = (mark: Mark | null) => {
    if (mark === null) return;
    setChosen(mark.id);
    const place = findImage(stacks, mark.sopInstanceUid, mark.frame);
    if (place !== null) show(place);
  };
  const find = (id: string | undefined) =>
    id === undefined ? selected : (marks.find((mark) => mark.id === id) ?? null);
  const decide = (id: string | undefined, kind: 'confirm' | 'reject') => {
    const mark = find(id);
    if (mark === null) return;
    setEditing(null);
    if (mark.added) {
      goTo(nextOpen(marks, mark.id));
      return;
    }
    if (kind === 'confirm') perform({ kind, findingId: mark.id });
    else perform({ kind, findingId: mark.id, reason: '' });
    const next = nextOpen(marks, mark.id);
    if (next === null) setChosen(mark.id);
    else goTo(next);
  };
  const change = (mark: Mark, what: { box: Box | null; label: string | null }) => {
    const box = what.box === null ? null : copyBox(what.box);
    if (mark.added) perform({ kind: 'change-added', addedId: mark.id, ...what, box });
    else perform({ kind: 'amend', findingId: mark.id, ...what, box });
  };
  const add = (box: Box, { sopInstanceUid, frame }: StackImage) => {
    const addedId = crypto.randomUUID();
    const label = study.findings[0]?.label ?? T.newLabel;
    perform({ kind: 'add', addedId, label, sopInstanceUid, frame, box: copyBox(box) });
    setChosen(addedId);
    setEditing(null);
  };
  return {
    control,
    marks,
    selected,
    // What is not shown cannot be judged: in triage-only mode there is the sign-off alone.
    signedBy: signed?.reader ?? null,
    undecidedCount:
      study.readingMode === 'triage-only' || signed !== null
        ? 0
        : undecided(study.findings, judgement).length,
    editing,
    select: (id) => goTo(find(id)),
    selectOpen: () => goTo(nextOpen(marks, null)),
    step: (by) => goTo(neighbour(marks, selected?.id ?? null, by)),
    confirm: (id) => decide(id, 'confirm'),
    reject: (id) => decide(id, 'reject'),
    amend: (id) => {
      const mark = find(id);
      if (mark === null) return;
      goTo(mark);
      if (signed !== null) return;
      setEditing({ kind: 'amend', id: mark.id });
    },
    startAdd: () => {
      if (signed === null) setEditing({ kind: 'add', id: null });
    },
    stopEditing: () => setEditing(null),
    setBox: (box, on) => {
      if (editing === null || on === undefined) return;
      const mark = editing.kind === 'amend' ? find(editing.id) : null;
      if (mark === null) add(box, on);
      else change(mark, { box, label: null });
    },
    setLabel: (id, label) => {
      const mark = find(id);
      const given = label.trim();
      if (mark !== null && given !== '' && given !== mark.label) {
        change(mark, { box: null, label: given });
      }
    },
    setReason: (findingId, reason) => perform({ kind: 'reject', findingId, reason }),
    remove: (addedId) => perform({ kind: 'remove-added', addedId }),
  };
}
