import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { type FailedResult, failedResultActSchema } from '#contracts/results.ts';
import { formatCount } from '../design/format.ts';
import { fromServer } from '../languages/server-words.ts';
import { DataPanel, EmptyLine, TableHead } from './data-panel.tsx';
import { FAILED_RESULT_TEXT as T } from './failed-result-text.ts';
import { failedResultsQuery } from './queries.ts';
import { RowDecisions } from './row-decisions.tsx';
import { Ago } from './time-cells.tsx';

const DECISIONS = [
  { act: 'retry', label: T.retry, done: T.retried },
  { act: 'dismiss', label: T.dismiss, done: T.dismissed, kind: 'quiet' },
] as const;

function Row({ item }: { readonly item: FailedResult }) {
  const { id, studyInstanceUid, number, signedBy, reason, attempts, since } = item;
  return (
    <tr data-testid="failed-result">
      <td>
        <Link className="mono" href={`/studies/${studyInstanceUid}`}>
          {studyInstanceUid}
        </Link>
      </td>
      <td>{signedBy === null ? T.byAi(number) : T.bySigner(number, signedBy)}</td>
      <td>{fromServer(reason)}</td>
      <td className="number">{formatCount(attempts)}</td>
      <td className="nowrap">
        <Ago at={since} />
      </td>
      <td>
        <RowDecisions
          path={`/api/admin/failed-results/${id}`}
          answer={failedResultActSchema}
          decisions={DECISIONS}
        />
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
