import type { PriorityRule } from '#core/priority.ts';
import { createInstanceReceiver, type RunningReceiver } from '#intake/receive-instance.ts';
import { indexFiles, type ReindexOptions, reindexBlobs } from '#intake/reindex-blobs.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Journal } from '#platform/blob-store/blob-store.ts';
import type { JournalDisk } from '#platform/blob-store/journal/disk.ts';
import type { Site } from './site.ts';

export interface Receiving {
  readonly receiver: RunningReceiver;
  /** Slots that are ready for a burst. */
  readonly journal: Journal;
  close(): Promise<void>;
}

/** What the journal held when its last process died may have been answered for: it comes before anything new. */
async function indexRecovered(
  reindex: ReindexOptions,
  { recovered, empty, quarantined }: Journal['recovery'],
): Promise<void> {
  if (recovered.length + quarantined === 0) return;
  const files = recovered.map(({ path, receivedAt }) => ({
    path,
    changedAt: new Date(receivedAt),
  }));
  const report = await indexFiles(reindex, files);
  reindex.logger.warn(
    { recovered: recovered.length, empty, quarantined, ...report },
    'took up what the last listener had kept',
  );
  await appendAudit(reindex.database, {
    actor: 'listener',
    action: 'journal.recovered',
    details: { ...report, empty, quarantined },
  });
}

const LOOK_AGAIN_MS = 10_000;

/**
 * Gives rows to files that lay in their place when we died, before their row was written, and to those that a restored
 * database does not know. They may have been answered for: while the database is away it is tried again.
 */
function lookThroughStore(reindex: ReindexOptions): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      await reindexBlobs(reindex);
    } catch (error) {
      if (stopped) return;
      reindex.logger.warn(
        { err: error },
        'the image store could not be looked through, trying again',
      );
      timer = setTimeout(() => void look(), LOOK_AGAIN_MS);
    }
  };
  void look();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Opens the journal, takes up what is left in it, and gives the receiver that answers from it. */
export async function openReceiving(
  site: Site,
  rule: PriorityRule,
  disk?: JournalDisk,
): Promise<Receiving> {
  const { config, database, blobStore, logger } = site;
  const journal = await blobStore.openJournal({
    maxObjects: config.dicom.maxAssociations,
    reserveBytes: config.dicom.reserveBytes,
    onTrouble: (error) => logger.warn({ err: error }, 'no room can be made ready for images'),
    disk,
  });
  const reindex = { database, blobStore, rules: { config, rule }, logger };
  await indexRecovered(reindex, journal.recovery);
  const receiver = createInstanceReceiver({ database, blobStore, config, rule, logger, journal });
  const looking = lookThroughStore(reindex);
  return {
    receiver,
    journal,
    close: async () => {
      looking.stop();
      await receiver.close();
      await journal.close();
    },
  };
}
