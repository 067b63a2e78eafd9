import { ABORTS, type Abort, PDU_HEADER_BYTES, PDU_TYPES, PDV_HEADER_BYTES } from './pdu-codec.ts';

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

const SHORT_BODY_BYTES = 4;

/**
 * Takes PDUs apart as bytes come in (PS3.8 9.3). A PDU's length is judged before anything is reserved for it. Presentation
 * data goes on as views of the chunk, so that a message of any size passes through in constant memory.
 */
export class PduReader {
  readonly #taker: PduTaker;
  readonly #limits: PduReaderLimits;
  readonly #header = Buffer.alloc(Math.max(PDU_HEADER_BYTES, PDV_HEADER_BYTES));
  #headerFilled = 0;
  #type = 0;
  /** Body of the PDU being gathered, or undefined between PDUs and in P-DATA-TF. */
  #body: Buffer | undefined;
  #bodyFilled = 0;
  /** Bytes of the present P-DATA-TF PDU still to come. */
  #dataLeft = 0;
  /** Bytes of the present fragment still to come. */
  #fragmentLeft = 0;
  #contextId = 0;
  #control = 0;
  #stopped = false;

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
    return this.#read(chunk, 0);
  }

  #read(chunk: Buffer, start: number): Promise<void> | undefined {
    let offset = start;
    while (offset < chunk.length && !this.#stopped) {
      let pending: Promise<void> | undefined;
      if (this.#fragmentLeft > 0) {
        const end = Math.min(chunk.length, offset + this.#fragmentLeft);
        pending = this.#passFragment(chunk.subarray(offset, end));
        offset = end;
      } else if (this.#body !== undefined) {
        const taken = chunk.copy(this.#body, this.#bodyFilled, offset);
        this.#bodyFilled += taken;
        offset += taken;
        if (this.#bodyFilled === this.#body.length) pending = this.#passPdu(this.#body);
      } else {
        const inData = this.#dataLeft > 0;
        const wanted = (inData ? PDV_HEADER_BYTES : PDU_HEADER_BYTES) - this.#headerFilled;
        const taken = Math.min(wanted, chunk.length - offset);
        chunk.copy(this.#header, this.#headerFilled, offset, offset + taken);
        offset += taken;
        this.#headerFilled += taken;
        if (taken === wanted) {
          this.#headerFilled = 0;
          pending = inData ? this.#beginFragment() : this.#beginPdu();
        }
      }
      if (pending !== undefined) {
        // A copy: the chunk is the socket's, and good only until we return.
        const rest = Buffer.from(chunk.subarray(offset));
        return pending.then(() => this.#read(rest, 0));
      }
    }
    return undefined;
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
      this.#body = Buffer.alloc(length);
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
    return length === 0 ? this.#passFragment(this.#header.subarray(0, 0)) : undefined;
  }

  #passFragment(bytes: Buffer): Promise<void> | undefined {
    this.#fragmentLeft -= bytes.length;
    this.#dataLeft -= bytes.length;
    return this.#taker.takeFragment({
      contextId: this.#contextId,
      control: this.#control,
      bytes,
      end: this.#fragmentLeft === 0,
    });
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
