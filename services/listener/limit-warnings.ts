/** Says what to do with one warning. */
type Verdict = 'log' | 'leave-out';

export interface LeftOut {
  readonly kind: string;
  readonly peerAddress: string;
  /** Warnings of this kind about this peer that were not logged. */
  readonly leftOut: number;
}

export interface WarningLimits {
  /** Warnings of one kind about one peer within one span of time. */
  readonly most: number;
  readonly spanMs: number;
  /** Kinds and peers told apart; all beyond share one count. */
  readonly mostKeys: number;
}

export const DEFAULT_WARNING_LIMITS: WarningLimits = {
  most: 20,
  spanMs: 60_000,
  mostKeys: 1000,
};

interface Count {
  readonly kind: string;
  readonly peerAddress: string;
  logged: number;
  leftOut: number;
}

/**
 * Keeps a hostile or broken peer from filling the log: of each kind of warning about each peer so many are logged in a
 * span of time, and at its end one line says how many were left out. What is counted for metrics is not limited.
 */
export class WarningLimiter {
  readonly #limits: WarningLimits;
  readonly #report: (leftOut: LeftOut) => void;
  readonly #counts = new Map<string, Count>();
  readonly #timer: NodeJS.Timeout;

  constructor(report: (leftOut: LeftOut) => void, limits = DEFAULT_WARNING_LIMITS) {
    this.#report = report;
    this.#limits = limits;
    this.#timer = setInterval(() => this.#endSpan(), limits.spanMs);
    this.#timer.unref();
  }

  judge(kind: string, peerAddress: string): Verdict {
    const count = this.#countOf(kind, peerAddress);
    if (count.logged < this.#limits.most) {
      count.logged += 1;
      return 'log';
    }
    count.leftOut += 1;
    return 'leave-out';
  }

  /** Says what is left to say. */
  close(): void {
    clearInterval(this.#timer);
    this.#endSpan();
  }

  #countOf(kind: string, peerAddress: string): Count {
    const known = this.#counts.get(`${kind} ${peerAddress}`);
    if (known !== undefined) return known;
    const crowded = this.#counts.size >= this.#limits.mostKeys;
    const named = crowded ? { kind: 'any', peerAddress: 'others' } : { kind, peerAddress };
    const key = `${named.kind} ${named.peerAddress}`;
    const count = this.#counts.get(key) ?? { ...named, logged: 0, leftOut: 0 };
    this.#counts.set(key, count);
    return count;
  }

  #endSpan(): void {
    for (const { kind, peerAddress, leftOut } of this.#counts.values()) {
      if (leftOut > 0) this.#report({ kind, peerAddress, leftOut });
    }
    this.#counts.clear();
  }
}
