import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { messageOf, send } from '../api/client.ts';
import { failuresQuery } from '../api/queries.ts';
import { formatWhen } from '../design/format.ts';
import { TEXT } from '../design/text.ts';
import { showToast } from '../design/toasts.tsx';
import { Button, State } from '../design/ui.tsx';
import { failureFromServer } from '../languages/server-words.ts';
import { EmptyLine } from './data-panel.tsx';
import { ADMINISTRATION_TEXT as T } from './text.ts';

export function FailureTable() {
  const queries = useQueryClient();
  const failures = useQuery(failuresQuery);
  const retry = useMutation({
    mutationFn: (jobId: string) =>
      send(`/api/failures/${encodeURIComponent(jobId)}/retry`, { method: 'POST' }),
    onSuccess: () => showToast(T.retried),
    onError: (error) => showToast(messageOf(error), { tone: 'bad' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['failures'] }),
  });
  const items = failures.data?.items ?? [];
  return (
    <section className="panel" aria-label={T.failures} data-testid="failures">
      <div className="panel-head">
        <div>
          <h2>{T.failures}</h2>
          <p className="second small">{T.failuresLead}</p>
        </div>
      </div>
      {failures.isPending ? <State title={TEXT.loading} /> : null}
      {failures.isError ? <State title={messageOf(failures.error)} /> : null}
      {failures.isSuccess && items.length === 0 ? <EmptyLine text={T.noFailures} /> : null}
      {items.length === 0 ? null : (
        <table className="table">
          <thead>
            <tr>
              {T.columns.map((column) => (
                <th key={column} scope="col">
                  {column === '' ? <span className="visually-hidden">{T.retry}</span> : column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.jobId}>
                <td>
                  {item.job}
                  <div className="mono quiet">{item.jobId}</div>
                </td>
                <td>
                  {item.studyInstanceUid === null ? (
                    '–'
                  ) : (
                    <Link className="mono" href={`/studies/${item.studyInstanceUid}`}>
                      {item.studyInstanceUid}
                    </Link>
                  )}
                </td>
                <td>
                  {failureFromServer(item.code, item.message)}
                  <div className="mono quiet">{item.code}</div>
                </td>
                <td>{item.attempts}</td>
                <td>{formatWhen(item.failedAt, new Date())}</td>
                <td>
                  <Button
                    size="small"
                    disabled={retry.isPending}
                    onClick={() => retry.mutate(item.jobId)}
                  >
                    {T.retry}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
