import type { ScpLimits } from './scp-types.ts';
import type { UpperLayer } from './upper-layer.ts';

type PaceLimits = Pick<ScpLimits, 'idleMs' | 'stallMs' | 'minBytesPerStall'>;

/** Watches how fast a peer sends, so that one that stops, drips or never reads does not hold a place for ever. */
export class ReceivePace {
  readonly #layer: UpperLayer;
  readonly #limits: PaceLimits;
  #since = performance.now();
  #bytes = 0;

  constructor(layer: UpperLayer, limits: PaceLimits) {
    this.#layer = layer;
    this.#limits = limits;
  }

  /** Something new begins: what came before does not count. */
  restart(): void {
    this.#since = performance.now();
    this.#bytes = this.#layer.bytesReceived;
  }

  /**
   * Called now and then.
   * @param now by the clock of `performance.now()`, which no correction of the time of day moves.
   * @param inMessage part of a message has come in, its end has not.
   * @returns what is wrong, or undefined while the pace will do.
   */
  judge(now: number, inMessage: boolean): string | undefined {
    const { idleMs, stallMs, minBytesPerStall } = this.#limits;
    if (this.#layer.state !== 'established') return undefined;
    const { blockedSince } = this.#layer;
    if (blockedSince !== undefined) {
      return now - blockedSince < stallMs ? undefined : 'the peer does not read our answers';
    }
    const received = this.#layer.bytesReceived - this.#bytes;
    if (this.#layer.busy) {
      this.restart();
    } else if (inMessage || this.#layer.midPdu) {
      if (now - this.#since < stallMs) return undefined;
      if (received < minBytesPerStall) return 'the peer sends too slowly';
      this.restart();
    } else if (received > 0) {
      this.restart();
    } else if (now - this.#since >= idleMs) {
      return 'the association was idle';
    }
    return undefined;
  }
}
