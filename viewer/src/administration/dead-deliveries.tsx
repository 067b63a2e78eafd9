import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { type DeadDelivery, deliveryActSchema } from '#contracts/deliveries.ts';
import { formatCount } from '../design/format.ts';
import { fromServer } from '../languages/server-words.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { KIND_WORDS, DESTINATION_TEXT as T } from './destination-text.ts';
import { deliveriesQuery } from './queries.ts';
import { RowDecisions } from './row-decisions.tsx';
import { Ago } from './time-cells.tsx';

function Actions({ id, configured }: DeadDelivery) {
  const resend = { act: 'resend', label: T.resend, done: T.resent };
  const dismiss = { act: 'dismiss', label: T.dismiss, done: T.dismissed, kind: 'quiet' as const };
  return (
    <RowDecisions
      path={`/api/admin/deliveries/${id}`}
      answer={deliveryActSchema}
      decisions={configured ? [resend, dismiss] : [dismiss]}
    />
  );
}

function Row({ item }: { readonly item: DeadDelivery }) {
  const { destination, kind, sopInstanceUid, studyInstanceUid, reason, attempts, since } = item;
  return (
    <tr data-testid="dead-delivery" data-destination={destination}>
      <td>{destination}</td>
      <td title={sopInstanceUid}>{KIND_WORDS[kind]}</td>
      <td>
        <Link className="mono" href={`/studies/${studyInstanceUid}`}>
          {studyInstanceUid}
        </Link>
      </td>
      <td>{fromServer(reason)}</td>
      <td className="number">{formatCount(attempts)}</td>
      <td className="nowrap">
        <Ago at={since} />
      </td>
      <td>
        <Actions {...item} />
      </td>
    </tr>
  );
}

/** What did not get there, and what can be done about it. */
export function DeadDeliveries() {
  const deliveries = useQuery(deliveriesQuery);
  const { data } = deliveries;
  const total = (data?.destinations ?? []).reduce((sum, { dead }) => sum + dead, 0);
  const shown = data?.dead.length ?? 0;
  return (
    <DataPanel
      title={T.deadTitle}
      lead={T.deadLead}
      testId="dead-deliveries"
      query={deliveries}
      head={
        shown < total ? (
          <span className="quiet small">{T.more(formatCount(shown), formatCount(total))}</span>
        ) : null
      }
      empty={({ dead }) => (dead.length === 0 ? <EmptyLine text={T.noDead} /> : undefined)}
    >
      {({ dead }) => (
        <table className="table dense">
          <TableHead columns={T.deadColumns} numbers={['tries']} />
          <tbody>
            {dead.map((item) => (
              <Row key={item.id} item={item} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
