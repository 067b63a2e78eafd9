import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { messageOf, send } from '../api/client.ts';
import { studyPath } from '../api/queries.ts';
import { useNow } from '../design/clock.ts';
import { formatAgo } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Dialog, Notice } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { READING_TEXT as T } from './text.ts';

interface OthersNoticeProps {
  readonly study: StudyDetail;
  readonly onTaken: () => void;
}

/** Another reader has it open: both may look, both shall know, and one may take it over by saying so. */
export function OthersNotice({ study, onTaken }: OthersNoticeProps) {
  const { user } = useSession();
  const now = useNow();
  const [asking, setAsking] = useState(false);
  const take = useMutation({
    mutationFn: () => send(`${studyPath(study.studyInstanceUid)}/take-over`, { method: 'POST' }),
    onSuccess: () => {
      setAsking(false);
      showToast(T.takenOver);
      onTaken();
    },
  });
  const { openedBy, openedAt } = study;
  if (openedBy === null || openedBy === user.name) return null;
  const mayTake = study.readingStatus === 'open' && user.roles.includes('radiologist');
  return (
    <>
      <Notice
        tone="warn"
        testId="opened-by-other"
        action={
          mayTake ? (
            <Button size="small" onClick={() => setAsking(true)}>
              {T.takeOver}
            </Button>
          ) : null
        }
      >
        {T.openedByOther(openedBy, openedAt === null ? '' : formatAgo(openedAt, now))}
      </Notice>
      {asking ? (
        <Dialog
          title={T.takeOverTitle(openedBy)}
          description={T.takeOverDetail(openedBy)}
          onClose={() => setAsking(false)}
        >
          {take.isError ? <Notice tone="bad">{messageOf(take.error)}</Notice> : null}
          <div className="dialog-actions">
            <Button onClick={() => setAsking(false)}>{TEXT.cancel}</Button>
            <Button kind="primary" disabled={take.isPending} onClick={() => take.mutate()}>
              {T.takeOver}
            </Button>
          </div>
        </Dialog>
      ) : null}
    </>
  );
}
