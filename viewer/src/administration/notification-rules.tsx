import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  type NotificationDuration,
  type NotificationRuleStatus,
  notificationActSchema,
} from '#contracts/notifications.ts';
import { messageOf, request } from '../api/client.ts';
import { formatCount, formatDuration } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Chip } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { NOTIFICATION_TEXT as T } from './notification-text.ts';
import { notificationsQuery } from './queries.ts';

function Time(props: { readonly took: NotificationDuration; readonly from: string }) {
  const { median, p95 } = props.took;
  if (median === null || p95 === null) return null;
  return (
    <div>
      {T.time(formatDuration(median), formatDuration(p95))}{' '}
      <span className="quiet small">{props.from}</span>
    </div>
  );
}

function Times(props: {
  readonly fromResult: NotificationDuration;
  readonly fromImage: NotificationDuration;
}) {
  const { fromResult, fromImage } = props;
  return (
    <td className="nowrap">
      {fromResult.count === 0 ? <span className="quiet">{T.noTimes}</span> : null}
      <Time took={fromResult} from={T.fromResult} />
      <Time took={fromImage} from={T.fromImage} />
    </td>
  );
}

function Now({ waiting, dead }: NotificationRuleStatus) {
  if (waiting === 0 && dead === 0) return <span className="quiet">{T.nothing}</span>;
  return (
    <>
      {dead === 0 ? null : <Chip tone="bad">{T.deadNow(formatCount(dead))}</Chip>}{' '}
      {waiting === 0 ? null : <Chip tone="accent">{T.waitingNow(formatCount(waiting))}</Chip>}
    </>
  );
}

function Row({ rule }: { readonly rule: NotificationRuleStatus }) {
  const { name, receiver, when, unmatched, sent, unacknowledged, times, receiverMayAcknowledge } =
    rule;
  const queries = useQueryClient();
  const test = useMutation({
    mutationFn: () =>
      request(
        notificationActSchema,
        `/api/admin/notification-rules/${encodeURIComponent(name)}/test`,
        { method: 'POST' },
      ),
    onSuccess: () => showToast(T.tested(name)),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: notificationsQuery.queryKey }),
  });
  return (
    <tr data-testid="notification-rule" data-rule={name}>
      <td>
        <strong>{name}</strong>
        <div className="quiet small">{receiver}</div>
      </td>
      <td>
        {fromServer(when).replaceAll(' or ', T.or)}
        {unmatched.length === 0 ? null : (
          <div className="rule-warning small">{T.unmatched(unmatched.join(', '))}</div>
        )}
        {receiverMayAcknowledge ? <div className="quiet small">{T.acknowledges}</div> : null}
      </td>
      <td>
        <Now {...rule} />
      </td>
      <td>
        {formatCount(sent)}
        {unacknowledged === 0 ? null : (
          <div className="quiet small">{T.unacknowledged(formatCount(unacknowledged))}</div>
        )}
      </td>
      <Times fromResult={times.resultToSent} fromImage={times.lastImageToSent} />
      <Times fromResult={times.resultToAcknowledged} fromImage={times.lastImageToAcknowledged} />
      <td>
        <Button size="small" disabled={test.isPending} onClick={() => test.mutate()}>
          {T.test}
        </Button>
      </td>
    </tr>
  );
}

/** The rules of the configuration, with what became of them. */
export function NotificationRules() {
  const notifications = useQuery(notificationsQuery);
  const { data } = notifications;
  return (
    <DataPanel
      title={T.rules}
      lead={data === undefined || data.rules.length === 0 ? undefined : T.rulesLead(data.days)}
      testId="notification-rules"
      query={notifications}
      empty={({ rules }) =>
        rules.length === 0 ? <EmptyLine text={T.noRules} detail={T.noRulesDetail} /> : undefined
      }
    >
      {({ rules }) => (
        <table className="table dense">
          <TableHead columns={T.ruleColumns} />
          <tbody>
            {rules.map((rule) => (
              <Row key={rule.name} rule={rule} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
