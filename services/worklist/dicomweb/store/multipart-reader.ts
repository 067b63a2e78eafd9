import { RadTriageError } from '#core/errors.ts';

/** Names in lower case. */
export type PartHeaders = ReadonlyMap<string, string>;

/** Is told of the parts of a body as they come in; what it returns is awaited before it is told more. */
export interface PartHandler {
  openPart(headers: PartHeaders): void | Promise<void>;
  /** The chunk is used again once the promise has settled. */
  data(chunk: Buffer): void | Promise<void>;
  endPart(): void | Promise<void>;
}

const CRLF = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');
const [CR, LF, DASH, SPACE, TAB] = [13, 10, 45, 32, 9];
/** RFC 2046 section 5.1.1, which allows 70 characters: Orthanc sends 73. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,199}[0-9A-Za-z'()+_,./:=?-]$/;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_PADDING_BYTES = 256;
/** Text before the first boundary, and after the last, is for people and dropped. */
const MAX_SURROUNDING_BYTES = 64 * 1024;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

function malformed(message: string): RadTriageError {
  return new RadTriageError('REQUEST_INVALID', `multipart: ${message}`);
}

/**
 * Takes a multipart body (RFC 2046 section 5.1) apart while it streams by in chunks of any size. Data is handed on as
 * it comes; nothing is gathered but one block of part headers, and what may turn out to be a boundary. Lines end with
 * CRLF; a line that goes on after the boundary's text is data.
 */
export class MultipartReader {
  readonly #delimiter: Buffer;
  readonly #handler: PartHandler;
  #state: 'preamble' | 'headers' | 'body' | 'epilogue' = 'preamble';
  /** What came and is not judged yet. The body begins as if a line had just ended. */
  #held: Buffer = CRLF;
  /** Bytes at the beginning of what is held that are no data: the end of the line before. */
  #skip = CRLF.length;
  #surrounding = 0;
  #parts = 0;

  /** @throws RadTriageError REQUEST_INVALID for a boundary that is none */
  constructor(boundary: string, handler: PartHandler) {
    if (!BOUNDARY.test(boundary)) throw malformed('the boundary is missing or not valid');
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
    this.#handler = handler;
  }

  /** Parts whose headers have been read. */
  get parts(): number {
    return this.#parts;
  }

  /**
   * Takes the next bytes of the body, which are free again afterwards.
   * @throws RadTriageError REQUEST_INVALID, and whatever the handler throws; the reader is of no further use then
   */
  async write(chunk: Buffer): Promise<void> {
    let rest: Buffer | undefined =
      this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (rest !== undefined) {
      if (this.#state === 'epilogue') {
        this.#countSurrounding(rest.length);
        return;
      }
      rest = await (this.#state === 'headers' ? this.#readHeaders(rest) : this.#readBody(rest));
    }
  }

  /** The body is complete. @throws RadTriageError REQUEST_INVALID when its last boundary has not come */
  end(): void {
    if (this.#state === 'preamble') throw malformed('the boundary is nowhere in the body');
    if (this.#state !== 'epilogue') throw malformed('the body ends before its last boundary');
  }

  /** Hands on what stands before the next boundary; gives what stands after it, or undefined when more must come. */
  async #readBody(bytes: Buffer): Promise<Buffer | undefined> {
    let search = 0;
    for (;;) {
      const at = bytes.indexOf(this.#delimiter, search);
      const end = at < 0 ? 'none' : judgeLine(bytes, at + this.#delimiter.length);
      if (end === 'data') {
        search = at + CRLF.length;
        continue;
      }
      const upTo = at < 0 ? this.#findHalfDelimiter(bytes, search) : at;
      await this.#hand(bytes, upTo);
      if (end === 'none' || end === 'more') {
        this.#held = Buffer.from(bytes.subarray(upTo));
        return undefined;
      }
      if (this.#state === 'body') await this.#handler.endPart();
      this.#state = end.isLast ? 'epilogue' : 'headers';
      this.#surrounding = 0;
      return bytes.subarray(end.next);
    }
  }

  async #hand(bytes: Buffer, upTo: number): Promise<void> {
    const from = this.#skip;
    this.#skip = Math.max(0, from - upTo);
    if (upTo <= from) return;
    if (this.#state === 'preamble') this.#countSurrounding(upTo - from);
    else {
      const handled = this.#handler.data(bytes.subarray(from, upTo));
      if (handled !== undefined) await handled;
    }
  }

  /** Where the bytes end with what may be the beginning of the delimiter; their length when they do not. */
  #findHalfDelimiter(bytes: Buffer, search: number): number {
    const first = Math.max(search, bytes.length - this.#delimiter.length + 1);
    for (let at = bytes.indexOf(CR, first); at >= 0; at = bytes.indexOf(CR, at + 1)) {
      const tail = bytes.subarray(at);
      if (tail.equals(this.#delimiter.subarray(0, tail.length))) return at;
    }
    return bytes.length;
  }

  async #readHeaders(bytes: Buffer): Promise<Buffer | undefined> {
    const isBare = bytes.subarray(0, CRLF.length).equals(CRLF);
    const end = isBare ? 0 : bytes.indexOf(BLANK_LINE);
    if (end > MAX_HEADER_BYTES || (end < 0 && bytes.length > MAX_HEADER_BYTES)) {
      throw malformed(`the headers of a part are longer than ${MAX_HEADER_BYTES} bytes`);
    }
    if (end < 0) {
      this.#held = Buffer.from(bytes);
      return undefined;
    }
    this.#parts += 1;
    await this.#handler.openPart(parseHeaders(bytes.toString('latin1', 0, end)));
    this.#state = 'body';
    // The blank line's end may be the end of line that a boundary begins with: then the part is empty.
    this.#skip = CRLF.length;
    return bytes.subarray(isBare ? 0 : end + CRLF.length);
  }

  #countSurrounding(bytes: number): void {
    this.#surrounding += bytes;
    if (this.#surrounding > MAX_SURROUNDING_BYTES) {
      throw malformed(`more than ${MAX_SURROUNDING_BYTES} bytes before or after the parts`);
    }
  }
}

/** What the bytes after a boundary's text make of it: `--` ends the body, padding and CRLF begin a part. */
function judgeLine(
  bytes: Buffer,
  from: number,
): 'data' | 'more' | { readonly next: number; readonly isLast: boolean } {
  if (bytes[from] === DASH) {
    if (from + 1 >= bytes.length) return 'more';
    return bytes[from + 1] === DASH ? { next: from + 2, isLast: true } : 'data';
  }
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at += 1;
  if (at - from > MAX_PADDING_BYTES) return 'data';
  if (at >= bytes.length || (bytes[at] === CR && at + 1 >= bytes.length)) return 'more';
  return bytes[at] === CR && bytes[at + 1] === LF ? { next: at + 2, isLast: false } : 'data';
}

function parseHeaders(block: string): PartHeaders {
  const headers = new Map<string, string>();
  if (block === '') return headers;
  // A line that begins with white space goes on from the one before (RFC 5322 section 2.2.3).
  for (const line of block.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no header holds one, and a lone CR or LF hides one
    if (name === undefined || value === undefined || /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw malformed('a header of a part is not `name: value`');
    }
    const key = name.toLowerCase();
    if (headers.has(key)) throw malformed(`a part has two headers ${key}`);
    headers.set(key, value);
  }
  return headers;
}
