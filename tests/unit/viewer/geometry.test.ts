import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Affine,
  affineFromPoints,
  applyAffine,
  boxCorners,
  boxFromDrag,
  dragBox,
  heatmapToCanvas,
  invertAffine,
} from '../../../viewer/src/reading/geometry.ts';

const SIZE = { columns: 200, rows: 100 };

describe('affine maps of the image to the canvas', () => {
  it('goes through the three points that fix it', () => {
    const map = affineFromPoints([10, 20], [12, 20], [10, 23]);
    expect(applyAffine(map, [0, 0])).toEqual([10, 20]);
    expect(applyAffine(map, [1, 0])).toEqual([12, 20]);
    expect(applyAffine(map, [0, 1])).toEqual([10, 23]);
    expect(applyAffine(map, [5, 5])).toEqual([20, 35]);
  });

  it('is undone by its inverse, whatever rotation, flip and scale', () => {
    const number = fc.double({ min: -50, max: 50, noNaN: true });
    const angle = fc.double({ min: 0, max: 6.28, noNaN: true });
    const scale = fc.double({ min: 0.05, max: 20, noNaN: true });
    fc.assert(
      fc.property(angle, scale, fc.boolean(), number, number, (turn, zoom, flip, x, y) => {
        const side = flip ? -1 : 1;
        const map: Affine = {
          a: Math.cos(turn) * zoom * side,
          b: Math.sin(turn) * zoom * side,
          c: -Math.sin(turn) * zoom,
          d: Math.cos(turn) * zoom,
          e: 300,
          f: -40,
        };
        const inverse = invertAffine(map);
        if (inverse === null) throw new Error('the map has an inverse');
        const [backX, backY] = applyAffine(inverse, applyAffine(map, [x, y]));
        expect(backX).toBeCloseTo(x, 6);
        expect(backY).toBeCloseTo(y, 6);
      }),
    );
  });

  it('has no inverse when the viewport has no size', () => {
    expect(invertAffine({ a: 0, b: 0, c: 0, d: 0, e: 1, f: 1 })).toBeNull();
  });

  it('maps heatmap cells by way of source pixels', () => {
    const toCanvas = affineFromPoints([100, 50], [100, 52], [98, 50]);
    const transform = { scaleX: 16, scaleY: 8, originX: 4, originY: 2 };
    const cells = heatmapToCanvas(toCanvas, transform);
    const source: [number, number] = [3 * 16 + 4, 5 * 8 + 2];
    expect(applyAffine(cells, [3, 5])).toEqual(applyAffine(toCanvas, source));
  });

  it('gives the corners of a box in order around it', () => {
    const map = affineFromPoints([0, 0], [2, 0], [0, 2]);
    expect(boxCorners(map, [1, 2, 3, 4])).toEqual([
      [2, 4],
      [8, 4],
      [8, 12],
      [2, 12],
    ]);
  });
});

describe('boxes drawn by hand', () => {
  it('spans the drag in any direction', () => {
    expect(boxFromDrag([50, 60], [20, 10], SIZE)).toEqual([20, 10, 30, 50]);
  });

  it('stays inside the image', () => {
    expect(boxFromDrag([-30, 40], [500, 500], SIZE)).toEqual([0, 40, 200, 60]);
  });

  it('takes a click for no box', () => {
    expect(boxFromDrag([50, 50], [52, 90], SIZE)).toBeNull();
  });

  it('moves whole and stops at the edge', () => {
    expect(dragBox([10, 10, 30, 20], 'move', [5.04, -3], SIZE)).toEqual([15, 7, 30, 20]);
    expect(dragBox([10, 10, 30, 20], 'move', [500, 500], SIZE)).toEqual([170, 80, 30, 20]);
  });

  it('resizes by a corner, the opposite one standing still', () => {
    expect(dragBox([10, 10, 30, 20], 'se', [10, 5], SIZE)).toEqual([10, 10, 40, 25]);
    expect(dragBox([10, 10, 30, 20], 'nw', [5, 5], SIZE)).toEqual([15, 15, 25, 15]);
    expect(dragBox([10, 10, 30, 20], 'ne', [10, -10], SIZE)).toEqual([10, 0, 40, 30]);
    expect(dragBox([10, 10, 30, 20], 'sw', [-10, 10], SIZE)).toEqual([0, 10, 40, 30]);
  });

  it('never leaves the image nor loses its size, whatever the drag', () => {
    const step = fc.double({ min: -400, max: 400, noNaN: true });
    const grips = fc.constantFrom('move', 'nw', 'ne', 'se', 'sw');
    fc.assert(
      fc.property(grips, step, step, (grip, dx, dy) => {
        const [x, y, width, height] = dragBox([40, 30, 50, 40], grip, [dx, dy], SIZE);
        expect(x).toBeGreaterThanOrEqual(0);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(SIZE.columns + 0.1);
        expect(y + height).toBeLessThanOrEqual(SIZE.rows + 0.1);
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(4);
      }),
    );
  });
});
