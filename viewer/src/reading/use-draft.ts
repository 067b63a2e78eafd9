import { useMemo, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import {
  type Draft,
  EMPTY_DRAFT,
  fitDraft,
  type Judgement,
  judge,
  loadDraft,
  type Operation,
  perform,
  saveDraft,
  undo,
} from './draft.ts';

export interface DraftControl {
  readonly draft: Draft;
  readonly judgement: Judgement;
  readonly perform: (operation: Operation) => void;
  readonly undo: () => void;
  readonly setComment: (comment: string) => void;
  readonly setImpression: (impression: string) => void;
  readonly clear: () => void;
}

/** The reader's draft for a study, kept in the tab: a reload, a log-out or a conflict loses nothing. */
export function useDraft(study: StudyDetail, reader: string): DraftControl {
  const { studyInstanceUid: uid, version } = study;
  const [draft, setDraft] = useState<Draft>(
    () => loadDraft(sessionStorage, reader, uid)?.draft ?? EMPTY_DRAFT,
  );
  const change = (next: Draft) => {
    saveDraft(sessionStorage, { reader, uid, version }, next);
    setDraft(next);
  };
  const fitted = useMemo(
    () => fitDraft(draft, new Set(study.findings.map((finding) => finding.id))),
    [draft, study.findings],
  );
  const judgement = useMemo(() => judge(fitted), [fitted]);
  return {
    draft: fitted,
    judgement,
    perform: (operation) => change(perform(fitted, operation)),
    undo: () => change(undo(fitted)),
    setComment: (comment) => change({ ...fitted, comment }),
    setImpression: (impression) => change({ ...fitted, impression }),
    clear: () => change(EMPTY_DRAFT),
  };
}
