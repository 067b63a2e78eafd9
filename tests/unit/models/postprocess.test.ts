import { describe, expect, it } from 'vitest';
import { parseManifest } from '#models/manifest/schema.ts';
import { findComponents } from '#models/postprocess/components.ts';
import { readImage } from '#models/postprocess/read-image.ts';
import { readOutputs } from '#models/postprocess/read-outputs.ts';
import { prepareImage } from '#models/preprocess/preprocess.ts';
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

function preparedOf(rows: number, columns: number) {
  const values = new Float32Array(rows * columns);
  const image = { values, rows, columns, photometricInterpretation: 'MONOCHROME2' } as const;
  return prepareImage([{ image, window: manifest.input.window }], manifest.input);
}

function read(score: number, map: Float32Array) {
  const [label] = readImage(manifest, preparedOf(50, 100), [outputsOf(score, map)]).labels;
  if (label === undefined) throw new Error('no label');
  return label;
}

describe('reading the outputs of a network', () => {
  it('gives boxes in source pixels, clipped to the image', () => {
    const map = new Float32Array(64);
    // Rows 1 and 2 of column 0: row 1 lies over the padding above a 50 x 100 image.
    map[8] = 0.9;
    map[16] = 0.7;
    const { boxes, heatmap: kept } = read(0.9, map);
    expect(boxes).toHaveLength(1);
    const [box] = boxes;
    expect(box?.box.map((side) => Math.round(side * 1000) / 1000)).toEqual([0, 0, 12.5, 12.5]);
    expect(box?.score).toBeCloseTo(0.9);
    expect(kept?.peak).toBeCloseTo(0.9);
  });

  it('drops a component that lies over padding alone', () => {
    const map = new Float32Array(64);
    map[0] = 0.9;
    expect(read(0.9, map).boxes).toEqual([]);
  });

  it('refuses what is no score or no heatmap', () => {
    const map = new Float32Array(64);
    expect(() => read(Number.NaN, map)).toThrow(/output score holds values that are no numbers/);
    expect(() => read(1.5, map)).toThrow(/output score holds values outside 0 to 1/);
    expect(() => readOutputs({}, manifest)).toThrow(/output score is missing/);
    map[3] = -1;
    expect(() => read(0.5, map)).toThrow(/heatmap holds values outside 0 to 1/);
  });
});
