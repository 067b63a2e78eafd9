import { useMutation, useQueryClient } from '@tanstack/react-query';
import { acknowledgementSchema, type StudyNotification } from '#contracts/notifications.ts';
import type { StudyDetail } from '#contracts/study.ts';
import { messageOf, request } from '../api/client.ts';
import { studyPath, studyQuery } from '../api/queries.ts';
import { formatWhen } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { Button } from '../design/ui.tsx';
import { useSession } from '../session/session-context.tsx';
import { READING_NOTIFICATION_TEXT as T } from './notification-text.ts';

function isOpen({ sentAt, acknowledgedAt }: StudyNotification): boolean {
  return sentAt !== null && acknowledgedAt === null;
}

function describe(notification: StudyNotification): string {
  const { state, sentAt, seenAt, seenBy, acknowledgedAt, acknowledgedBy } = notification;
  const when = (time: string) => formatWhen(time, new Date());
  if (sentAt === null) return T.unsent[state];
  const seen = seenAt === null ? '' : `, ${T.seen(seenBy ?? '', when(seenAt))}`;
  const acknowledged =
    acknowledgedAt === null
      ? T.notAcknowledged
      : T.acknowledgedBy(acknowledgedBy ?? '', when(acknowledgedAt));
  return `${T.notified(when(sentAt))}${seen}, ${acknowledged}`;
}

/** Who was told of this study, and whether anybody acknowledged it. */
export function NotificationPart({ study }: { readonly study: StudyDetail }) {
  const { user } = useSession();
  const queries = useQueryClient();
  const { studyInstanceUid, notifications } = study;
  const acknowledge = useMutation({
    mutationFn: () =>
      request(acknowledgementSchema, `${studyPath(studyInstanceUid)}/notifications/acknowledge`, {
        method: 'POST',
      }),
    onSuccess: () => showToast(T.done),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: studyQuery(studyInstanceUid).queryKey }),
  });
  if (notifications.length === 0) return null;
  const mayAcknowledge = user.roles.includes('radiologist') && notifications.some(isOpen);
  return (
    <section className="side-part" aria-label={T.title} data-testid="study-notifications">
      <div className="side-title">
        <h2 className="side-title">{T.title}</h2>
        {mayAcknowledge ? (
          <Button
            size="small"
            disabled={acknowledge.isPending}
            onClick={() => acknowledge.mutate()}
            data-testid="acknowledge"
          >
            {T.acknowledge}
          </Button>
        ) : null}
      </div>
      <ul className="notifications small">
        {notifications.map((each) => (
          <li
            key={each.id}
            data-testid="study-notification"
            data-tone={isOpen(each) ? 'warn' : each.state === 'dead' ? 'bad' : 'plain'}
          >
            <strong>{each.rule}</strong>: {describe(each)}
          </li>
        ))}
      </ul>
    </section>
  );
}
