import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NeighbourWindow } from '#models/analysis/neighbour-window.ts';
import { calibrate } from '#models/postprocess/activation.ts';
import { poolScores } from '#models/postprocess/pool-scores.ts';
import { inverseOf, patientOrientation, turn } from '#models/preprocess/orientation.ts';
import { boxToStored, mapToStored } from '#models/preprocess/place.ts';

const orientation = fc.record({
  transpose: fc.boolean(),
  flipX: fc.boolean(),
  flipY: fc.boolean(),
});
const side = fc.integer({ min: 1, max: 9 });

describe('turning an image to the patient', () => {
  it('can be undone, and a mark finds its place in the image as stored', () => {
    fc.assert(
      fc.property(orientation, side, side, fc.nat(), (turned, rows, columns, at) => {
        const spot = at % (rows * columns);
        const values = new Float32Array(rows * columns);
        values[spot] = 1;
        const seen = turn({ values, rows, columns }, turned);
        expect(turn(seen, inverseOf(turned))).toEqual({ values, rows, columns });
        const place = { source: { rows, columns }, orientation: turned };
        const transform = { scaleX: 1, scaleY: 1, originX: 0, originY: 0 };
        const map = mapToStored({ ...seen, transform }, place);
        expect(map).toEqual({ values, rows, columns, transform });
        const found = seen.values.indexOf(1);
        const box = boxToStored(
          [found % seen.columns, Math.floor(found / seen.columns), 1, 1],
          place,
        );
        expect(box).toEqual([spot % columns, Math.floor(spot / columns), 1, 1]);
      }),
    );
  });

  it.each([
    [
      'an axial slice, supine',
      [1, 0, 0, 0, 1, 0],
      { transpose: false, flipX: false, flipY: false },
    ],
    ['an axial slice, prone', [-1, 0, 0, 0, -1, 0], { transpose: false, flipX: true, flipY: true }],
    ['a coronal slice', [1, 0, 0, 0, 0, -1], { transpose: false, flipX: false, flipY: false }],
    [
      'a coronal slice, feet up',
      [1, 0, 0, 0, 0, 1],
      { transpose: false, flipX: false, flipY: true },
    ],
    [
      'a sagittal slice on its side',
      [0, 0, -1, 0, 1, 0],
      { transpose: true, flipX: false, flipY: false },
    ],
  ] as const)('knows %s', (_, imageOrientation, expected) => {
    expect(patientOrientation({ imageOrientation })).toEqual(expected);
  });

  it('reads a radiograph by its letters, and leaves one that says nothing', () => {
    expect(patientOrientation({ patientOrientation: ['R', 'F'] })).toMatchObject({ flipX: true });
    expect(patientOrientation({})).toBeUndefined();
    expect(patientOrientation({ patientOrientation: ['L', 'L'] })).toBeUndefined();
  });
});

describe('scores', () => {
  it('are calibrated without changing their order', () => {
    const piecewise = {
      kind: 'piecewise' as const,
      points: [
        [0, 0],
        [0.2, 0.5],
        [1, 1],
      ] as [number, number][],
    };
    expect([0, 0.1, 0.2, 0.6, 1].map((s) => calibrate({ calibration: piecewise }, s))).toEqual([
      0, 0.25, 0.5, 0.75, 1,
    ]);
    const logistic = { kind: 'logistic' as const, slope: 2, intercept: -1 };
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (score) => {
        const shown = calibrate({ calibration: logistic }, score);
        expect(shown).toBeGreaterThanOrEqual(0);
        expect(shown).toBeLessThanOrEqual(1);
        expect(
          calibrate({ calibration: logistic }, Math.min(score + 0.01, 1)),
        ).toBeGreaterThanOrEqual(shown);
      }),
    );
    expect(calibrate({ calibration: logistic }, 0.5)).toBeCloseTo(1 / (1 + Math.E), 12);
  });

  it('are pooled', () => {
    const scores = [0.5, 0.1, 0.9, 0.2];
    expect(poolScores(scores, { kind: 'max' })).toBe(0.9);
    expect(poolScores(scores, { kind: 'mean-of-top', k: 2 })).toBeCloseTo(0.7);
    expect(poolScores(scores, { kind: 'mean-of-top', k: 9 })).toBeCloseTo(0.425);
    expect(poolScores([0.5, 0.5], { kind: 'noisy-or' })).toBeCloseTo(0.75);
    for (const kind of ['max', 'noisy-or'] as const) expect(poolScores([], { kind })).toBe(0);
  });
});

describe('the neighbours of a slice', () => {
  it('come in order, the ends standing in for missing ones, as soon as they are there', () => {
    const counts = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(12));
    fc.assert(
      fc.property(counts, ([before, after, length]) => {
        const window = new NeighbourWindow<number>({ before, after });
        const given: { group: number[]; item: number }[] = [];
        for (let i = 0; i < length; i += 1) {
          given.push(...window.push(i));
          expect(given).toHaveLength(Math.max(0, i + 1 - after));
        }
        given.push(...window.end());
        const clamp = (i: number) => Math.min(Math.max(i, 0), length - 1);
        expect(given).toEqual(
          Array.from({ length }, (_, item) => ({
            item,
            group: Array.from({ length: before + 1 + after }, (__, k) => clamp(item - before + k)),
          })),
        );
      }),
    );
  });
});
