import { FailureTable } from './failure-table.tsx';
import { QuarantinePanel } from './quarantine-panel.tsx';
import { RefusedReports } from './refused-reports.tsx';
import { WaitingTable } from './waiting-table.tsx';

/** Studies and objects that somebody may have to decide on. */
export function StudiesView() {
  return (
    <>
      <RefusedReports />
      <QuarantinePanel />
      <WaitingTable />
      <FailureTable />
    </>
  );
}
