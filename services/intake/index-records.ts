import type { Database } from '#platform/database/connect.ts';
import {
  isKeyObject,
  NOTHING_PREPARED,
  neverPrepared,
  type Preparation,
  prepareRecords,
  UnpreparedError,
} from './corrections/prepare-records.ts';
import type { InstanceRecord, SiteRules } from './instance-record.ts';
import { storeRecords } from './store-records.ts';
import type { ReceiveOutcome } from './types.ts';

export interface Indexing extends Preparation {
  readonly database: Database;
  readonly rules: SiteRules;
}

const MAX_TRIES = 8;

async function indexWave(
  indexing: Indexing,
  records: readonly InstanceRecord[],
): Promise<ReceiveOutcome[]> {
  const { database, rules } = indexing;
  // Nearly all instances are new: only notes, and what turns out to be known, are looked into.
  let prepared = records.some(isKeyObject)
    ? await prepareRecords(database, records, indexing)
    : NOTHING_PREPARED;
  for (let tries = 1; ; tries += 1) {
    try {
      return await database
        .transaction()
        .execute((trx) => storeRecords(trx, records, { rules, prepared }));
    } catch (error) {
      if (!(error instanceof UnpreparedError)) throw error;
      if (tries === MAX_TRIES) throw neverPrepared();
      prepared = await prepareRecords(database, records, indexing);
    }
  }
}

/**
 * Writes the rows of a batch, all of it in one transaction unless it holds several contents of one SOP Instance UID:
 * each of those is compared with the one before it.
 * @returns one outcome per record, in order
 * @throws RadTriageError STORAGE_FAILED, DATABASE_UNAVAILABLE, and what the database throws
 */
export async function indexRecords(
  indexing: Indexing,
  records: readonly InstanceRecord[],
): Promise<ReceiveOutcome[]> {
  const outcomes = new Map<InstanceRecord, ReceiveOutcome>();
  let left = [...records];
  while (left.length > 0) {
    const contents = new Map<string, string>();
    const wave: InstanceRecord[] = [];
    const later: InstanceRecord[] = [];
    for (const record of left) {
      const { sopInstanceUid } = record.attributes;
      const first = contents.get(sopInstanceUid) ?? record.sha256;
      contents.set(sopInstanceUid, first);
      (first === record.sha256 ? wave : later).push(record);
    }
    const stored = await indexWave(indexing, wave);
    wave.forEach((record, index) => {
      const outcome = stored[index];
      if (outcome !== undefined) outcomes.set(record, outcome);
    });
    left = later;
  }
  return records.flatMap((record) => outcomes.get(record) ?? []);
}
