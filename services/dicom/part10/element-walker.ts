import { RadTriageError } from '#core/errors.ts';
import {
  GROUP_DELIMITERS,
  holdsBinary,
  isPixelData,
  MAX_HEADER,
  readLength,
  readShort,
  readTag,
  TAG_ITEM,
  TAG_ITEM_END,
  TAG_PIXEL_DATA,
  TAG_SEQUENCE_END,
  UNDEFINED_LENGTH,
} from './element-header.ts';
import type { HeaderCollector } from './header-collector.ts';
import { VR_FORMS, VR_OB, VR_OW, VR_SQ, VR_UN } from './value-representations.ts';

/** One open data set (the root or an item), sequence, or run of pixel fragments. */
interface Level {
  readonly kind: 'data-set' | 'sequence' | 'fragments';
  /** Position at which it ends, or Infinity when a delimiter ends it. */
  readonly end: number;
  /** Nothing inside may reach beyond this position: the nearest defined end of this level or one around it. */
  readonly limit: number;
  readonly implicit: boolean;
  readonly bigEndian: boolean;
  lastTag: number;
  items: number;
}

export interface WalkerOptions {
  readonly implicit: boolean;
  readonly bigEndian: boolean;
  readonly encapsulated: boolean;
  /** Sequences within sequences; a hostile sender nests tens of thousands to break recursive readers. */
  readonly maxDepth: number;
  /** Elements, items, fragments and delimiters, nested ones too: what is beyond is work without an end. */
  readonly maxElements: number;
}

/**
 * Walks the elements of one data set as its bytes come in, in chunks of any size, and throws at the first fault of
 * structure (PS3.5 section 7). Values are skipped by their length, never copied, unless the collector wants them.
 */
export class ElementWalker {
  readonly #collector: HeaderCollector;
  readonly #options: WalkerOptions;
  readonly #levels: Level[];
  readonly #carry = Buffer.alloc(MAX_HEADER);
  #carried = 0;
  #level: Level;
  #position = 0;
  /** Bytes of the present value still to come. */
  #skip = 0;
  /** Length of an implicit value whose first bytes have yet to tell whether it is a sequence; 0 when there is none. */
  #peek = 0;
  /** Bytes that are at hand for the header being read. */
  #available = 0;
  /** Headers read so far, of every kind. */
  #headers = 0;
  #elements = 0;
  #pixelData = false;

  constructor(options: WalkerOptions, collector: HeaderCollector) {
    this.#options = options;
    this.#collector = collector;
    this.#level = {
      kind: 'data-set',
      end: Number.POSITIVE_INFINITY,
      limit: Number.POSITIVE_INFINITY,
      implicit: options.implicit,
      bigEndian: options.bigEndian,
      lastTag: -1,
      items: 0,
    };
    this.#levels = [this.#level];
  }

  /** Top-level elements seen so far. */
  get elements(): number {
    return this.#elements;
  }

  get hasPixelData(): boolean {
    return this.#pixelData;
  }

  /** @throws RadTriageError DICOM_STRUCTURE, DICOM_TOO_LARGE or DICOM_UID_INVALID; nothing may be written after a throw. */
  write(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, chunk.length - offset);
        if (this.#collector.active) this.#collector.append(chunk, offset, offset + taken);
        this.#skip -= taken;
        this.#position += taken;
        offset += taken;
        if (this.#skip === 0) this.#closeFinished();
      } else if (this.#carried === 0 && chunk.length - offset >= MAX_HEADER) {
        offset += this.#step(chunk, offset, MAX_HEADER);
      } else {
        offset += this.#fillCarry(chunk, offset);
      }
    }
  }

  /** @throws RadTriageError DICOM_TRUNCATED when the data set stops within an element, an item or a sequence. */
  end(): void {
    if (this.#skip > 0 || this.#carried > 0 || this.#peek > 0 || this.#levels.length > 1) {
      throw new RadTriageError('DICOM_TRUNCATED', 'the data set ends within an element', {
        details: { position: this.#position },
      });
    }
  }

  #fillCarry(chunk: Buffer, offset: number): number {
    const wanted = this.#carried < 8 ? 8 : MAX_HEADER;
    const taken = Math.min(wanted - this.#carried, chunk.length - offset);
    const end = this.#carried + taken;
    for (let to = this.#carried, from = offset; to < end; ) this.#carry[to++] = chunk[from++] ?? 0;
    this.#carried = end;
    if (this.#carried < wanted) return taken;
    const used = this.#step(this.#carry, 0, this.#carried);
    // A step uses all eight carried bytes, all twelve, or none because it needs twelve.
    if (used > 0) this.#carried = 0;
    return taken;
  }

  /** Reads one header, or peeks at a value. Returns the bytes used; 0 when more than `available` are needed. */
  #step(bytes: Buffer, at: number, available: number): number {
    if (this.#peek > 0) return this.#decidePeeked(bytes, at);
    this.#headers += 1;
    if (this.#headers > this.#options.maxElements) throw this.#tooMany();
    const level = this.#level;
    const tag = readTag(bytes, at, level.bigEndian);
    if (level.kind !== 'data-set') return this.#readDelimited(tag, bytes, at);
    if (tag >>> 16 === GROUP_DELIMITERS) return this.#readItemEnd(tag, bytes, at);
    this.#available = available;
    return this.#readElement(tag, bytes, at);
  }

  /** In a sequence or a run of fragments: an item, or the delimiter that ends it. */
  #readDelimited(tag: number, bytes: Buffer, at: number): number {
    const level = this.#level;
    const length = readLength(bytes, at + 4, level.bigEndian);
    this.#take(bytes, at, 8);
    if (tag === TAG_SEQUENCE_END && level.end === Number.POSITIVE_INFINITY) {
      if (length !== 0) throw this.#fault('a sequence delimiter has a length');
      if (level.kind === 'fragments' && level.items === 0) {
        throw this.#fault('encapsulated pixel data has no basic offset table item');
      }
      this.#pop();
      return 8;
    }
    if (tag !== TAG_ITEM) throw this.#fault('something other than an item stands in a sequence');
    level.items += 1;
    if (level.kind === 'fragments') {
      if (length === UNDEFINED_LENGTH) throw this.#fault('a pixel fragment has no defined length');
      this.#startValue(length);
    } else {
      this.#push('data-set', length, level);
    }
    return 8;
  }

  #readItemEnd(tag: number, bytes: Buffer, at: number): number {
    const level = this.#level;
    const open = this.#levels.length > 1 && level.end === Number.POSITIVE_INFINITY;
    if (tag !== TAG_ITEM_END || !open) throw this.#fault('a delimiter stands where none may');
    if (readLength(bytes, at + 4, level.bigEndian) !== 0) {
      throw this.#fault('an item delimiter has a length');
    }
    this.#take(bytes, at, 8);
    this.#pop();
    return 8;
  }

  #readElement(tag: number, bytes: Buffer, at: number): number {
    const level = this.#level;
    this.#judgeTag(tag);
    let vr = 0;
    let headerLength = 8;
    let length: number;
    if (level.implicit) {
      length = readLength(bytes, at + 4, level.bigEndian);
    } else {
      vr = ((bytes[at + 4] ?? 0) << 8) | (bytes[at + 5] ?? 0);
      const form = VR_FORMS[vr] ?? 0;
      if (form === 0) throw this.#fault('an element has an unknown value representation');
      if (form === 2) {
        if (this.#available < MAX_HEADER) return 0;
        headerLength = MAX_HEADER;
        length = readLength(bytes, at + 8, level.bigEndian);
      } else {
        length = readShort(bytes, at + 6, level.bigEndian);
      }
    }
    level.lastTag = tag;
    if (this.#levels.length === 1) this.#beginTopLevel(tag, length);
    this.#takeHeader(bytes, at, headerLength);
    this.#openValue(tag, vr, length);
    return headerLength;
  }

  #judgeTag(tag: number): void {
    if (tag <= this.#level.lastTag) throw this.#fault('elements are not in ascending order');
    const group = tag >>> 16;
    if (group === 0x0000 || group === 0x0002 || group === 0xffff) {
      throw this.#fault('a data set holds an element of a group that none may hold');
    }
  }

  #openValue(tag: number, vr: number, length: number): void {
    const level = this.#level;
    if (tag === TAG_PIXEL_DATA && this.#levels.length === 1) {
      if (this.#options.encapsulated !== (length === UNDEFINED_LENGTH)) {
        throw this.#fault('pixel data is not encoded as the transfer syntax demands');
      }
    }
    if (length === UNDEFINED_LENGTH) {
      if (level.implicit ? tag !== TAG_PIXEL_DATA : vr === VR_SQ) {
        this.#push('sequence', length, level);
      } else if (vr === VR_UN) {
        // PS3.5 6.2.2 note 2: UN of undefined length is a sequence in Implicit VR Little Endian.
        this.#push('sequence', length, { implicit: true, bigEndian: false });
      } else if (tag === TAG_PIXEL_DATA && isOther(vr) && this.#options.encapsulated) {
        this.#push('fragments', length, level);
      } else {
        throw this.#fault('a value that must have a defined length has none');
      }
    } else if (vr === VR_SQ) {
      this.#push('sequence', length, level);
    } else if (level.implicit && length >= 8 && !holdsBinary(tag)) {
      this.#checkReach(length);
      this.#peek = length;
    } else {
      this.#startValue(length);
    }
  }

  /**
   * Implicit VR does not say which value is a sequence. One that begins with an item or its end is walked as one, and
   * refused when it is none: readers will take it for a sequence too, and go beyond its end where its items do.
   */
  #decidePeeked(bytes: Buffer, at: number): number {
    const length = this.#peek;
    const level = this.#level;
    this.#peek = 0;
    const tag = readTag(bytes, at, level.bigEndian);
    if (tag === TAG_ITEM || tag === TAG_SEQUENCE_END) {
      this.#push('sequence', length, level);
      return this.#readDelimited(tag, bytes, at);
    }
    if (this.#collector.active) this.#collector.append(bytes, at, at + 8);
    this.#position += 8;
    this.#skip = length - 8;
    if (this.#skip === 0) this.#closeFinished();
    return 8;
  }

  #beginTopLevel(tag: number, length: number): void {
    this.#elements += 1;
    if (isPixelData(tag)) this.#pixelData = true;
    if (this.#pixelData) this.#collector.drop();
    else this.#collector.begin(tag, length === UNDEFINED_LENGTH ? undefined : length);
  }

  #takeHeader(bytes: Buffer, at: number, length: number): void {
    this.#checkReach(length);
    if (this.#collector.active) {
      if (this.#levels.length === 1) this.#collector.appendHeader(bytes, at, at + length);
      else this.#collector.appendMark(bytes, at, at + length);
    }
    this.#position += length;
  }

  #take(bytes: Buffer, at: number, length: number): void {
    this.#checkReach(length);
    if (this.#collector.active) this.#collector.appendMark(bytes, at, at + length);
    this.#position += length;
  }

  #startValue(length: number): void {
    this.#checkReach(length);
    this.#skip = length;
    if (length === 0) this.#closeFinished();
  }

  #push(
    kind: Level['kind'],
    length: number,
    encoding: { implicit: boolean; bigEndian: boolean },
  ): void {
    if (kind === 'sequence' && this.#levels.length >= 2 * this.#options.maxDepth) {
      throw this.#fault(`sequences are nested deeper than ${this.#options.maxDepth}`);
    }
    const defined = length !== UNDEFINED_LENGTH;
    if (defined) this.#checkReach(length);
    const end = defined ? this.#position + length : Number.POSITIVE_INFINITY;
    this.#level = {
      kind,
      end,
      limit: Math.min(end, this.#level.limit),
      implicit: encoding.implicit,
      bigEndian: encoding.bigEndian,
      lastTag: -1,
      items: 0,
    };
    this.#levels.push(this.#level);
    if (length === 0) this.#closeFinished();
  }

  #pop(): void {
    this.#levels.pop();
    this.#closeFinished();
  }

  /** Closes every level that ends at this position; at the top level the present element is then complete. */
  #closeFinished(): void {
    let top = this.#levels[this.#levels.length - 1];
    while (top !== undefined && top.end === this.#position) {
      this.#levels.pop();
      top = this.#levels[this.#levels.length - 1];
    }
    if (top !== undefined) this.#level = top;
    if (this.#levels.length === 1) this.#collector.commit();
  }

  #checkReach(length: number): void {
    if (this.#position + length > this.#level.limit) {
      throw this.#fault('an element reaches beyond the item or sequence around it');
    }
  }

  #tooMany(): RadTriageError {
    const { maxElements } = this.#options;
    return new RadTriageError('DICOM_TOO_LARGE', `more than ${maxElements} elements and items`);
  }

  #fault(message: string): RadTriageError {
    return new RadTriageError('DICOM_STRUCTURE', message, {
      details: { position: this.#position },
    });
  }
}

function isOther(vr: number): boolean {
  return vr === VR_OB || vr === VR_OW;
}
