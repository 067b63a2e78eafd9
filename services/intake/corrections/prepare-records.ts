import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import {
  KEY_OBJECT_SELECTION,
  type RejectionNote,
  readRejectionNote,
} from '#dicom/attributes/rejection-note.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Database } from '#platform/database/connect.ts';
import type { InstanceRecord } from '../instance-record.ts';
import { type Comparison, type ContentComparer, compareContent } from './compare-content.ts';

/** What had to be read of files before the transaction: nothing is held up while they are read. */
export interface Prepared {
  /** By `comparisonKey`. */
  readonly comparisons: ReadonlyMap<string, Comparison>;
  /** Rejection notes among the records, by path. */
  readonly notes: ReadonlyMap<string, RejectionNote>;
  /** Studies beside those of the records that something may be taken from. */
  readonly otherStudies: readonly string[];
}

export const NOTHING_PREPARED: Prepared = {
  comparisons: new Map(),
  notes: new Map(),
  otherStudies: [],
};

/** A transaction has met what was not compared before it: it is rolled back, and tried again after comparing. */
export class UnpreparedError extends Error {}

export interface Preparation extends Omit<ContentComparer, 'blobs'> {
  readonly blobs: Pick<BlobStore, 'locate' | 'readRange'>;
}

/** A note of a hundred thousand references has less. */
const MAX_NOTE_BYTES = 32 * 2 ** 20;

export function comparisonKey(keptBlobPath: string, record: InstanceRecord): string {
  return `${keptBlobPath} ${record.blobPath}`;
}

export function isKeyObject({ attributes }: InstanceRecord): boolean {
  return attributes.sopClassUid === KEY_OBJECT_SELECTION;
}

/** A note that cannot be read is an object like any other: it is kept, and rejects nothing. */
async function readNote(
  blobs: Preparation['blobs'],
  record: InstanceRecord,
): Promise<RejectionNote | undefined> {
  const { blobPath, dataSetOffset, fileBytes, attributes } = record;
  const length = fileBytes - dataSetOffset;
  if (length > MAX_NOTE_BYTES) return undefined;
  const bytes = await blobs.readRange(blobPath, dataSetOffset, length);
  try {
    return readRejectionNote(bytes, attributes.transferSyntaxUid);
  } catch (thrown) {
    if (toRadTriageError(thrown).code.startsWith('DICOM_')) return undefined;
    throw thrown;
  }
}

async function readNotes(
  blobs: Preparation['blobs'],
  records: readonly InstanceRecord[],
): Promise<Map<string, RejectionNote>> {
  const notes = new Map<string, RejectionNote>();
  for (const record of records) {
    const note = isKeyObject(record) ? await readNote(blobs, record) : undefined;
    if (note !== undefined) notes.set(record.blobPath, note);
  }
  return notes;
}

function findCurrent(database: Database, records: readonly InstanceRecord[]) {
  const uids = [...new Set(records.map((record) => record.attributes.sopInstanceUid))];
  return database
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select(['sopInstanceUid', 'sha256', 'blobPath', 'dataSetOffset', 'fileBytes'])
    .select(['transferSyntaxUid', 'studyInstanceUid', 'standing'])
    .where('sopInstanceUid', 'in', uids)
    .where('standing', 'in', ['current', 'withdrawn'])
    .execute();
}

/**
 * Reads what deciding on a batch needs: what records under known UIDs are to the versions kept, and what notes say.
 * @throws RadTriageError STORAGE_FAILED
 */
export async function prepareRecords(
  database: Database,
  records: readonly InstanceRecord[],
  preparation: Preparation,
): Promise<Prepared> {
  const notes = await readNotes(preparation.blobs, records);
  const kept = await findCurrent(database, records);
  const comparisons = new Map<string, Comparison>();
  for (const record of records) {
    const before = kept.find(
      (row) =>
        row.sopInstanceUid === record.attributes.sopInstanceUid && row.standing === 'current',
    );
    if (before === undefined || before.sha256 === record.sha256) continue;
    const { transferSyntaxUid } = record.attributes;
    const comparison = await compareContent(
      preparation,
      { ...before, fileBytes: Number(before.fileBytes) },
      { ...record, transferSyntaxUid },
    );
    comparisons.set(comparisonKey(before.blobPath, record), comparison);
  }
  const named = [...notes.values()].flatMap((note) => note.instances);
  const others = [
    ...kept.map((row) => row.studyInstanceUid),
    ...named.map((instance) => instance.studyInstanceUid),
  ];
  return { comparisons, notes, otherStudies: [...new Set(others)] };
}

/** @throws UnpreparedError */
export function requireComparison(
  prepared: Prepared,
  keptBlobPath: string,
  record: InstanceRecord,
): Comparison {
  const comparison = prepared.comparisons.get(comparisonKey(keptBlobPath, record));
  if (comparison === undefined) throw new UnpreparedError('a version was not compared');
  return comparison;
}

/** After many tries in a row: somebody else changes the same instance all the time. */
export function neverPrepared(): RadTriageError {
  return new RadTriageError('DATABASE_UNAVAILABLE', 'the instance changes all the time: try again');
}
