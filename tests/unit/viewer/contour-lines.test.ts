import { describe, expect, it } from 'vitest';
import { contourLevels, contourLines } from '../../../viewer/src/reading/contour-lines.ts';
import { type Grid, sampleGrid } from '../../../viewer/src/reading/heatmap-raster.ts';

type Place = readonly [x: number, y: number];

function gridOf(width: number, height: number, value: (x: number, y: number) => number): Grid {
  const values = Array.from({ length: width * height }, (_, cell) =>
    value((cell % width) + 0.5, Math.floor(cell / width) + 0.5),
  );
  return { width, height, values };
}

function piecesOf(grid: Grid, level: number): (readonly [Place, Place])[] {
  const flat = contourLines(grid, level);
  return Array.from({ length: flat.length / 4 }, (_, piece) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = flat.slice(piece * 4, piece * 4 + 4);
    return [
      [x1, y1],
      [x2, y2],
    ] as const;
  });
}

/** How many pieces end at each place. */
function endsOf(pieces: readonly (readonly [Place, Place])[]): number[] {
  const ends = new Map<string, number>();
  for (const [from, to] of pieces) {
    // A piece without length, in a corner of the rim, leads nowhere.
    if (from[0] === to[0] && from[1] === to[1]) continue;
    for (const place of [from, to]) {
      const key = place.map((value) => value.toFixed(6)).join();
      ends.set(key, (ends.get(key) ?? 0) + 1);
    }
  }
  return [...ends.values()];
}

/** How often a ray to the right crosses lines: odd is inside. */
function isEnclosed(pieces: readonly (readonly [Place, Place])[], [x, y]: Place): boolean {
  const crossed = pieces.filter(([[x1, y1], [x2, y2]]) => {
    if (y1 > y === y2 > y) return false;
    return x1 + ((y - y1) / (y2 - y1)) * (x2 - x1) > x;
  });
  return crossed.length % 2 === 1;
}

const hill = gridOf(32, 24, (x, y) => Math.exp(-((x - 12) ** 2 + (y - 9) ** 2) / 50));

describe('contours of a heatmap', () => {
  it('lie where the interpolated score crosses the level', () => {
    const pieces = piecesOf(hill, 0.6);
    expect(pieces.length).toBeGreaterThan(20);
    for (const place of pieces.flat()) {
      expect(sampleGrid(hill, place[0], place[1])).toBeCloseTo(0.6, 2);
      const radius = Math.hypot(place[0] - 12, place[1] - 9);
      expect(Math.abs(radius - Math.sqrt(-50 * Math.log(0.6)))).toBeLessThan(0.1);
    }
  });

  it.each([
    ['a hill', hill],
    ['one that runs over the rim', gridOf(16, 16, (x, y) => (x + y) / 32)],
    ['two corners that touch', gridOf(2, 2, (x, y) => (x === y ? 0.9 : 0.1))],
    ['a single cell', gridOf(1, 1, () => 0.8)],
    [
      'noise',
      gridOf(9, 7, (x, y) => Math.abs(Math.sin(x * 12.9898 + y * 78.233) * 43758.5453) % 1),
    ],
  ])('close, and enclose what heat would colour: %s', (_, grid) => {
    const pieces = piecesOf(grid, 0.5);
    expect(pieces.length).toBeGreaterThan(0);
    expect(endsOf(pieces).every((count) => count % 2 === 0)).toBe(true);
    for (let y = 0.137; y < grid.height; y += 0.31) {
      for (let x = 0.113; x < grid.width; x += 0.31) {
        const score = sampleGrid(grid, x, y);
        if (Math.abs(score - 0.5) < 0.04) continue;
        expect(isEnclosed(pieces, [x, y]), `${x}, ${y}`).toBe(score >= 0.5);
      }
    }
  });

  it('outline a map that is above the level everywhere, and say nothing of one below it', () => {
    const full = gridOf(4, 3, () => 0.9);
    const xs = piecesOf(full, 0.5).flatMap((piece) => piece.map(([x]) => x));
    const ys = piecesOf(full, 0.5).flatMap((piece) => piece.map(([, y]) => y));
    expect([Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]).toEqual([
      0, 4, 0, 3,
    ]);
    expect(contourLines(full, 0.95)).toEqual([]);
    expect(
      contourLines(
        gridOf(4, 3, () => 0),
        0,
      ),
    ).toEqual([]);
  });

  it('are drawn at the threshold and half-way from it to 1', () => {
    expect(contourLevels(0.6)).toEqual([0.6, 0.8]);
  });
});
