import { useQuery } from '@tanstack/react-query';
import { dismissedReportSchema, type RefusedReport } from '#contracts/outside-reports.ts';
import { ELSEWHERE_TEXT as T } from '../design/elsewhere-text.ts';
import { DataPanel, TableHead } from './data-panel.tsx';
import { refusedReportsQuery } from './queries.ts';
import { RowDecisions } from './row-decisions.tsx';
import { Ago } from './time-cells.tsx';

const DECISIONS = [{ act: 'dismiss', label: T.dismiss, done: T.dismissed, kind: 'quiet' }] as const;

function nameIds(ids: RefusedReport['patientIds']): string {
  return ids.map(({ id, issuers }) => [id, ...issuers].join(' · ')).join(', ');
}

function Row({ item }: { readonly item: RefusedReport }) {
  return (
    <tr data-testid="refused-report">
      <td>{item.source}</td>
      <td className="mono">{item.messageId}</td>
      <td>{item.mergedInto === null ? item.accessionNumber : T.merged}</td>
      <td>
        {nameIds(item.patientIds)}
        {item.mergedInto === null ? null : ` → ${nameIds(item.mergedInto)}`}
      </td>
      <td className="nowrap">
        <Ago at={item.receivedAt} />
      </td>
      <td>
        <RowDecisions
          path={`/api/admin/refused-reports/${item.id}`}
          answer={dismissedReportSchema}
          decisions={DECISIONS}
        />
      </td>
    </tr>
  );
}

/** Words of other systems on the wrong patient, or on merged ones: there is something only when something is wrong. */
export function RefusedReports() {
  const refused = useQuery(refusedReportsQuery);
  if (refused.data === undefined || refused.data.reports.length === 0) return null;
  return (
    <DataPanel
      title={T.refusedTitle}
      lead={T.refusedLead}
      testId="refused-reports"
      query={refused}
      empty={() => undefined}
    >
      {({ reports }) => (
        <table className="table dense">
          <TableHead columns={T.refusedColumns} />
          <tbody>
            {reports.map((item) => (
              <Row key={item.id} item={item} />
            ))}
          </tbody>
        </table>
      )}
    </DataPanel>
  );
}
