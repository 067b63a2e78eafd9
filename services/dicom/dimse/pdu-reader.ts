import { ReusedCopy } from '#core/reused-copy.ts';
import { isTurnOver, nextTurn } from './event-turn.ts';
import {
  ABORTS,
  type Abort,
  CONTROL_LAST,
  PDU_HEADER_BYTES,
  PDU_TYPES,
  PDV_HEADER_BYTES,
} from './pdu-codec.ts';

/** A piece of a presentation data value, as it came off the wire. */
export interface PdvFragment {
  readonly contextId: number;
  /** Message control header: CONTROL_COMMAND, CONTROL_LAST. */
  readonly control: number;
  /** A view of the socket's bytes, good until the taker returns: nothing is copied. May be empty. */
  readonly bytes: Buffer;
  /** True with the last piece of this presentation data value. */
  readonly end: boolean;
}

/** Who takes what the reader finds. A returned promise stops the reader until it settles. */
export interface PduTaker {
  /** A whole PDU other than P-DATA-TF. */
  takePdu(type: number, body: Buffer): void;
  /** A P-DATA-TF PDU begins. */
  takeDataStart(): void;
  takeFragment(fragment: PdvFragment): Promise<void> | undefined;
  /** The bytes are not those of a PDU; the reader takes no more. */
  takeFault(abort: Abort, what: string): void;
}

export interface PduReaderLimits {
  /** Longest P-DATA-TF body taken: what was announced to the peer. */
  readonly maxPduBytes: number;
  /** Longest A-ASSOCIATE body taken: it has to be held in memory whole. */
  readonly maxAssociateBytes: number;
}

const NOTHING = Buffer.alloc(0);
const SHORT_BODY_BYTES = 4;
/** Room made for a body before any of it has come in. */
const FIRST_BODY_BYTES = 4096;
/** Empty values in a row that end nothing: a sender may have reason for one, a flood is work without an end. */
const MAX_EMPTY_VALUES = 16;
/** Fragments between two looks at the clock. */
const FRAGMENTS_A_LOOK = 64;

/**
 * Takes PDUs apart as bytes come in (PS3.8 9.3). A PDU's length is judged before anything is reserved for it. Presentation
 * data goes on as views of the chunk, so that a message of any size passes through in constant memory.
 */
export class PduReader {
  readonly #taker: PduTaker;
  readonly #limits: PduReaderLimits;
  readonly #rest = new ReusedCopy();
  readonly #header = Buffer.alloc(Math.max(PDU_HEADER_BYTES, PDV_HEADER_BYTES));
  #headerFilled = 0;
  #type = 0;
  /** Body of the PDU being gathered, as far as it has come in, or undefined between PDUs and in P-DATA-TF. */
  #body: Buffer | undefined;
  #bodyLength = 0;
  #bodyFilled = 0;
  /** Bytes of the present P-DATA-TF PDU still to come. */
  #dataLeft = 0;
  /** Bytes of the present fragment still to come. */
  #fragmentLeft = 0;
  #contextId = 0;
  #control = 0;
  #emptyValues = 0;
  #fragments = 0;
  #stopped = false;
  /** Byte of the present chunk that is read next. */
  #at = 0;

  constructor(taker: PduTaker, limits: PduReaderLimits) {
    this.#taker = taker;
    this.#limits = limits;
  }

  /** True in the middle of a PDU. */
  get midPdu(): boolean {
    return this.#headerFilled > 0 || this.#body !== undefined || this.#dataLeft > 0;
  }

  /** Takes no more bytes: what still comes in is thrown away. */
  stop(): void {
    this.#stopped = true;
    this.#body = undefined;
  }

  /**
   * Reads a chunk, which may change once this has returned. A promise means that the rest of it, copied, waits, and that
   * no other chunk may come before it settles.
   */
  push(chunk: Buffer): Promise<void> | undefined {
    this.#at = 0;
    const pending = this.#read(chunk);
    if (pending !== undefined) return this.#readRest(chunk, pending);
    // A peer that sends without a pause holds up nobody else.
    return isTurnOver() && !this.#stopped ? nextTurn() : undefined;
  }

  async #readRest(chunk: Buffer, first: Promise<void>): Promise<void> {
    // A copy: the chunk is the socket's, and good only until `push` returns.
    const rest = this.#rest.of(chunk.subarray(this.#at));
    await first;
    this.#at = 0;
    for (let pending = this.#read(rest); pending !== undefined; pending = this.#read(rest)) {
      await pending;
    }
  }

  /** Reads on in a chunk until its end, or until what it found has to be waited for. */
  #read(chunk: Buffer): Promise<void> | undefined {
    while (this.#at < chunk.length && !this.#stopped) {
      const pending = this.#step(chunk);
      if (pending !== undefined) return pending;
    }
    return undefined;
  }

  /** Takes the next piece of whatever is being read. */
  #step(chunk: Buffer): Promise<void> | undefined {
    if (this.#fragmentLeft > 0) {
      const start = this.#at;
      this.#at = Math.min(chunk.length, start + this.#fragmentLeft);
      return this.#passFragment(chunk.subarray(start, this.#at));
    }
    if (this.#body !== undefined) return this.#fillBody(this.#body, chunk);
    const inData = this.#dataLeft > 0;
    const wanted = (inData ? PDV_HEADER_BYTES : PDU_HEADER_BYTES) - this.#headerFilled;
    const end = Math.min(this.#at + wanted, chunk.length);
    while (this.#at < end) this.#header[this.#headerFilled++] = chunk[this.#at++] ?? 0;
    if (this.#headerFilled < PDU_HEADER_BYTES) return undefined;
    this.#headerFilled = 0;
    return inData ? this.#beginFragment() : this.#beginPdu();
  }

  #fillBody(body: Buffer, chunk: Buffer): undefined {
    const taken = chunk.copy(body, this.#bodyFilled, this.#at);
    this.#at += taken;
    this.#bodyFilled += taken;
    if (this.#bodyFilled === this.#bodyLength) {
      this.#passPdu(body);
    } else if (this.#bodyFilled === body.length) {
      this.#body = Buffer.alloc(Math.min(this.#bodyLength, 2 * body.length));
      body.copy(this.#body);
    }
  }

  #beginPdu(): undefined {
    this.#type = this.#header.readUInt8(0);
    const length = this.#header.readUInt32BE(2);
    const judged = judgeLength(this.#type, length, this.#limits);
    if (judged !== undefined) {
      this.#fault(judged, `a PDU of type ${this.#type} and ${length} bytes`);
    } else if (this.#type === PDU_TYPES.data) {
      this.#dataLeft = length;
      this.#taker.takeDataStart();
    } else {
      this.#body = Buffer.alloc(Math.min(length, FIRST_BODY_BYTES));
      this.#bodyLength = length;
      this.#bodyFilled = 0;
    }
  }

  #beginFragment(): Promise<void> | undefined {
    this.#dataLeft -= PDV_HEADER_BYTES;
    // The length counts the context and the control header too (PS3.8 9.3.5.1).
    const length = this.#header.readUInt32BE(0) - 2;
    const left = this.#dataLeft - length;
    if (length < 0 || left < 0 || (left > 0 && left < PDV_HEADER_BYTES)) {
      this.#fault(ABORTS.invalidParameter, 'a presentation data value of impossible length');
      return undefined;
    }
    this.#contextId = this.#header.readUInt8(4);
    this.#control = this.#header.readUInt8(5);
    this.#fragmentLeft = length;
    return length === 0 ? this.#passEmpty() : undefined;
  }

  #passEmpty(): Promise<void> | undefined {
    this.#emptyValues = (this.#control & CONTROL_LAST) === 0 ? this.#emptyValues + 1 : 0;
    if (this.#emptyValues > MAX_EMPTY_VALUES) {
      this.#fault(ABORTS.invalidParameter, 'empty presentation data values without end');
      return undefined;
    }
    return this.#passFragment(NOTHING);
  }

  #passFragment(bytes: Buffer): Promise<void> | undefined {
    this.#fragmentLeft -= bytes.length;
    this.#dataLeft -= bytes.length;
    if (bytes.length > 0) this.#emptyValues = 0;
    const pending = this.#taker.takeFragment({
      contextId: this.#contextId,
      control: this.#control,
      bytes,
      end: this.#fragmentLeft === 0,
    });
    this.#fragments += 1;
    const look = pending === undefined && this.#fragments % FRAGMENTS_A_LOOK === 0;
    return look && isTurnOver() ? nextTurn() : pending;
  }

  #passPdu(body: Buffer): undefined {
    this.#body = undefined;
    this.#taker.takePdu(this.#type, body);
  }

  #fault(abort: Abort, what: string): void {
    this.stop();
    this.#taker.takeFault(abort, what);
  }
}

/** Says how to abort when a PDU of this type cannot have this length, or when there is no such type. */
function judgeLength(type: number, length: number, limits: PduReaderLimits): Abort | undefined {
  switch (type) {
    case PDU_TYPES.data: {
      const possible = length >= PDV_HEADER_BYTES && length <= limits.maxPduBytes;
      return possible ? undefined : ABORTS.invalidParameter;
    }
    case PDU_TYPES.associateRq:
    case PDU_TYPES.associateAc: {
      const possible = length > 0 && length <= limits.maxAssociateBytes;
      return possible ? undefined : ABORTS.invalidParameter;
    }
    case PDU_TYPES.associateRj:
    case PDU_TYPES.releaseRq:
    case PDU_TYPES.releaseRp:
    case PDU_TYPES.abort:
      return length === SHORT_BODY_BYTES ? undefined : ABORTS.invalidParameter;
    default:
      return ABORTS.unrecognizedPdu;
  }
}
