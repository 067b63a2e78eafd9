import { RadTriageError } from '#core/errors.ts';
import { isUid, readUid } from './uid.ts';

/** The UIDs that a data set gives itself; each is undefined when the data set does not hold it. */
export interface DataSetUids {
  readonly sopClassUid: string | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
}

const UID_FIELDS: ReadonlyMap<number, keyof DataSetUids> = new Map([
  [0x00080016, 'sopClassUid'],
  [0x00080018, 'sopInstanceUid'],
  [0x0020000d, 'studyInstanceUid'],
  [0x0020000e, 'seriesInstanceUid'],
]);

const FIRST_CAPACITY = 8 * 1024;
/** Up to so many bytes a loop is faster than a call. */
const SHORT_COPY = 48;

/** Set in the tag of an element of an odd group (PS3.5 7.8). */
const PRIVATE = 0x00010000;

/** What a collector keeps at most: see DataSetLimits. */
interface CollectorLimits {
  readonly maxElementBytes: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaderElements: number;
}

/**
 * Keeps the raw bytes of the top-level elements before Pixel Data while a data set streams by. An element larger than
 * `maxElementBytes`, with all that it nests, is left out whole, so what is kept is a data set of its own. Private
 * elements are left out: nobody reads them here, and some devices write a great many.
 */
export class HeaderCollector {
  /** True while the bytes of the present top-level element are wanted. */
  active = false;
  readonly #limits: CollectorLimits;
  readonly #uids: Partial<Record<keyof DataSetUids, string>> = {};
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #committed = 0;
  #length = 0;
  #valueStart = 0;
  #tag = 0;
  /** Elements, items and delimiters in the buffer; of these, the ones that are to stay. */
  #pieces = 0;
  #committedPieces = 0;

  constructor(limits: CollectorLimits) {
    this.#limits = limits;
  }

  /** @param declaredLength bytes of the value, or undefined for a value that ends with a delimiter. */
  begin(tag: number, declaredLength: number | undefined): void {
    const fits = declaredLength === undefined || declaredLength <= this.#limits.maxElementBytes;
    this.active = fits && (tag & PRIVATE) === 0;
    this.#tag = tag;
    if (!fits && UID_FIELDS.has(tag)) throw invalidUid();
  }

  /** The header of a top-level element: its value follows. */
  appendHeader(source: Buffer, start: number, end: number): void {
    this.appendMark(source, start, end);
    this.#valueStart = this.#length;
  }

  /** The header of a nested element or an item, or a delimiter. */
  appendMark(source: Buffer, start: number, end: number): void {
    this.#pieces += 1;
    if (this.#pieces > this.#limits.maxHeaderElements) this.drop();
    else this.append(source, start, end);
  }

  append(source: Buffer, start: number, end: number): void {
    if (!this.active) return;
    const needed = this.#length + (end - start);
    const { maxElementBytes, maxHeaderBytes } = this.#limits;
    if (needed - this.#committed > maxElementBytes || needed > maxHeaderBytes) {
      this.drop();
      return;
    }
    if (needed > this.#buffer.length) this.#grow(needed);
    const buffer = this.#buffer;
    if (end - start > SHORT_COPY) source.copy(buffer, this.#length, start, end);
    else for (let at = this.#length, from = start; from < end; ) buffer[at++] = source[from++] ?? 0;
    this.#length = needed;
  }

  /** The present top-level element is complete. */
  commit(): void {
    if (!this.active) return;
    this.active = false;
    const field = UID_FIELDS.get(this.#tag);
    if (field !== undefined) {
      const uid = readUid(this.#buffer.subarray(this.#valueStart, this.#length));
      if (uid !== '' && !isUid(uid)) throw invalidUid();
      if (uid !== '') this.#uids[field] = uid;
    }
    this.#committed = this.#length;
    this.#committedPieces = this.#pieces;
  }

  drop(): void {
    this.active = false;
    this.#length = this.#committed;
    this.#pieces = this.#committedPieces;
  }

  header(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#committed));
  }

  uids(): DataSetUids {
    return {
      sopClassUid: this.#uids.sopClassUid,
      sopInstanceUid: this.#uids.sopInstanceUid,
      studyInstanceUid: this.#uids.studyInstanceUid,
      seriesInstanceUid: this.#uids.seriesInstanceUid,
    };
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

function invalidUid(): RadTriageError {
  return new RadTriageError('DICOM_UID_INVALID', 'a UID in the data set is not a valid UID');
}
