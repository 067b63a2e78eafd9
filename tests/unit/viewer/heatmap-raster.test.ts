import { describe, expect, it } from 'vitest';
import { colourOf } from '../../../viewer/src/reading/colour-maps.ts';
import {
  paintHeatmap,
  rasterFactor,
  sampleGrid,
} from '../../../viewer/src/reading/heatmap-raster.ts';

describe('sampling a heatmap', () => {
  const grid = { width: 2, height: 2, values: [0, 1, 0.5, 0.25] };

  it('gives each cell its own value in its middle', () => {
    expect(sampleGrid(grid, 0.5, 0.5)).toBe(0);
    expect(sampleGrid(grid, 1.5, 0.5)).toBe(1);
    expect(sampleGrid(grid, 0.5, 1.5)).toBe(0.5);
    expect(sampleGrid(grid, 1.5, 1.5)).toBe(0.25);
  });

  it('is bilinear between, and flat beyond the outer middles', () => {
    expect(sampleGrid(grid, 1, 0.5)).toBeCloseTo(0.5);
    expect(sampleGrid(grid, 1, 1)).toBeCloseTo(0.4375);
    expect(sampleGrid(grid, 0, 0)).toBe(0);
    expect(sampleGrid(grid, 2, 0)).toBe(1);
  });
});

describe('painting a heatmap', () => {
  const grid = { width: 4, height: 2, values: [0, 0.2, 0.6, 0.9, 0, 0.1, 0.5, 0.8] };

  it('is clear below the threshold and opaque, in the colour of the score, from it up', () => {
    const { width, height, pixels } = paintHeatmap(grid, 0.5, 'viridis');
    const factor = rasterFactor(grid);
    expect([width, height]).toEqual([4 * factor, 2 * factor]);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const score = sampleGrid(grid, (column + 0.5) / factor, (row + 0.5) / factor);
        const place = (row * width + column) * 4;
        const [red, green, blue, alpha] = pixels.subarray(place, place + 4);
        if (score < 0.5) expect(alpha).toBe(0);
        else expect([red, green, blue, alpha]).toEqual([...colourOf(score, 'viridis'), 255]);
      }
    }
  });

  it('paints nothing where the model gave nothing, even at threshold 0', () => {
    const { pixels } = paintHeatmap({ width: 1, height: 1, values: [0] }, 0, 'inferno');
    expect(pixels.every((value) => value === 0)).toBe(true);
  });

  it('keeps large heatmaps as they are', () => {
    expect(rasterFactor({ width: 1024, height: 900, values: [] })).toBe(1);
  });
});
