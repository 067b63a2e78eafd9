import { createHash } from 'node:crypto';

/** Numbers uniform in [0, 1) that depend on the key only: the same on every machine. sfc32, 128 bits of state. */
export function seededStream(key: string): () => number {
  const digest = createHash('sha256').update(key).digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = 1;
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
}

/** The items in an order of chance that depends on the stream only (Fisher-Yates). */
export function shuffle<T>(items: readonly T[], next: () => number): T[] {
  const left = [...items];
  const out: T[] = [];
  while (left.length > 0) {
    const at = Math.floor(next() * left.length);
    const last = left.pop();
    if (last === undefined) break;
    const taken = at < left.length ? left[at] : last;
    if (at < left.length) left[at] = last;
    if (taken !== undefined) out.push(taken);
  }
  return out;
}
