import { RadTriageError } from '#core/errors.ts';
import type { PriorityRule } from '#core/priority.ts';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import { MANDATORY_UIDS } from '#dicom/attributes/attribute-table.ts';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { DataSetChecker } from '#dicom/part10/data-set-checker.ts';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import type { DataSetUids } from '#dicom/part10/header-collector.ts';
import type { BlobStore, Journal } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { IndexWriter } from './index-writer.ts';
import type { InstanceRecord } from './instance-record.ts';
import { type Keeping, type KeptBytes, openKeeping } from './keeping.ts';
import type {
  IncomingInstance,
  InstanceReceiver,
  InstanceSink,
  KeptInstance,
  ReceiveOutcome,
} from './types.ts';

export interface ReceiverOptions {
  readonly database: Database;
  readonly blobStore: BlobStore;
  readonly config: Pick<Config, 'site' | 'dicom' | 'assembly'>;
  readonly rule: PriorityRule;
  readonly logger: Logger;
  /** With it, an instance is answered for once the journal holds it, and indexed soon after; without, once indexed. */
  readonly journal?: Journal | undefined;
  /** How long to wait for a database that is away before the sender is told to try again, milliseconds. */
  readonly retryMs?: number | undefined;
}

/** The receiver of a process, and what it still has to do. */
export interface RunningReceiver extends InstanceReceiver {
  /** Instances kept that the index does not know yet, and how long the oldest has waited, milliseconds. */
  backlog(): { instances: number; oldestMs: number };
  /** Writes what is left into the index, as far as the database lets it; the journal keeps the rest. */
  close(): Promise<void>;
}

interface Surroundings extends ReceiverOptions {
  readonly index: IndexWriter;
}

/** With more than this waiting for the index, senders wait with them: memory stays bounded. */
const MAX_BACKLOG = 2_000;

/** Keeps one data set: header of ours, then its bytes as they came, checked and hashed while they pass. */
class BlobSink implements InstanceSink {
  private readonly instance: IncomingInstance;
  private readonly surroundings: Surroundings;
  private readonly keeping: Keeping;
  private readonly checker: DataSetChecker;
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
    const { blobStore, journal } = surroundings;
    this.keeping = openKeeping({ blobStore, journal }, this.header);
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
      const checked = this.checker.write(chunk);
      const written = this.keeping.write(chunk);
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
    try {
      await this.checker.end();
      this.judgeUids(this.checker.uids);
    } catch (error) {
      return this.fail(error);
    }
    this.ended = true;
    const receivedAt = new Date();
    // From here on it cleans up after itself. The header is read while the disk is at work.
    const keeping = this.keeping.finish(receivedAt);
    const attributes = await this.readAttributes(keeping);
    const { path, fileBytes, sha256, entry } = await keeping;
    const { index } = this.surroundings;
    const record: InstanceRecord = {
      attributes,
      blobPath: path,
      sha256,
      fileBytes,
      dataSetOffset: this.header.length,
      callingAe: this.instance.callingAe,
      receivedAt,
    };
    const indexed = this.followIndex(index.add(record, entry), path);
    // Without a journal the row is the record. With one, the index follows, unless too much waits for it already.
    if (entry === undefined || index.waiting > MAX_BACKLOG) await indexed;
    else indexed.catch(() => undefined);
    return { indexed };
  }

  async abort(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.failure ??= new RadTriageError('ASSOCIATION_FAILED', 'the sender went away');
    this.checker.dispose();
    await this.keeping.abort();
  }

  private async followIndex(added: Promise<ReceiveOutcome>, path: string): Promise<ReceiveOutcome> {
    try {
      const outcome = await added;
      if (outcome.outcome === 'duplicate') await this.removeQuietly(path);
      return outcome;
    } catch (error) {
      // When the answer was lost, the row may have been committed all the same: then its file must stay. So it must
      // when the sender has had its answer.
      const refused = error instanceof RadTriageError && error.details['refused'] === true;
      const { journal, logger } = this.surroundings;
      if (refused && journal === undefined) await this.removeQuietly(path);
      if (refused && journal !== undefined) {
        logger.error(
          { err: error, path },
          'a kept file is refused by the index; the next start tries again',
        );
      }
      throw error;
    }
  }

  /** What the data set says must be what the peer announced: it is kept under the announced UIDs. */
  private judgeUids(read: DataSetUids): void {
    for (const keyword of MANDATORY_UIDS) {
      if (read[keyword] === undefined) throw missing(keyword);
    }
    const { sopClassUid, sopInstanceUid, studyInstanceUid } = this.instance;
    if (read.sopInstanceUid !== sopInstanceUid) throw mismatch('SOPInstanceUID');
    if (read.sopClassUid !== sopClassUid) throw mismatch('SOPClassUID');
    if (studyInstanceUid !== undefined && read.studyInstanceUid !== studyInstanceUid) {
      throw mismatch('StudyInstanceUID');
    }
  }

  /** @param keeping what is to be undone when the header cannot be read */
  private async readAttributes(keeping: Promise<KeptBytes>): Promise<DicomAttributes> {
    const { transferSyntaxUid } = this.instance;
    try {
      const { headerTransferSyntaxUid } = this.checker;
      const read = readAttributes(this.checker.header(), headerTransferSyntaxUid);
      return { ...read, transferSyntaxUid };
    } catch (error) {
      await this.takeBack(keeping);
      throw error;
    } finally {
      this.checker.dispose();
    }
  }

  /** What the header lacks is what its sender is told, also when the bytes cannot be taken back just now. */
  private async takeBack(keeping: Promise<KeptBytes>): Promise<void> {
    const kept = await keeping;
    const { logger } = this.surroundings;
    await this.keeping
      .drop(kept)
      .catch((error: unknown) => logger.warn({ err: error }, 'a refused object stays for now'));
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

function missing(keyword: string): RadTriageError {
  return new RadTriageError('DICOM_ATTRIBUTE_MISSING', `${keyword} is missing`, {
    details: { keyword },
  });
}

function mismatch(field: string): RadTriageError {
  return new RadTriageError(
    'DICOM_UID_MISMATCH',
    `${field} of the data set is not the one announced`,
    { details: { field } },
  );
}

/**
 * The one way in for every door: DIMSE, STOW-RS and import. What it answers for is on disk: the bytes, the directory
 * entry, and a record, in the journal or as a committed row.
 */
export function createInstanceReceiver(options: ReceiverOptions): RunningReceiver {
  const { database, blobStore: blobs, config, rule, logger, retryMs, journal } = options;
  const rules = { config, rule };
  const index = new IndexWriter({ database, blobs, rules, logger, retryMs, journal });
  return {
    open: (instance) => new BlobSink(instance, { ...options, index }),
    backlog: () => ({ instances: index.waiting, oldestMs: index.oldestMs }),
    close: () => index.close(),
  };
}
