import type { Script } from './script.ts';

/** Lengths at which readers go wrong. */
export const BOUNDARIES: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 9, 12, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x10000,
  0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff,
];

type Mutation = (bytes: Buffer, script: Script) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  function setByte(bytes, script) {
    const changed = Buffer.from(bytes);
    changed[script.below(bytes.length)] = script.below(256);
    return changed;
  },
  function flipBit(bytes, script) {
    const changed = Buffer.from(bytes);
    const at = script.below(bytes.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << script.below(8));
    return changed;
  },
  function writeBoundary16(bytes, script) {
    const changed = Buffer.from(bytes);
    const value = script.pick(BOUNDARIES) & 0xffff;
    const at = script.below(Math.max(1, bytes.length - 1));
    if (at + 2 > bytes.length) return changed;
    if (script.chance(50)) changed.writeUInt16BE(value, at);
    else changed.writeUInt16LE(value, at);
    return changed;
  },
  function writeBoundary32(bytes, script) {
    const changed = Buffer.from(bytes);
    const value = script.pick(BOUNDARIES);
    const at = script.below(Math.max(1, bytes.length - 3));
    if (at + 4 > bytes.length) return changed;
    if (script.chance(50)) changed.writeUInt32BE(value, at);
    else changed.writeUInt32LE(value, at);
    return changed;
  },
  function cutOff(bytes, script) {
    return bytes.subarray(0, script.below(bytes.length));
  },
  function cutOut(bytes, script) {
    const start = script.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + 1 + script.below(24))]);
  },
  function insert(bytes, script) {
    const at = script.below(bytes.length);
    const inserted = script.bytes(1 + script.below(12));
    return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
  },
  function repeat(bytes, script) {
    const start = script.below(bytes.length);
    const part = bytes.subarray(start, start + 1 + script.below(64));
    return Buffer.concat([bytes.subarray(0, start), part, bytes.subarray(start)]);
  },
  function splice(bytes, script) {
    const start = script.below(bytes.length);
    const from = script.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(from)]);
  },
];

/** One to four changes to the bytes, each drawn from the script. */
export function mutate(bytes: Buffer, script: Script): Buffer {
  let changed = bytes;
  for (let left = 1 + script.below(4); left > 0 && changed.length > 0; left -= 1) {
    changed = script.pick(MUTATIONS)(changed, script);
  }
  return changed;
}

/** The same bytes in chunks whose boundaries may lie anywhere. */
export function cutIntoChunks(bytes: Buffer, script: Script, atLeast = 1): Buffer[] {
  const largest = Math.ceil(Math.max(atLeast, script.pick([1, 3, 7, 13, 64, 1000])));
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const end = offset + 1 + script.below(largest);
    chunks.push(bytes.subarray(offset, end));
    offset = end;
  }
  return chunks;
}
