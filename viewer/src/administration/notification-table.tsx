import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { type Notification, notificationActSchema } from '#contracts/notifications.ts';
import type { NotificationState } from '#core/notification.ts';
import { formatCount, formatWhen } from '../design/format.ts';
import { Chip, type Tone } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { NOTIFICATION_STATE_WORDS, NOTIFICATION_TEXT as T } from './notification-text.ts';
import { notificationsQuery } from './queries.ts';
import { RowDecisions } from './row-decisions.tsx';
import { Ago } from './time-cells.tsx';

const TONES: Readonly<Record<NotificationState, Tone>> = {
  waiting: 'accent',
  sent: 'good',
  dead: 'bad',
  dismissed: 'plain',
};

/** When it was sent, and what a reader made of it; or when it is tried again, and why it is not there yet. */
function Outcome(notification: Notification) {
  const { sentAt, seenBy, acknowledgedBy, test, nextAttemptAt, giveUpAt, lastError } = notification;
  const when = (time: string) => formatWhen(time, new Date());
  const acknowledged = acknowledgedBy === null ? T.notAcknowledged : T.acknowledged(acknowledgedBy);
  const said = [
    ...(sentAt === null ? [] : [`${T.sentAt} ${when(sentAt)}`]),
    ...(seenBy === null ? [] : [T.seen(seenBy)]),
    ...(sentAt === null || test ? [] : [acknowledged]),
    ...(nextAttemptAt === null ? [] : [`${T.next} ${when(nextAttemptAt)}`]),
    ...(giveUpAt === null ? [] : [`${T.until} ${when(giveUpAt)}`]),
  ];
  return (
    <>
      {said.join(', ')}
      {lastError === null ? null : <div className="quiet small">{fromServer(lastError)}</div>}
    </>
  );
}

function Actions({ id, state, configured }: Notification) {
  const mayResend = configured && (state === 'dead' || state === 'dismissed');
  const mayDismiss = state === 'dead' || state === 'waiting';
  const resend = { act: 'resend', label: T.resend, done: T.resent };
  const dismiss = { act: 'dismiss', label: T.dismiss, done: T.dismissed, kind: 'quiet' as const };
  return (
    <RowDecisions
      path={`/api/admin/notifications/${id}`}
      answer={notificationActSchema}
      decisions={[...(mayResend ? [resend] : []), ...(mayDismiss ? [dismiss] : [])]}
    />
  );
}

function Study({ studyInstanceUid, test }: Notification) {
  if (test) return <Chip>{T.isTest}</Chip>;
  return (
    <Link className="mono" href={`/studies/${studyInstanceUid ?? ''}`}>
      {studyInstanceUid}
    </Link>
  );
}

function Row({ item }: { readonly item: Notification }) {
  const { state, rule, configured, createdAt, attempts } = item;
  return (
    <tr data-testid="notification" data-state={state} data-rule={rule}>
      <td>
        <Chip tone={TONES[state]}>{NOTIFICATION_STATE_WORDS[state]}</Chip>
      </td>
      <td className="nowrap">
        {rule}
        {configured ? null : <div className="quiet small">{T.notConfigured}</div>}
      </td>
      <td>
        <Study {...item} />
      </td>
      <td className="nowrap">
        <Ago at={createdAt} />
      </td>
      <td className="number">{attempts}</td>
      <td>
        <Outcome {...item} />
      </td>
      <td>
        <Actions {...item} />
      </td>
    </tr>
  );
}

/** Each notification, and what can be done about it. */
export function NotificationTable() {
  const notifications = useQuery(notificationsQuery);
  const { data } = notifications;
  const counts = Object.values(data?.counts ?? {});
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shown = data?.items.length ?? 0;
  return (
    <DataPanel
      title={T.list}
      lead={T.listLead}
      testId="notifications"
      query={notifications}
      head={
        shown < total ? (
          <span className="quiet small">{T.more(formatCount(shown), formatCount(total))}</span>
        ) : null
      }
      empty={({ items }) => (items.length === 0 ? <EmptyLine text={T.empty} /> : undefined)}
    >
      {({ items }) => (
        <table className="table dense">
          <TableHead columns={T.columns} numbers={['tries']} />
          <tbody>
            {items.map((item) => (
              <Row key={item.id} item={item} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
