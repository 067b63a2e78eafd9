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

/**
 * Keeps the raw bytes of the top-level elements before Pixel Data while a data set streams by. An element larger than
 * `maxElementBytes`, with all that it nests, is left out whole, so what is kept is a data set of its own.
 */
export class HeaderCollector {
  /** True while the bytes of the present top-level element are wanted. */
  active = false;
  readonly #maxElementBytes: number;
  readonly #maxHeaderBytes: number;
  readonly #uids: Partial<Record<keyof DataSetUids, string>> = {};
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  #committed = 0;
  #length = 0;
  #valueStart = 0;
  #tag = 0;

  constructor(maxElementBytes: number, maxHeaderBytes: number) {
    this.#maxElementBytes = maxElementBytes;
    this.#maxHeaderBytes = maxHeaderBytes;
  }

  /** @param declaredLength bytes of the value, or undefined for a value that ends with a delimiter. */
  begin(tag: number, declaredLength: number | undefined): void {
    this.active = declaredLength === undefined || declaredLength <= this.#maxElementBytes;
    this.#tag = tag;
    if (!this.active && UID_FIELDS.has(tag)) throw invalidUid();
  }

  appendHeader(source: Buffer, start: number, end: number): void {
    this.append(source, start, end);
    this.#valueStart = this.#length;
  }

  append(source: Buffer, start: number, end: number): void {
    if (!this.active) return;
    const needed = this.#length + (end - start);
    if (needed - this.#committed > this.#maxElementBytes || needed > this.#maxHeaderBytes) {
      this.drop();
      return;
    }
    if (needed > this.#buffer.length) this.#grow(needed);
    source.copy(this.#buffer, this.#length, start, end);
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
  }

  drop(): void {
    this.active = false;
    this.#length = this.#committed;
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
