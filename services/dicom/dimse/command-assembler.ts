import { RadTriageError } from '#core/errors.ts';
import { type CommandSet, decodeCommandSet } from './command-set.ts';
import { CONTROL_LAST } from './pdu-codec.ts';
import type { PdvFragment } from './pdu-reader.ts';

/** More than a C-STORE request takes. */
const FIRST_BYTES = 512;

/** Puts the fragments of one command set together, up to a limit (PS3.7 6.3.1, PS3.8 annex E). */
export class CommandAssembler {
  readonly #maxBytes: number;
  #buffer = Buffer.alloc(FIRST_BYTES);
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
    const bytes = this.#bytes + fragment.bytes.length;
    if (bytes > this.#maxBytes) {
      throw new RadTriageError('DICOM_STRUCTURE', 'a command set is too long');
    }
    if (bytes > this.#buffer.length) this.#grow(bytes);
    fragment.bytes.copy(this.#buffer, this.#bytes);
    this.#bytes = bytes;
    if (!fragment.end || (fragment.control & CONTROL_LAST) === 0) return undefined;
    this.#bytes = 0;
    this.#contextId = undefined;
    return decodeCommandSet(this.#buffer.subarray(0, bytes));
  }

  #grow(needed: number): void {
    const grown = Buffer.alloc(Math.max(needed, 2 * this.#buffer.length));
    this.#buffer.copy(grown, 0, 0, this.#bytes);
    this.#buffer = grown;
  }
}
