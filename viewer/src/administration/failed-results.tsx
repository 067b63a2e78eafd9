import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { type FailedResult, failedResultActSchema } from '#contracts/results.ts';
import { messageOf, request } from '../api/client.ts';
import { formatCount } from '../design/format.ts';
import { showToast } from '../design/toasts.tsx';
import { Button } from '../design/ui.tsx';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { FAILED_RESULT_TEXT as T } from './failed-result-text.ts';
import { failedResultsQuery } from './queries.ts';
import { Ago } from './time-cells.tsx';

function Row({ item }: { readonly item: FailedResult }) {
  const { id, studyInstanceUid, number, signedBy, reason, attempts, since } = item;
  const queries = useQueryClient();
  const act = useMutation({
    mutationFn: (what: 'retry' | 'dismiss') =>
      request(failedResultActSchema, `/api/admin/failed-results/${id}/${what}`, { method: 'POST' }),
    onSuccess: (_answer, what) => showToast(what === 'retry' ? T.retried : T.dismissed),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: failedResultsQuery.queryKey }),
  });
  const buttons = [
    { what: 'retry', label: T.retry, kind: 'plain' },
    { what: 'dismiss', label: T.dismiss, kind: 'quiet' },
  ] as const;
  return (
    <tr data-testid="failed-result">
      <td>
        <Link className="mono" href={`/studies/${studyInstanceUid}`}>
          {studyInstanceUid}
        </Link>
      </td>
      <td>{signedBy === null ? T.byAi(number) : T.bySigner(number, signedBy)}</td>
      <td>{reason}</td>
      <td className="number">{formatCount(attempts)}</td>
      <td className="nowrap">
        <Ago at={since} />
      </td>
      <td>
        <div className="row-actions">
          {buttons.map(({ what, label, kind }) => (
            <Button
              key={what}
              size="small"
              kind={kind}
              disabled={act.isPending}
              onClick={() => act.mutate(what)}
            >
              {label}
            </Button>
          ))}
        </div>
      </td>
    </tr>
  );
}

/** Results that could not be made into objects: there is something only when something is wrong. */
export function FailedResults() {
  const failed = useQuery(failedResultsQuery);
  if (failed.data?.results.length === 0) return null;
  return (
    <DataPanel
      title={T.title}
      lead={T.lead}
      testId="failed-results"
      query={failed}
      head={null}
      empty={({ results }) => (results.length === 0 ? <EmptyLine text={T.none} /> : undefined)}
    >
      {({ results }) => (
        <table className="table dense">
          <TableHead columns={T.columns} numbers={['tries']} />
          <tbody>
            {results.map((item) => (
              <Row key={item.id} item={item} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
