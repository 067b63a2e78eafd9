import { RadTriageError } from '#core/errors.ts';
import { type CommandSet, decodeCommandSet } from './command-set.ts';
import { CONTROL_LAST } from './pdu-codec.ts';
import type { PdvFragment } from './pdu-reader.ts';

/** Puts the fragments of one command set together, up to a limit (PS3.7 6.3.1, PS3.8 annex E). */
export class CommandAssembler {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #contextId: number | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Part of a command set has come in, its end has not. */
  get underWay(): boolean {
    return this.#contextId !== undefined;
  }

  /**
   * @returns the command set with its last fragment, undefined before.
   * @throws RadTriageError DICOM_STRUCTURE when it is too long, changes its context, or cannot be decoded.
   */
  take(fragment: PdvFragment): CommandSet | undefined {
    if (this.#contextId !== undefined && this.#contextId !== fragment.contextId) {
      throw new RadTriageError('DICOM_STRUCTURE', 'a command set changes its context');
    }
    this.#contextId = fragment.contextId;
    this.#bytes += fragment.bytes.length;
    if (this.#bytes > this.#maxBytes) {
      throw new RadTriageError('DICOM_STRUCTURE', 'a command set is too long');
    }
    // A copy: a peer that sends one byte at a time must not keep a socket buffer alive with each of them.
    if (fragment.bytes.length > 0) this.#parts.push(Buffer.from(fragment.bytes));
    if (!fragment.end || (fragment.control & CONTROL_LAST) === 0) return undefined;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#contextId = undefined;
    return decodeCommandSet(whole);
  }
}
