import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { reviewResponseSchema, type StudyDetail } from '#contracts/study.ts';
import { ApiFailure, messageOf, request, send } from '../api/client.ts';
import { studyPath, worklistQuery } from '../api/queries.ts';
import { formatPersonName } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { useSession } from '../session/session-context.tsx';
import { chooseNext } from '../worklist/choose-next.ts';
import { loadView, PLAIN_VIEW, toQuery } from '../worklist/filters.ts';
import { type Draft, toReviewRequest } from './draft.ts';
import { saveDraft } from './draft-store.ts';
import { READING_TEXT as T } from './text.ts';
import type { Judging } from './use-judging.ts';
import type { OpenStudy } from './use-study.ts';

/** Where the next study is looked for. */
const NEXT_ROWS = 200;

/** Opens the next study of the reader's own list, in the order of triage however it is sorted, or the list when there is none. */
function useNext() {
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { user } = useSession();
  return async (uid: string) => {
    const { filters } = loadView() ?? PLAIN_VIEW;
    const query = worklistQuery(`limit=${NEXT_ROWS}&${toQuery({ filters, sort: null })}`);
    const list = await queries.fetchQuery(query).catch(() => null);
    const next = list === null ? null : chooseNext(list.items, uid, user.name);
    if (next === null) showToast(T.listEmpty);
    navigate(next === null ? '/' : `/studies/${next}`);
  };
}

interface Options {
  readonly study: StudyDetail;
  readonly open: OpenStudy;
  readonly judging: Judging;
}

export function useSignOff({ study, open, judging }: Options) {
  const [, navigate] = useLocation();
  const { user } = useSession();
  const goOn = useNext();
  const uid = study.studyInstanceUid;

  const takeBack = async (reviewId: string, draft: Draft) => {
    try {
      await send(`${studyPath(uid)}/reviews/${encodeURIComponent(reviewId)}`, { method: 'DELETE' });
      saveDraft(localStorage, { reader: user.name, uid, version: study.version }, draft);
      showToast(T.undone);
      navigate(`/studies/${uid}`);
    } catch (thrown) {
      showToast(T.undoFailed(messageOf(thrown)), { tone: 'bad' });
    }
  };

  const sign = useMutation({
    mutationFn: ({ draft, openedAt }: { draft: Draft; openedAt: string }) =>
      request(reviewResponseSchema, `${studyPath(uid)}/reviews`, {
        method: 'POST',
        body: toReviewRequest(study, draft, openedAt),
      }),
    onSuccess: async ({ review }, { draft }) => {
      judging.control.clear();
      showToast(T.signed(formatPersonName(study.patientName)), {
        undo: () => void takeBack(review.id, draft),
      });
      await goOn(uid);
    },
    onError: (error) => {
      // What changed is fetched and shown above the image; the draft stays as it is.
      if (error instanceof ApiFailure && error.status === 409) void open.refetch();
    },
  });

  const elsewhere = useMutation({
    mutationFn: () => send(`${studyPath(uid)}/reported-elsewhere`, { method: 'POST' }),
    onSuccess: async () => {
      showToast(T.elsewhereDone);
      await goOn(uid);
    },
  });
  /** For a study that this reader had signed before: their own review, taken back here. */
  const withdraw = useMutation({
    mutationFn: (reviewId: string) =>
      send(`${studyPath(uid)}/reviews/${encodeURIComponent(reviewId)}`, { method: 'DELETE' }),
    onSuccess: () => {
      showToast(T.withdrawn);
      return open.refetch();
    },
  });
  return { sign, elsewhere, withdraw };
}
