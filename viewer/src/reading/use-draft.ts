import { useEffect, useMemo, useState } from 'react';
import type { Finding, StudyDetail } from '#contracts/study.ts';
import { carryOver, dropOrphans, orphansOf, successors } from './carry-over.ts';
import {
  type Draft,
  EMPTY_DRAFT,
  fitDraft,
  type JudgedFinding,
  type Judgement,
  judge,
  type Operation,
  perform,
  undo,
} from './draft.ts';
import { draftKey, loadDraft, saveDraft, sweepDrafts } from './draft-store.ts';

export interface DraftControl {
  readonly draft: Draft;
  readonly judgement: Judgement;
  /** Verdicts on findings that a later analysis replaced: how many, and how many of those findings it has as well. */
  readonly orphans: number;
  readonly matched: number;
  readonly carryOver: () => void;
  readonly dropOrphans: () => void;
  readonly perform: (operation: Operation) => void;
  readonly undo: () => void;
  readonly setComment: (comment: string) => void;
  readonly setImpression: (impression: string) => void;
  readonly clear: () => void;
}

function toJudged({ id, label, sopInstanceUid, frame, box }: Finding): JudgedFinding {
  return { id, label, sopInstanceUid, frame, box };
}

/** The draft with the finding that an act is on, as it was when the reader saw it. */
function remember(draft: Draft, operation: Operation, findings: readonly Finding[]): Draft {
  if (!('findingId' in operation)) return draft;
  const finding = findings.find((each) => each.id === operation.findingId);
  if (finding === undefined || draft.judged.some((each) => each.id === finding.id)) return draft;
  return { ...draft, judged: [...draft.judged, toJudged(finding)] };
}

/**
 * The reader's draft for a study, kept in the browser: a reload, a closed tab, a log-out or a conflict loses nothing.
 * The same study in two tabs has one draft.
 */
export function useDraft(study: StudyDetail, reader: string): DraftControl {
  const { studyInstanceUid: uid, version, findings } = study;
  const [draft, setDraft] = useState<Draft>(
    () => loadDraft(localStorage, reader, uid)?.draft ?? EMPTY_DRAFT,
  );
  useEffect(() => {
    sweepDrafts(localStorage, Date.now());
    const onStorage = ({ key }: StorageEvent) => {
      if (key !== draftKey(reader, uid)) return;
      setDraft(loadDraft(localStorage, reader, uid)?.draft ?? EMPTY_DRAFT);
    };
    window.addEventListener('storage', onStorage);
    return () => window.removeEventListener('storage', onStorage);
  }, [reader, uid]);
  const change = (next: Draft) => {
    saveDraft(localStorage, { reader, uid, version }, next);
    setDraft(next);
  };
  const ids = useMemo(() => new Set(findings.map((finding) => finding.id)), [findings]);
  const fitted = useMemo(() => fitDraft(draft, ids), [draft, ids]);
  const judgement = useMemo(() => judge(fitted), [fitted]);
  const shown = useMemo(() => findings.map(toJudged), [findings]);
  return {
    draft: fitted,
    judgement,
    orphans: orphansOf(draft, shown).length,
    matched: successors(draft, shown).size,
    carryOver: () => change(carryOver(draft, shown)),
    dropOrphans: () => change(dropOrphans(draft, shown)),
    perform: (operation) => change(perform(remember(draft, operation, findings), operation)),
    undo: () => change(undo(draft, ids)),
    setComment: (comment) => change({ ...draft, comment }),
    setImpression: (impression) => change({ ...draft, impression }),
    clear: () => change(EMPTY_DRAFT),
  };
}
