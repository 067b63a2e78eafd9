import { fstatSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SharedArena } from '#isolation/shared-arena.ts';
import { fillValues, readRegion, writeValues } from '#isolation/shared-values.ts';

const PAGE = 4096;
let arena: SharedArena;

beforeEach(() => {
  arena = new SharedArena();
});
afterEach(() => arena.close());

describe('a shared arena', () => {
  it('gives what was written, to either kind of reader', async () => {
    const region = arena.reserve(12);
    writeValues(arena.descriptor, Float32Array.of(1.5, -2, 3), region.offset);
    expect([...new Float32Array(await readRegion(region))]).toEqual([1.5, -2, 3]);
    const target = new Float32Array(3);
    fillValues(arena.descriptor, new Uint8Array(target.buffer), region.offset);
    expect([...target]).toEqual([1.5, -2, 3]);
  });

  it('has no name in any folder, so that it goes with the last process that holds it', () => {
    expect(fstatSync(arena.descriptor).nlink).toBe(0);
  });

  it('never gives two the same place, and uses what was given back', () => {
    const [a, b, c] = [arena.reserve(10), arena.reserve(5000), arena.reserve(PAGE)];
    expect([a.offset, b.offset, c.offset]).toEqual([0, PAGE, 3 * PAGE]);
    arena.release(b);
    const tooLarge = arena.reserve(3 * PAGE);
    expect(tooLarge.offset).toBe(4 * PAGE);
    expect(arena.reserve(2 * PAGE).offset).toBe(PAGE);
    arena.release(a);
    arena.release(a);
    expect(arena.reserve(PAGE).offset).toBe(0);
  });

  it('gives a large file back when nobody has a place in it', () => {
    const region = arena.reserve(100 * 2 ** 20);
    writeValues(arena.descriptor, Float32Array.of(1), region.offset + region.bytes - 4);
    expect(fstatSync(arena.descriptor).size).toBe(region.bytes);
    arena.release(region);
    expect(fstatSync(arena.descriptor).size).toBe(0);
  });

  it('refuses to read beyond what was written', async () => {
    const region = arena.reserve(8);
    writeValues(arena.descriptor, Float32Array.of(1), region.offset);
    await expect(readRegion(region)).rejects.toThrow(RangeError);
    expect(() => fillValues(arena.descriptor, new Uint8Array(8), 0)).toThrow(RangeError);
  });
});
