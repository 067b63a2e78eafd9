import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { checkPart10File } from '#dicom/part10/check-part10-file.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { IndexWriter } from './index-writer.ts';
import type { InstanceRecord, SiteRules } from './instance-record.ts';

export interface ReindexOptions {
  readonly database: Database;
  readonly blobStore: BlobStore;
  readonly rules: SiteRules;
  readonly logger: Logger;
}

export interface ReindexReport {
  readonly files: number;
  /** Files that had no row and have one now. */
  readonly indexed: number;
  /** Files whose very content was kept under another path already, removed. */
  readonly duplicates: number;
  /** Files that cannot be read as DICOM; they stay where they are. */
  readonly unreadable: number;
  /** Files whose row Postgres refuses; they stay where they are. */
  readonly refused: number;
}

interface Blob {
  readonly path: string;
  readonly changedAt: Date;
}

const BATCH = 500;
/** Rows on their way at once: they share commits. */
const GROUP = 64;

async function hashDataSet(path: string, offset: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { start: offset })) hash.update(chunk);
  return hash.digest('hex');
}

async function readRecord({ blobStore }: ReindexOptions, blob: Blob): Promise<InstanceRecord> {
  const file = blobStore.locate(blob.path);
  await blobStore.trimBlob(blob.path);
  const part10 = await checkPart10File(file);
  const { sopInstanceUid, transferSyntaxUid, sendingAe } = part10.meta;
  const attributes = readAttributes(part10.header, part10.headerTransferSyntaxUid);
  if (attributes.sopInstanceUid !== sopInstanceUid) {
    throw new RadTriageError('DICOM_UID_MISMATCH', 'file meta and data set differ');
  }
  return {
    attributes: { ...attributes, transferSyntaxUid },
    blobPath: blob.path,
    sha256: await hashDataSet(file, part10.dataSetOffset),
    fileBytes: part10.fileBytes,
    dataSetOffset: part10.dataSetOffset,
    callingAe: sendingAe ?? '',
    receivedAt: blob.changedAt,
  };
}

async function withoutRow(database: Database, blobs: readonly Blob[]): Promise<Blob[]> {
  if (blobs.length === 0) return [];
  const rows = await database
    .selectFrom('instance')
    .select('blobPath')
    .where(
      'blobPath',
      'in',
      blobs.map(({ path }) => path),
    )
    .execute();
  const removed = await database
    .selectFrom('removedFile')
    .select('blobPath')
    .where(
      'blobPath',
      'in',
      blobs.map(({ path }) => path),
    )
    .execute();
  const known = new Set([...rows, ...removed].map((row) => row.blobPath));
  return blobs.filter(({ path }) => !known.has(path));
}

/**
 * Gives every kept file its row again: those whose process died between file and row, which may have been answered
 * for, and all those that a database restored from an older backup does not know. With an empty database it rebuilds
 * the whole index; what models and readers had said is not in the files. A file whose row is on its way from another
 * process is no harm: whichever row comes second finds the first one to be its own.
 */
export async function reindexBlobs(options: ReindexOptions): Promise<ReindexReport> {
  return indexFiles(options, options.blobStore.listBlobs('instances'));
}

/**
 * Gives the files named their rows, where they have none.
 * @throws RadTriageError DATABASE_UNAVAILABLE
 */
export async function indexFiles(
  options: ReindexOptions,
  files: Iterable<Blob> | AsyncIterable<Blob>,
): Promise<ReindexReport> {
  const { database, blobStore, rules, logger } = options;
  const index = new IndexWriter({ database, blobs: blobStore, rules, logger });
  const report = { files: 0, indexed: 0, duplicates: 0, unreadable: 0, refused: 0 };
  const settle = async (blobs: readonly Blob[]): Promise<void> => {
    const missing = await withoutRow(database, blobs);
    for (let from = 0; from < missing.length; from += GROUP) {
      const group = missing.slice(from, from + GROUP);
      const results = await Promise.all(group.map((blob) => indexFile(options, index, blob)));
      for (const result of results) report[result] += 1;
    }
  };
  let batch: Blob[] = [];
  for await (const blob of files) {
    report.files += 1;
    batch.push(blob);
    if (batch.length < BATCH) continue;
    await settle(batch);
    batch = [];
  }
  await settle(batch);
  if (report.indexed > 0) logger.warn(report, 'files without a row were indexed');
  return report;
}

async function indexFile(
  options: ReindexOptions,
  index: IndexWriter,
  blob: Blob,
): Promise<'indexed' | 'duplicates' | 'unreadable' | 'refused'> {
  const { blobStore, logger } = options;
  let record: InstanceRecord;
  try {
    record = await readRecord(options, blob);
  } catch (thrown) {
    const { code } = toRadTriageError(thrown);
    logger.warn({ path: blob.path, code }, 'a file in the image store cannot be indexed');
    return 'unreadable';
  }
  try {
    const { outcome } = await index.add(record);
    if (outcome !== 'duplicate') return 'indexed';
    await blobStore.removeBlob(blob.path);
    return 'duplicates';
  } catch (error) {
    if (!(error instanceof RadTriageError) || error.details['refused'] !== true) throw error;
    logger.error(
      { err: error, path: blob.path },
      'a file in the image store is refused by the index',
    );
    return 'refused';
  }
}
