import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { type DeadDelivery, deliveryActSchema } from '#contracts/deliveries.ts';
import { messageOf, request } from '../api/client.ts';
import { formatCount } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { Button } from '../design/ui.tsx';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { KIND_WORDS, DESTINATION_TEXT as T } from './destination-text.ts';
import { deliveriesQuery } from './queries.ts';
import { Ago } from './time-cells.tsx';

function Actions({ id, configured }: DeadDelivery) {
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (what: 'resend' | 'dismiss') =>
      request(deliveryActSchema, `/api/admin/deliveries/${id}/${what}`, { method: 'POST' }),
    onSuccess: (_answer, what) => showToast(what === 'resend' ? T.resent : T.dismissed),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: deliveriesQuery.queryKey }),
  });
  return (
    <div className="row-actions">
      {configured ? (
        <Button size="small" disabled={act.isPending} onClick={() => act.mutate('resend')}>
          {T.resend}
        </Button>
      ) : null}
      <Button
        size="small"
        kind="quiet"
        disabled={act.isPending}
        onClick={() => act.mutate('dismiss')}
      >
        {T.dismiss}
      </Button>
    </div>
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
      <td>{reason}</td>
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
