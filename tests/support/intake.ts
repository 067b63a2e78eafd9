import { join } from 'node:path';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import type { IncomingInstance, InstanceReceiver, ReceiveOutcome } from '#intake/types.ts';
import { type BlobStore, type BlobSyncs, openBlobStore } from '#platform/blob-store/blob-store.ts';
import { type Config, loadConfig } from '#platform/config/config.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { IMPLICIT, text, writeDataSet } from './data-set-bytes.ts';
import { startTestDatabase, type TestDatabase } from './postgres.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestIntake {
  readonly db: TestDatabase;
  readonly blobStore: BlobStore;
  readonly blobDirectory: string;
  readonly config: Config;
  readonly receiver: InstanceReceiver;
  stop(): Promise<void>;
}

export const silent = createLogger({ level: 'silent', process: 'test' });

/** A receiver on an embedded Postgres and a folder of its own. */
export async function startTestIntake(
  options: { overrides?: Record<string, unknown>; syncs?: BlobSyncs; retryMs?: number } = {},
): Promise<TestIntake> {
  const db = await startTestDatabase();
  const directory = temporaryDirectory();
  const blobDirectory = join(directory.path, 'blobs');
  const blobStore = await openBlobStore({ directory: blobDirectory, syncs: options.syncs });
  const config = loadConfig({ environment: {}, overrides: options.overrides ?? {} });
  const receiver = createInstanceReceiver({
    database: db.database,
    blobStore,
    config,
    rule: loadPriorityRule(),
    logger: silent,
    retryMs: options.retryMs,
  });
  return {
    db,
    blobStore,
    blobDirectory,
    config,
    receiver,
    stop: async () => {
      await blobStore.close();
      await db.stop();
      directory.remove();
    },
  };
}

/** The data set of a Part 10 file, and what a sender would announce of it. */
export function unpack(file: Buffer): { instance: IncomingInstance; dataSet: Buffer } {
  const parsed = parseFileMeta(file, true);
  if (parsed === undefined) throw new Error('not a whole Part 10 file');
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = parsed.meta;
  const instance: IncomingInstance = {
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid,
    callingAe: 'SENDER',
    calledAe: 'RADTRIAGE',
    peerAddress: '127.0.0.1',
    via: 'dimse',
  };
  return { instance, dataSet: file.subarray(parsed.dataSetOffset) };
}

/**
 * A Part 10 file that the check of structure lets pass and the reader of attributes does not: in Implicit VR only the
 * dictionary tells that the noise under ReferencedImageSequence should have been items.
 */
export function brokenSequence(): Buffer {
  const sopClassUid = '1.2.840.10008.5.1.4.1.1.2';
  const sopInstanceUid = '1.2.3.45';
  const dataSet = writeDataSet(
    [
      text(0x00080016, 'UI', sopClassUid),
      text(0x00080018, 'UI', sopInstanceUid),
      { tag: 0x00081140, vr: 'UN', value: Buffer.from('no items here') },
      text(0x0020000d, 'UI', '1.2.3.4'),
      text(0x0020000e, 'UI', '1.2.3.46'),
    ],
    IMPLICIT,
  );
  const transferSyntaxUid = '1.2.840.10008.1.2';
  const header = encodePart10Header({ sopClassUid, sopInstanceUid, transferSyntaxUid });
  return Buffer.concat([header, dataSet]);
}

/** Sends a Part 10 file's data set through a receiver as a listener does: in chunks. */
export async function receiveFile(
  receiver: InstanceReceiver,
  file: Buffer,
  over: Partial<IncomingInstance> & { chunkBytes?: number } = {},
): Promise<ReceiveOutcome> {
  const { chunkBytes = 16 * 1024, ...changed } = over;
  const { instance, dataSet } = unpack(file);
  const sink = await receiver.open({ ...instance, ...changed });
  try {
    for (let offset = 0; offset < dataSet.length; offset += chunkBytes) {
      await sink.write(dataSet.subarray(offset, offset + chunkBytes));
    }
    const { indexed } = await sink.finish();
    return await indexed;
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
