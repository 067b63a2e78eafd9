import { createHash } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';
import type { PriorityRule } from '#core/priority.ts';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { DataSetChecker } from '#dicom/part10/data-set-checker.ts';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import type { BlobStore, BlobWriter } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { IndexWriter } from './index-writer.ts';
import type { IncomingInstance, InstanceReceiver, InstanceSink, KeptInstance } from './types.ts';

export interface ReceiverOptions {
  readonly database: Database;
  readonly blobStore: BlobStore;
  readonly config: Pick<Config, 'site' | 'dicom' | 'assembly'>;
  readonly rule: PriorityRule;
  readonly logger: Logger;
  /** How long to wait for a database that is away before the sender is told to try again, milliseconds. */
  readonly retryMs?: number | undefined;
}

interface Surroundings extends ReceiverOptions {
  readonly index: IndexWriter;
}

/** Keeps one data set: header of ours, then its bytes as they came, checked and hashed while they pass. */
class BlobSink implements InstanceSink {
  private readonly instance: IncomingInstance;
  private readonly surroundings: Surroundings;
  private readonly blob: BlobWriter;
  private readonly checker: DataSetChecker;
  private readonly hash = createHash('sha256');
  private readonly header: Buffer;
  private bytes = 0;
  private failure: unknown;
  private ended = false;

  constructor(instance: IncomingInstance, surroundings: Surroundings) {
    this.instance = instance;
    this.surroundings = surroundings;
    const { sopClassUid, sopInstanceUid, transferSyntaxUid, callingAe } = instance;
    this.checker = new DataSetChecker(transferSyntaxUid);
    this.header = encodePart10Header({
      sopClassUid,
      sopInstanceUid,
      transferSyntaxUid,
      sendingAe: callingAe,
    });
    this.blob = surroundings.blobStore.createBlob();
    // It fits into the writer's first buffer: nothing is written yet, and nothing to wait for.
    void this.blob.write(this.header);
  }

  write(chunk: Buffer): void | Promise<void> {
    this.refuseWhenOver();
    try {
      this.bytes += chunk.length;
      const { maxObjectBytes } = this.surroundings.config.dicom;
      if (this.bytes > maxObjectBytes) {
        throw new RadTriageError('DICOM_TOO_LARGE', `more than ${maxObjectBytes} bytes`, {
          details: { maxObjectBytes },
        });
      }
      this.hash.update(chunk);
      const checked = this.checker.write(chunk);
      const written = this.blob.write(chunk);
      if (checked === undefined && written === undefined) return undefined;
      return Promise.all([checked, written]).then(
        () => undefined,
        (error: unknown) => this.fail(error),
      );
    } catch (error) {
      return this.fail(error);
    }
  }

  async finish(): Promise<KeptInstance> {
    this.refuseWhenOver();
    let attributes: DicomAttributes;
    try {
      await this.checker.end();
      attributes = this.readAttributes();
    } catch (error) {
      return this.fail(error);
    }
    this.ended = true;
    this.checker.dispose();
    // From here on the blob writer cleans up after itself.
    const { path, bytes } = await this.blob.finish();
    const { index } = this.surroundings;
    try {
      const outcome = await index.add({
        attributes,
        blobPath: path,
        sha256: this.hash.digest('hex'),
        fileBytes: bytes,
        dataSetOffset: this.header.length,
        callingAe: this.instance.callingAe,
        receivedAt: new Date(),
      });
      if (outcome.outcome === 'duplicate') await this.removeQuietly(path);
      return { indexed: Promise.resolve(outcome) };
    } catch (error) {
      // When the answer was lost, the row may have been committed all the same: then its file must stay.
      const refused = error instanceof RadTriageError && error.details['refused'] === true;
      if (refused) await this.removeQuietly(path);
      throw error;
    }
  }

  async abort(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.failure ??= new RadTriageError('ASSOCIATION_FAILED', 'the sender went away');
    this.checker.dispose();
    await this.blob.abort();
  }

  /** What the data set says must be what the peer announced: it is kept under the announced UIDs. */
  private readAttributes(): DicomAttributes {
    const { sopClassUid, sopInstanceUid, transferSyntaxUid } = this.instance;
    const read = readAttributes(this.checker.header(), this.checker.headerTransferSyntaxUid);
    if (read.sopInstanceUid !== sopInstanceUid || read.sopClassUid !== sopClassUid) {
      const field = read.sopInstanceUid === sopInstanceUid ? 'SOPClassUID' : 'SOPInstanceUID';
      throw new RadTriageError(
        'DICOM_UID_MISMATCH',
        `${field} of the data set is not the one announced`,
        { details: { field } },
      );
    }
    const { studyInstanceUid } = this.instance;
    if (studyInstanceUid !== undefined && read.studyInstanceUid !== studyInstanceUid) {
      throw new RadTriageError('DICOM_UID_MISMATCH', 'the data set is of another study', {
        details: { field: 'StudyInstanceUID' },
      });
    }
    return { ...read, transferSyntaxUid };
  }

  private async removeQuietly(path: string): Promise<void> {
    const { blobStore, logger } = this.surroundings;
    await blobStore
      .removeBlob(path)
      .catch((error: unknown) => logger.warn({ err: error }, 'a file that is not wanted stays'));
  }

  private refuseWhenOver(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.ended) throw new RadTriageError('INTERNAL', 'the sink has ended');
  }

  private async fail(error: unknown): Promise<never> {
    await this.abort();
    this.failure = error;
    throw error;
  }
}

/**
 * The one way in for every door: DIMSE, STOW-RS and import. What it answers for is on disk: the bytes, the directory
 * entry, and a committed row.
 */
export function createInstanceReceiver(options: ReceiverOptions): InstanceReceiver {
  const { database, config, rule, logger, retryMs } = options;
  const index = new IndexWriter({ database, rules: { config, rule }, logger, retryMs });
  return { open: (instance) => new BlobSink(instance, { ...options, index }) };
}
