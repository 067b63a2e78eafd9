import { createHash } from 'node:crypto';

/** A stream of numbers that depends on its key only, so that a seed gives the same study on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  between(low: number, high: number): number;
  /** Whole number in [low, high], both included. */
  integer(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** Standard normal (Box-Muller, one of the pair kept for the next call). */
  normal(): number;
}

/**
 * Makes the stream named by `parts`, for example `createRandom(seed, 'noise')`. Streams of different names are
 * independent: adding a lesion draws from its own stream and leaves anatomy and noise as they were.
 */
export function createRandom(...parts: readonly (string | number)[]): Random {
  const digest = createHash('sha256').update(parts.join('/')).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = 1;
  // sfc32, a small fast counting generator with 128 bits of state.
  const unit = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i += 1) unit();
  let spare: number | undefined;
  const normal = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - unit()));
    const angle = 2 * Math.PI * unit();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const integer = (low: number, high: number) => low + Math.floor(unit() * (high - low + 1));
  return {
    unit,
    normal,
    integer,
    between: (low, high) => low + (high - low) * unit(),
    chance: (probability) => unit() < probability,
    pick: (choices) => choices[integer(0, choices.length - 1)] ?? choices[0],
  };
}
