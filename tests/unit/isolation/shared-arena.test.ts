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

  const MB = 2 ** 20;
  const sizeInMb = () => fstatSync(arena.descriptor).size / MB;
  const useMb = (size: number) => {
    const region = arena.reserve(size * MB);
    writeValues(arena.descriptor, Float32Array.of(1), region.offset + region.bytes - 4);
    return region;
  };

  it('gives the memory of a large file back step by step when nobody has a place in it', async () => {
    const region = useMb(150);
    expect(sizeInMb()).toBe(150);
    arena.release(region);
    expect(sizeInMb()).toBe(150);
    await expect.poll(sizeInMb, { interval: 1 }).toBe(64);
  });

  it('takes nothing from whom it gives a place meanwhile', async () => {
    arena.release(useMb(150));
    await new Promise(setImmediate);
    expect(sizeInMb()).toBe(134);
    const region = useMb(140);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(sizeInMb()).toBe(140);
    const [last] = new Float32Array((await readRegion(region)).slice(-4));
    expect(last).toBe(1);
    arena.release(region);
    await expect.poll(sizeInMb, { interval: 1 }).toBe(64);
  });

  it('refuses to read beyond what was written', async () => {
    const region = arena.reserve(8);
    writeValues(arena.descriptor, Float32Array.of(1), region.offset);
    await expect(readRegion(region)).rejects.toThrow(RangeError);
    expect(() => fillValues(arena.descriptor, new Uint8Array(8), 0)).toThrow(RangeError);
  });
});
