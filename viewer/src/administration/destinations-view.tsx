import { DeadDeliveries } from './dead-deliveries.tsx';
import { DestinationTable } from './destination-table.tsx';
import { FailedResults } from './failed-results.tsx';

/** Where results go, and what did not get there. */
export function DestinationsView() {
  return (
    <>
      <DestinationTable />
      <DeadDeliveries />
      <FailedResults />
    </>
  );
}
