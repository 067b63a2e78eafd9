import { AssociationsLately } from './associations-lately.tsx';
import { AssociationsNow } from './associations-now.tsx';
import { PeerTable } from './peer-table.tsx';
import { RefusalTable } from './refusal-table.tsx';

/** The DICOM door: who is there, who was turned away, who sends. */
export function ReceivingView() {
  return (
    <>
      <AssociationsNow />
      <RefusalTable />
      <PeerTable />
      <AssociationsLately />
    </>
  );
}
