import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  abandonedSchema,
  type DestinationStatus,
  destinationTestSchema,
  resentSchema,
} from '#contracts/deliveries.ts';
import { messageOf, request } from '../api/client.ts';
import { formatCount, formatWhen } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, Chip } from '../design/ui.tsx';
import { fromServer } from '../languages/server-words.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { KIND_WORDS, DESTINATION_TEXT as T } from './destination-text.ts';
import { deliveriesQuery } from './queries.ts';
import { Ago, Elapsed } from './time-cells.tsx';

/** Whether it is there, and what was wrong last. */
function Contact(destination: DestinationStatus) {
  const { configured, reachableSince, lastError, lastErrorAt, nextAttemptAt } = destination;
  if (!configured) {
    return (
      <>
        <Chip tone="warn">{T.notConfigured}</Chip>
        <div className="quiet small">{T.notConfiguredDetail}</div>
      </>
    );
  }
  if (reachableSince !== null) {
    return (
      <>
        <Chip tone="good">{T.reachable}</Chip>{' '}
        <span className="nowrap">
          {T.since} {formatWhen(reachableSince, new Date())}
        </span>
        {lastError === null || lastErrorAt === null ? null : (
          <div className="quiet small">
            {T.lastError} {formatWhen(lastErrorAt, new Date())}: {fromServer(lastError)}
          </div>
        )}
      </>
    );
  }
  if (lastError === null || lastErrorAt === null) return <Chip>{T.neverTried}</Chip>;
  return (
    <>
      <Chip tone="bad">{T.unreachable}</Chip>{' '}
      <span className="nowrap">
        {T.failedAt} <Ago at={lastErrorAt} />
        {nextAttemptAt === null ? null : `, ${T.next} ${formatWhen(nextAttemptAt, new Date())}`}
      </span>
      <div className="small">{fromServer(lastError)}</div>
    </>
  );
}

function Sent({ sent, lastSentAt, uncommitted, unanswered }: DestinationStatus) {
  return (
    <>
      {formatCount(sent)}
      {lastSentAt === null ? null : (
        <div className="quiet small nowrap">
          {T.lastSent} <Ago at={lastSentAt} />
        </div>
      )}
      {uncommitted === 0 ? null : (
        <div className="quiet small">{T.uncommitted(formatCount(uncommitted))}</div>
      )}
      {unanswered === 0 ? null : (
        <div className="bad small">{T.unanswered(formatCount(unanswered))}</div>
      )}
    </>
  );
}

/** For what waits for a destination that is gone. */
function DismissWaiting({ name, waiting }: DestinationStatus) {
  const queries = useQueryClient();
  const dismiss = useMutation({
    mutationFn: () =>
      request(abandonedSchema, `/api/admin/destinations/${encodeURIComponent(name)}/dismiss`, {
        method: 'POST',
      }),
    onSuccess: ({ deliveries }) => showToast(T.dismissedWaiting(formatCount(deliveries))),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['admin'] }),
  });
  return (
    <div className="row-actions">
      <Button size="small" disabled={dismiss.isPending} onClick={() => dismiss.mutate()}>
        {T.dismissWaiting(formatCount(waiting))}
      </Button>
    </div>
  );
}

function Actions({ name, dead }: DestinationStatus) {
  const queries = useQueryClient();
  const path = `/api/admin/destinations/${encodeURIComponent(name)}`;
  const options = {
    onError: (error: Error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: deliveriesQuery.queryKey }),
  };
  const test = useMutation({
    mutationFn: () => request(destinationTestSchema, `${path}/test`, { method: 'POST' }),
    onSuccess: ({ reachable, detail, milliseconds }) =>
      showToast(
        T.tested(name, detail, formatCount(milliseconds)),
        reachable ? undefined : { tone: 'bad' },
      ),
    ...options,
  });
  const resend = useMutation({
    mutationFn: () => request(resentSchema, `${path}/resend`, { method: 'POST' }),
    onSuccess: ({ deliveries }) => showToast(T.resentAll(formatCount(deliveries))),
    ...options,
  });
  return (
    <div className="row-actions">
      <Button size="small" disabled={test.isPending} onClick={() => test.mutate()}>
        {test.isPending ? T.testing : T.test}
      </Button>
      {dead === 0 ? null : (
        <Button size="small" disabled={resend.isPending} onClick={() => resend.mutate()}>
          {T.resendAll}
        </Button>
      )}
    </div>
  );
}

function Row({ destination }: { readonly destination: DestinationStatus }) {
  const { name, kind, address, send, waiting, oldestWaiting, dead } = destination;
  return (
    <tr data-testid="destination" data-name={name}>
      <td>
        <strong>{name}</strong>
        <div className="quiet small">
          {[kind, address].filter((part) => part !== null).join(' ')}
        </div>
      </td>
      <td>
        {send.map((each) => KIND_WORDS[each]).join(', ')}
        {destination.storageCommitment ? <div className="quiet small">{T.commitment}</div> : null}
      </td>
      <td>
        <Contact {...destination} />
      </td>
      <td className="number">
        {formatCount(waiting)}
        {oldestWaiting === null ? null : (
          <div className="quiet small nowrap">
            {T.oldest} <Elapsed since={oldestWaiting} />
          </div>
        )}
      </td>
      <td className="number">
        <Sent {...destination} />
      </td>
      <td className={dead === 0 ? 'number' : 'number bad'}>{formatCount(dead)}</td>
      <td>
        {destination.configured ? (
          <Actions {...destination} />
        ) : waiting > 0 ? (
          <DismissWaiting {...destination} />
        ) : null}
      </td>
    </tr>
  );
}

/** Each destination: whether it is there, and what waits for it. */
export function DestinationTable() {
  const deliveries = useQuery(deliveriesQuery);
  return (
    <DataPanel
      title={T.title}
      lead={T.lead}
      testId="destinations"
      query={deliveries}
      empty={({ destinations }) =>
        destinations.length === 0 ? <EmptyLine text={T.empty} detail={T.emptyDetail} /> : undefined
      }
    >
      {({ destinations }) => (
        <table className="table dense">
          <TableHead columns={T.columns} numbers={['waiting', 'sent', 'dead']} />
          <tbody>
            {destinations.map((destination) => (
              <Row key={destination.name} destination={destination} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
