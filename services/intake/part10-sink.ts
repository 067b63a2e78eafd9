import { RadTriageError } from '#core/errors.ts';
import { isStorageSopClass } from '#dicom/dimse/storage-sop-classes.ts';
import type { FileMeta } from '#dicom/part10/encode-header.ts';
import { Part10Splitter, type SplitPart10 } from '#dicom/part10/part10-splitter.ts';
import { findTransferSyntax } from '#dicom/part10/transfer-syntaxes.ts';
import type { IncomingInstance, InstanceReceiver, InstanceSink, KeptInstance } from './types.ts';

/** What is known of a file before its first byte has come. */
export type Part10Origin = Omit<
  IncomingInstance,
  'sopClassUid' | 'sopInstanceUid' | 'transferSyntaxUid'
> & {
  /** As the sender announced it; the file meta has to agree. */
  readonly transferSyntaxUid?: string | undefined;
};

/**
 * Takes a DICOM file (PS3.10) in chunks of any size, for the doors that are given files: STOW-RS and import. Its
 * preamble and file meta are dropped once they are read, and written anew by the receiver; the data set passes on as
 * it came. Nothing of it is gathered in memory but the file meta.
 */
export class Part10Sink implements InstanceSink {
  readonly #receiver: InstanceReceiver;
  readonly #origin: Part10Origin;
  readonly #splitter = new Part10Splitter();
  #meta: FileMeta | undefined;
  #sink: InstanceSink | undefined;
  #over = false;

  constructor(receiver: InstanceReceiver, origin: Part10Origin) {
    this.#receiver = receiver;
    this.#origin = origin;
  }

  /** What the file says of itself, as soon as that is known. */
  get meta(): FileMeta | undefined {
    return this.#meta;
  }

  /** @throws RadTriageError DICOM_NOT_PART10, DICOM_UNSUPPORTED, and as any sink */
  write(chunk: Buffer): void | Promise<void> {
    if (this.#sink !== undefined) return this.#sink.write(chunk);
    const split = this.#splitter.write(chunk);
    return split === undefined ? undefined : this.#begin(split);
  }

  async finish(): Promise<KeptInstance> {
    if (this.#sink === undefined) await this.#begin(this.#splitter.end());
    if (this.#sink === undefined) throw new RadTriageError('INTERNAL', 'the sink is not open');
    return this.#sink.finish();
  }

  async abort(): Promise<void> {
    this.#over = true;
    await this.#sink?.abort();
  }

  async #begin({ meta, rest }: SplitPart10): Promise<void> {
    this.#meta = meta;
    const { transferSyntaxUid: announced, ...origin } = this.#origin;
    const { sopClassUid, sopInstanceUid, transferSyntaxUid } = meta;
    if (!isStorageSopClass(sopClassUid)) {
      throw new RadTriageError('DICOM_UNSUPPORTED', 'the SOP class is not one that is stored', {
        details: { sopClassUid },
      });
    }
    if (findTransferSyntax(transferSyntaxUid) === undefined) {
      throw new RadTriageError('DICOM_UNSUPPORTED', 'the transfer syntax is not supported', {
        details: { field: 'TransferSyntaxUID', transferSyntaxUid },
      });
    }
    if (announced !== undefined && announced !== transferSyntaxUid) {
      throw new RadTriageError(
        'DICOM_UID_MISMATCH',
        'the file is in another transfer syntax than was announced',
        { details: { field: 'TransferSyntaxUID' } },
      );
    }
    const sink = await this.#receiver.open({
      ...origin,
      sopClassUid,
      sopInstanceUid,
      transferSyntaxUid,
    });
    this.#sink = sink;
    if (this.#over) await sink.abort();
    else if (rest.length > 0) await sink.write(rest);
  }
}
