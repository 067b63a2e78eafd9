import { createHash } from 'node:crypto';

/**
 * A UID that depends on its parts only: "2.25." and a hash shaped as a version 8 UUID (PS3.5 B.2), or, below a root
 * of one's own, the same number cut to 64 characters.
 */
export function deriveUid(parts: readonly (string | number)[], root = '2.25'): string {
  const digest = createHash('sha256').update(parts.join('\u0000')).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const number = BigInt(`0x${digest.subarray(0, 16).toString('hex')}`).toString();
  return `${root}.${number}`.slice(0, 64);
}
