import { RadTriageError } from '#core/errors.ts';
import type { FileMeta } from './encode-header.ts';
import { MAX_META_BYTES, parseFileMeta } from './read-part10.ts';

export interface SplitPart10 {
  readonly meta: FileMeta;
  /** The first bytes of the data set, of those given so far. */
  readonly rest: Buffer;
}

/** Preamble, prefix, and the file meta that most senders write. */
const FIRST_LOOK = 512;
const PREFIX_END = 132;

/**
 * Finds where the data set of a Part 10 file begins while the file streams by in chunks of any size (PS3.10 section
 * 7.1). Holds no more than the longest file meta that is taken, and one chunk.
 */
export class Part10Splitter {
  #bytes = Buffer.allocUnsafe(FIRST_LOOK);
  #length = 0;
  #nextLook = FIRST_LOOK;

  /**
   * Takes the next chunk, which is free again afterwards.
   * @returns undefined while the file meta is not complete
   * @throws RadTriageError as `parseFileMeta`; the splitter is of no further use then
   */
  write(chunk: Buffer): SplitPart10 | undefined {
    this.#append(chunk);
    const seesPrefix = this.#length >= PREFIX_END && this.#length - chunk.length < PREFIX_END;
    // Looked at each time it has doubled: single bytes cost no more than large chunks.
    if (!seesPrefix && this.#length < this.#nextLook) return undefined;
    const found = this.#look(false);
    if (found !== undefined) return found;
    if (this.#length >= MAX_META_BYTES) {
      throw new RadTriageError(
        'DICOM_STRUCTURE',
        `file meta is longer than ${MAX_META_BYTES} bytes`,
      );
    }
    this.#nextLook = Math.max(this.#nextLook, this.#length * 2);
    return undefined;
  }

  /** The file has ended before its file meta was found to be complete. @throws RadTriageError as `parseFileMeta` */
  end(): SplitPart10 {
    const found = this.#look(true);
    if (found === undefined) throw new RadTriageError('DICOM_TRUNCATED', 'the file is cut short');
    return found;
  }

  #look(whole: boolean): SplitPart10 | undefined {
    const bytes = this.#bytes.subarray(0, this.#length);
    const found = parseFileMeta(bytes, whole);
    if (found === undefined) return undefined;
    return { meta: found.meta, rest: bytes.subarray(found.dataSetOffset) };
  }

  #append(chunk: Buffer): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = needed;
  }
}
