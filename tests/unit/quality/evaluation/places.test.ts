import { describe, expect, it } from 'vitest';
import { countMatches, intersectionOverUnion } from '#quality/evaluation/figures/drawn-boxes.ts';
import { fixedPointHits } from '#quality/evaluation/figures/fixed-point.ts';
import { findMarks } from '#quality/evaluation/find-marks.ts';

/** Cells of 10 x 10 pixels, the first over padding. */
function heatmap(cells: number[][]) {
  return {
    rows: cells.length,
    columns: cells[0]?.length ?? 0,
    values: Float32Array.from(cells.flat()),
    transform: { scaleX: 10, scaleY: 10, originX: -10, originY: 0 },
  };
}

describe('marks of a heatmap', () => {
  it('are its local maxima in source pixels, the highest first', () => {
    const cells = Array.from({ length: 16 }, () => new Array<number>(16).fill(0));
    const row = (index: number) => cells[index] ?? [];
    row(3)[4] = 0.5;
    row(3)[5] = 0.25; // beside a larger one
    row(12)[10] = 0.75;
    row(8)[0] = 0.9375; // over padding
    expect(findMarks(heatmap(cells), { rows: 160, columns: 150 })).toEqual([
      [95, 125, 0.75],
      [35, 35, 0.5],
    ]);
  });

  it('make one mark of a level area, and none of an empty map', () => {
    const level = [
      [0, 0.5, 0.5],
      [0, 0.5, 0.5],
    ];
    expect(findMarks(heatmap(level), { rows: 20, columns: 20 })).toEqual([[5, 5, 0.5]]);
    expect(findMarks(heatmap([[0, 0]]), { rows: 10, columns: 10 })).toEqual([]);
  });
});

describe('the fixed point', () => {
  const image = (cluster: number, x: number) => ({
    cluster,
    rows: 64,
    columns: 64,
    lesions: [[x, 8, 16, 16] as const],
  });

  it('is learned from the other patients alone', () => {
    expect(fixedPointHits([image(0, 4), image(1, 4), image(2, 4)])).toBe(3);
    // Each patient's own place, of which no other tells.
    expect(fixedPointHits([image(0, 0), image(1, 20), image(2, 40)])).toBe(0);
    expect(fixedPointHits([image(0, 4), image(0, 4)])).toBe(0);
  });
});

describe('drawn boxes', () => {
  it('overlap by what they share of what they cover', () => {
    expect(intersectionOverUnion([0, 0, 10, 10], [5, 0, 10, 10])).toBeCloseTo(1 / 3, 12);
    expect(intersectionOverUnion([0, 0, 10, 10], [10, 0, 10, 10])).toBe(0);
  });

  it('match reference boxes one to one', () => {
    const lesions = [
      [0, 0, 10, 10],
      [100, 0, 10, 10],
    ] as const;
    expect(
      countMatches(
        [
          [0, 0, 10, 10],
          [1, 0, 10, 10],
        ],
        lesions,
      ),
    ).toBe(1);
    expect(
      countMatches(
        [
          [1, 0, 10, 10],
          [100, 1, 10, 10],
        ],
        lesions,
      ),
    ).toBe(2);
    expect(countMatches([[8, 0, 10, 10]], lesions)).toBe(0);
    expect(countMatches([], lesions)).toBe(0);
  });
});
