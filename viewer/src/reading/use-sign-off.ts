import { useMutation } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { reviewResponseSchema, type StudyDetail } from '#contracts/study.ts';
import { ApiFailure, messageOf, request, send } from '../api/client.ts';
import { studyPath } from '../api/queries.ts';
import { ELSEWHERE_TEXT as E } from '../design/elsewhere-text.ts';
import { formatPersonName } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { useSession } from '../session/session-context.tsx';
import { type Draft, toReviewRequest } from './draft.ts';
import { saveDraft } from './draft-store.ts';
import { findNext } from './next-study.ts';
import { READING_TEXT as T } from './text.ts';
import type { Judging } from './use-judging.ts';
import type { OpenStudy } from './use-study.ts';

/** Opens the next study of the reader's own list, or the list when there is none. */
function useNext(uid: string) {
  const [, navigate] = useLocation();
  const { user } = useSession();
  return {
    // A list that cannot be had is as one that is empty: the page of the list says why.
    find: () => findNext(uid, user.name).catch(() => null),
    open: (next: string | null) => {
      if (next === null) showToast(T.listEmpty);
      navigate(next === null ? '/' : `/studies/${next}`);
    },
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
  const uid = study.studyInstanceUid;
  const next = useNext(uid);

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
    mutationFn: async ({ draft, openedAt }: { draft: Draft; openedAt: string }) => {
      // At the same time: this study is never its own next one.
      const following = next.find();
      const { review } = await request(reviewResponseSchema, `${studyPath(uid)}/reviews`, {
        method: 'POST',
        body: toReviewRequest(study, draft, openedAt),
      });
      return { review, following: await following };
    },
    onSuccess: ({ review, following }, { draft }) => {
      judging.control.clear();
      showToast(T.signed(formatPersonName(study.patientName)), {
        undo: () => void takeBack(review.id, draft),
      });
      next.open(following);
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
      next.open(await next.find());
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
  /** Also a study that another system took off the list. */
  const putBack = useMutation({
    mutationFn: () => send(`${studyPath(uid)}/reported-elsewhere`, { method: 'DELETE' }),
    onSuccess: () => {
      showToast(E.isBack);
      return open.refetch();
    },
  });
  return { sign, elsewhere, withdraw, putBack };
}
