import { CommitmentPanel } from './commitment-panel.tsx';
import { BacklogPanel, DiskPanel } from './disk-panel.tsx';

/** What is kept, and what is promised about it. */
export function StorageView() {
  return (
    <>
      <DiskPanel />
      <BacklogPanel />
      <CommitmentPanel />
    </>
  );
}
