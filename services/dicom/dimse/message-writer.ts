import { RadTriageError } from '#core/errors.ts';
import { type CommandSet, encodeCommandSet } from './command-set.ts';
import { CONTROL_COMMAND, CONTROL_LAST, PDV_HEADER_BYTES } from './pdu-codec.ts';
import type { UpperLayer } from './upper-layer.ts';

/** Used when the peer names no limit; also the most that is put into one PDU. */
const LARGEST_PDU_BYTES = 128 * 1024;
const SMALLEST_PDU_BYTES = 64;

/** The longest fragment for a peer that takes PDUs of this length (0: of any length). */
export function fragmentBytesFor(peerMaxPduBytes: number): number {
  const pdu =
    peerMaxPduBytes === 0 ? LARGEST_PDU_BYTES : Math.min(peerMaxPduBytes, LARGEST_PDU_BYTES);
  return Math.max(pdu, SMALLEST_PDU_BYTES) - PDV_HEADER_BYTES;
}

interface Fragment {
  readonly control: number;
  readonly bytes: Buffer;
}

/** Sends whole messages on one association, one after the other, in PDUs that the peer takes. */
export class MessageWriter {
  readonly #layer: UpperLayer;
  #maxFragmentBytes = fragmentBytesFor(0);
  #queue: Promise<void> | undefined;

  constructor(layer: UpperLayer) {
    this.#layer = layer;
  }

  limitTo(peerMaxPduBytes: number): void {
    this.#maxFragmentBytes = fragmentBytesFor(peerMaxPduBytes);
  }

  /**
   * @returns a promise when the peer has to catch up before more is sent; it is rejected with ASSOCIATION_FAILED when
   * the association ends first.
   */
  send(contextId: number, command: CommandSet, dataSet?: Buffer): Promise<void> | undefined {
    const fragments = [...this.#cut(encodeCommandSet(command), CONTROL_COMMAND)];
    if (dataSet !== undefined) fragments.push(...this.#cut(dataSet, 0));
    const [only, ...others] = fragments;
    if (only !== undefined && others.length === 0 && this.#queue === undefined) {
      return this.#layer.send(contextId, only.control, only.bytes);
    }
    const sent = (this.#queue ?? Promise.resolve()).then(() => this.#sendAll(contextId, fragments));
    const settled = sent
      .catch(() => undefined)
      .then(() => {
        if (this.#queue === settled) this.#queue = undefined;
      });
    this.#queue = settled;
    return sent;
  }

  *#cut(bytes: Buffer, control: number): Generator<Fragment> {
    for (let offset = 0; ; ) {
      const end = Math.min(bytes.length, offset + this.#maxFragmentBytes);
      const last = end === bytes.length;
      yield {
        control: last ? control | CONTROL_LAST : control,
        bytes: bytes.subarray(offset, end),
      };
      if (last) return;
      offset = end;
    }
  }

  async #sendAll(contextId: number, fragments: readonly Fragment[]): Promise<void> {
    for (const { control, bytes } of fragments) {
      if (!this.#layer.canSend) {
        throw new RadTriageError('ASSOCIATION_FAILED', 'the association ended in mid message');
      }
      await this.#layer.send(contextId, control, bytes);
    }
  }
}
