import { describe, expect, it } from 'vitest';
import {
  judgeSlices,
  lengthWithin,
  type SlicePlane,
  type Vector,
} from '../../../viewer/src/reading/volume-geometry.ts';

function series(count: number, placeOf: (index: number) => Vector, size = 512): SlicePlane[] {
  return Array.from({ length: count }, (_, index) => ({
    position: placeOf(index),
    right: [1, 0, 0] as const,
    down: [0, 1, 0] as const,
    spacing: [0.7, 0.7] as const,
    ...{ columns: size, rows: size, bytesAPixel: 2 as const },
  }));
}

const evenly = (index: number): Vector => [-180, -180, -1.25 * index];

describe('whether slices make a volume', () => {
  it('takes evenly placed slices, in either order, with positions rounded', () => {
    expect(judgeSlices(series(10, evenly))).toBe('fits');
    expect(judgeSlices(series(10, (index) => [0, 0, 5 * index]))).toBe('fits');
    expect(judgeSlices(series(40, (index) => [0, 0, Number((0.333 * index).toFixed(2))]))).toBe(
      'fits',
    );
  });

  it('refuses too few, and slices whose place is not known', () => {
    expect(judgeSlices(series(9, evenly))).toBe('few');
    expect(judgeSlices([...series(20, evenly), null])).toBe('unaligned');
  });

  it('refuses a missing slice, two at one place, and a tilted gantry', () => {
    expect(judgeSlices(series(20, evenly).toSpliced(7, 1))).toBe('uneven');
    expect(judgeSlices(series(20, (index) => evenly(index >> 1)))).toBe('uneven');
    expect(judgeSlices(series(20, () => [0, 0, 0]))).toBe('uneven');
    const tilted = series(20, (index) => [0, 0.4 * index, -1.25 * index]);
    expect(judgeSlices(tilted)).toBe('unaligned');
  });

  it('takes oblique slices that lie straight behind each other', () => {
    const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
    const oblique = series(20, (index) => [0, 3 * index * s, -3 * index * c]).map((slice) => ({
      ...slice,
      down: [0, c, s] as const,
    }));
    expect(judgeSlices(oblique)).toBe('fits');
  });

  it('refuses slices of another direction, size or spacing among the others', () => {
    const all = series(20, evenly);
    const turned = all.map((slice, index) =>
      index === 9 ? { ...slice, right: [0, 1, 0] as const } : slice,
    );
    expect(judgeSlices(turned)).toBe('unaligned');
    const small = all.map((slice, index) => (index === 9 ? { ...slice, rows: 256 } : slice));
    expect(judgeSlices(small)).toBe('unaligned');
    const wide = all.map((slice, index) =>
      index === 9 ? { ...slice, spacing: [0.7, 0.8] as const } : slice,
    );
    expect(judgeSlices(wide)).toBe('unaligned');
  });

  it('refuses what is too large for the page: 1,281 slices of 512 x 512', () => {
    expect(judgeSlices(series(1280, evenly))).toBe('fits');
    expect(judgeSlices(series(1281, evenly))).toBe('large');
  });
});

describe('how far one may go within a volume', () => {
  const dimensions = [100, 100, 20] as const;

  it('is what is wanted, or as much of it as leads to the rim', () => {
    const from = { at: [50, 50, 5] as const, way: [0, 0, 0.5] as const, dimensions };
    expect(lengthWithin(from, 4)).toBe(4);
    expect(lengthWithin(from, 100)).toBe(28);
    expect(lengthWithin(from, -100)).toBe(-10);
    expect(lengthWithin(from, Number.POSITIVE_INFINITY)).toBe(28);
    expect(lengthWithin({ ...from, at: [50, 50, 19] }, 1)).toBe(0);
  });

  it('ends at the nearest rim of a volume that is oblique to the way', () => {
    const from = { at: [90, 50, 5] as const, way: [1, 0, -0.5] as const, dimensions };
    expect(lengthWithin(from, 100)).toBe(9);
    expect(lengthWithin(from, -100)).toBe(-28);
  });
});
