import { RadTriageError } from '#core/errors.ts';
import { ElementWalker } from './element-walker.ts';
import { type DataSetUids, HeaderCollector } from './header-collector.ts';
import { InflateFeeder } from './inflate-feeder.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from './transfer-syntaxes.ts';

export interface DataSetLimits {
  /** Sequences within sequences. Default 64. */
  readonly maxDepth: number;
  /** Elements, items, fragments and delimiters, nested ones too. Default 4,000,000. */
  readonly maxElements: number;
  /** A top-level element longer than this, in bytes with all that it nests, is left out of `header()`. Default 64 KiB. */
  readonly maxElementBytes: number;
  /** Bytes of `header()` altogether; elements beyond are left out. Default 1 MiB. */
  readonly maxHeaderBytes: number;
  /** Elements and items of `header()`, nested ones too, which its reader spends time on. Default 16,384. */
  readonly maxHeaderElements: number;
  /** Bytes that a deflated data set may inflate to. Default 4 GiB; nothing of it is held in memory. */
  readonly maxInflatedBytes: number;
}

const DEFAULT_LIMITS: DataSetLimits = {
  maxDepth: 64,
  maxElements: 4_000_000,
  maxElementBytes: 64 * 1024,
  maxHeaderBytes: 1024 * 1024,
  maxHeaderElements: 16_384,
  maxInflatedBytes: 4 * 1024 * 1024 * 1024,
};

/**
 * Checks the element structure of one data set while its chunks pass on to somewhere else, and collects its header.
 * It reads no values but four UIDs, and copies nothing of the pixel data.
 *
 * Checked: known value representations, tags in ascending order, lengths within the item and sequence around them,
 * items and delimiters where they belong, fragments of encapsulated pixel data, depth of nesting, and an end between
 * two elements. A data set that passes can be walked by any reader without leaving its bounds.
 */
export class DataSetChecker {
  /** The syntax in which `header()` is to be read; it differs from the given one when that is deflated. */
  readonly headerTransferSyntaxUid: string;
  readonly #collector: HeaderCollector;
  readonly #walker: ElementWalker;
  readonly #inflater: InflateFeeder | undefined;
  #failed: RadTriageError | undefined;

  /** @throws RadTriageError DICOM_UNSUPPORTED for a transfer syntax that is not taken in. */
  constructor(transferSyntaxUid: string, limits: Partial<DataSetLimits> = {}) {
    const syntax = findTransferSyntax(transferSyntaxUid);
    if (syntax === undefined) {
      throw new RadTriageError('DICOM_UNSUPPORTED', 'the transfer syntax is not supported');
    }
    const all = { ...DEFAULT_LIMITS, ...limits };
    const deflated = syntax.encoding === 'deflated';
    this.headerTransferSyntaxUid = deflated ? EXPLICIT_VR_LITTLE_ENDIAN : transferSyntaxUid;
    this.#collector = new HeaderCollector(all);
    this.#walker = new ElementWalker(
      {
        implicit: syntax.encoding === 'implicit-le',
        bigEndian: syntax.encoding === 'explicit-be',
        encapsulated: syntax.encapsulated,
        maxDepth: all.maxDepth,
        maxElements: all.maxElements,
      },
      this.#collector,
    );
    const sink = (bytes: Buffer): void => this.#walker.write(bytes);
    this.#inflater = deflated ? new InflateFeeder(sink, all.maxInflatedBytes) : undefined;
  }

  /**
   * Takes the next bytes of the data set; they may change once this has returned. For a deflated data set, the next call
   * waits for the promise.
   * @throws RadTriageError DICOM_STRUCTURE, DICOM_UID_INVALID, DICOM_TOO_LARGE, and again at every later call.
   */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#inflater !== undefined)
      return this.#inflater.write(Buffer.from(chunk)).catch((e) => this.#fail(e));
    try {
      this.#walker.write(chunk);
      return undefined;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /**
   * The data set is complete.
   * @throws RadTriageError DICOM_TRUNCATED; DICOM_ATTRIBUTE_MISSING for an empty data set or one without
   * StudyInstanceUID; for a deflated one whatever `write` may throw.
   */
  end(): Promise<void> | undefined {
    if (this.#failed !== undefined) throw this.#failed;
    if (this.#inflater !== undefined) {
      return this.#inflater
        .end()
        .then(() => this.#judgeEnd())
        .catch((e) => this.#fail(e));
    }
    try {
      this.#judgeEnd();
      return undefined;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Frees what a data set that stops half way holds; harmless at any time. */
  dispose(): void {
    this.#inflater?.dispose();
  }

  /**
   * Raw bytes of the top-level elements before Pixel Data, without private ones and those larger than the limits allow.
   */
  header(): Buffer {
    return this.#collector.header();
  }

  get uids(): DataSetUids {
    return this.#collector.uids();
  }

  get hasPixelData(): boolean {
    return this.#walker.hasPixelData;
  }

  #judgeEnd(): void {
    this.#walker.end();
    if (this.#walker.elements === 0) {
      throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', 'the data set is empty');
    }
    if (this.uids.studyInstanceUid === undefined) {
      throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', 'the data set has no StudyInstanceUID');
    }
  }

  #fail(error: unknown): never {
    if (error instanceof RadTriageError) this.#failed = error;
    throw error;
  }
}
