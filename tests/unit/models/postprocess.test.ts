import { describe, expect, it } from 'vitest';
import { parseManifest } from '#models/manifest/schema.ts';
import { findComponents } from '#models/postprocess/components.ts';
import { readOutputs } from '#models/postprocess/read-outputs.ts';
import { testManifest } from '#tests/support/onnx/model-folder.ts';

function heatmap(...lines: string[]) {
  const rows = lines.map((line) => [...line].map((digit) => Number(digit) / 10));
  return {
    values: Float32Array.from(rows.flat()),
    rows: rows.length,
    columns: rows[0]?.length ?? 0,
  };
}

describe('components of a heatmap', () => {
  it('join by sides, not by corners, the highest peak first', () => {
    const found = findComponents(heatmap('60000', '06800', '00700', '00009'), {
      threshold: 0.55,
      minimumCells: 1,
    });
    expect(
      found.map(({ left, top, right, bottom, cells }) => [left, top, right, bottom, cells]),
    ).toEqual([
      [4, 3, 5, 4, 1],
      [1, 1, 3, 3, 3],
      [0, 0, 1, 1, 1],
    ]);
    expect(found[1]?.peak).toBeCloseTo(0.8);
  });

  it('leave out what has too few cells, and do not wrap around the edge', () => {
    const found = findComponents(heatmap('006', '600'), { threshold: 0.5, minimumCells: 2 });
    expect(found).toEqual([]);
  });
});

const manifest = parseManifest(JSON.stringify(testManifest()), 'manifest.json');

function outputsOf(score: number, map: Float32Array) {
  return {
    score: { data: Float32Array.of(score), dims: [1] },
    heatmap: { data: map, dims: [1, 1, 8, 8] },
  };
}

describe('reading the outputs of a network', () => {
  it('gives boxes in source pixels, clipped to the image', () => {
    const map = new Float32Array(64);
    // Rows 1 and 2 of column 0: row 1 lies over the padding above a 50 x 100 image.
    map[8] = 0.9;
    map[16] = 0.7;
    const result = readOutputs(outputsOf(0.9, map), manifest, { rows: 50, columns: 100 });
    expect(result.boxes).toHaveLength(1);
    const [box] = result.boxes;
    expect(box?.box.map((side) => Math.round(side * 1000) / 1000)).toEqual([0, 0, 12.5, 12.5]);
    expect(box?.score).toBeCloseTo(0.9);
    expect(result.heatmap?.peak).toBeCloseTo(0.9);
  });

  it('drops a component that lies over padding alone', () => {
    const map = new Float32Array(64);
    map[0] = 0.9;
    const result = readOutputs(outputsOf(0.9, map), manifest, { rows: 50, columns: 100 });
    expect(result.boxes).toEqual([]);
  });

  it('refuses what is no score or no heatmap', () => {
    const source = { rows: 8, columns: 8 };
    const map = new Float32Array(64);
    expect(() => readOutputs(outputsOf(Number.NaN, map), manifest, source)).toThrow(/score/);
    expect(() => readOutputs(outputsOf(1.5, map), manifest, source)).toThrow(/score/);
    expect(() => readOutputs({}, manifest, source)).toThrow(/score/);
    map[3] = -1;
    expect(() => readOutputs(outputsOf(0.5, map), manifest, source)).toThrow(/outside 0 to 1/);
  });
});
