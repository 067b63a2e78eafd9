import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { mapOverInput } from '#models/analysis/map-over-input.ts';
import { AS_STORED } from '#models/preprocess/orientation.ts';
import { cellTransform, type InputPlace, mapToStored } from '#models/preprocess/place.ts';
import { faithfulnessSchema } from '#quality/evaluation/faithfulness-schema.ts';
import { faithfulnessFigures } from '#quality/evaluation/figures/faithfulness.ts';
import { judgementKey, openJudgedMaps } from '#quality/evaluation/judged-map.ts';

const curves = (deletion: number[], insertion: number[]) => ({ deletion, insertion });

/** A map that is better than random by `gain` at each inner step. */
function judged(cluster: number, gain: number) {
  const random = curves([0.9, 0.5, 0.1], [0.1, 0.5, 0.9]);
  const map = curves([0.9, 0.5 - gain, 0.1], [0.1, 0.5 + gain, 0.9]);
  return { cluster, curves: { map, centre: random, random } };
}

const SETTINGS = { origin: 'own', flagged: 20, repeats: 200, seed: 1 } as const;

describe('the figures of heatmaps', () => {
  it('are mean areas under the curves, with intervals from resampled patients', () => {
    const gains = [0.1, 0.2, 0.1, 0.4, 0.2, 0.2];
    const cases = [...gains.map((gain, i) => judged(7 * i, gain)), { cluster: 99, curves: null }];
    const found = faithfulnessFigures({ ...SETTINGS, judged: cases });
    expect(faithfulnessSchema.parse(found)).toMatchObject({
      ...{ images: 6, patients: 6, withoutMap: 1, flagged: 20, fractions: [0, 0.5, 1] },
    });
    // The inner step stands for half of the area: by trapezoids 0.25 x 0.9 + 0.5 x inner + 0.25 x 0.1.
    expect(found?.maps[0]?.deletion.estimate).toBeCloseTo(0.25 + 0.5 * 0.3, 12);
    expect(found?.maps[0]?.insertionLessRandom?.estimate).toBeCloseTo(0.1, 12);
    const [low = 0, high = 0] = found?.maps[0]?.deletionLessRandom?.interval ?? [];
    expect(low).toBeLessThan(-0.1);
    expect(high).toBeGreaterThan(-0.1);
    expect(high).toBeLessThan(0);
    expect(found?.maps[1]?.deletionLessRandom).toEqual({ estimate: 0, interval: [0, 0] });
    expect(found?.maps[2]).toMatchObject({ name: 'random', deletionLessRandom: null });
    expect(found?.curves.deletion.map[1]).toBeCloseTo(0.3, 12);
  });

  it('weigh a patient by the images, and tell no interval of few patients', () => {
    const cases = [judged(0, 0.1), judged(0, 0.3), judged(1, 0.5)];
    const found = faithfulnessFigures({ ...SETTINGS, judged: cases });
    expect(found).toMatchObject({ images: 3, patients: 2 });
    expect(found?.maps[0]?.insertionLessRandom?.estimate).toBeCloseTo(0.15, 12);
    expect(found?.maps[0]?.insertionLessRandom?.interval).toBeNull();
  });

  it('are none where there was no map', () => {
    expect(faithfulnessFigures({ ...SETTINGS, judged: [{ cluster: 0, curves: null }] })).toBeNull();
  });
});

describe('what was judged', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-judged-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const parts = { recordKey: 'a', labelId: 'b', explanation: undefined, steps: 16, seed: 1 };
  const { curves: some } = judged(0, 0.2);

  it('is kept under all that decides about it, and survives a torn line', async () => {
    const key = judgementKey(parts);
    const others = [
      { ...parts, recordKey: 'c' },
      { ...parts, labelId: 'c' },
      { ...parts, explanation: { method: 'rise', budgetMs: 1 } },
      { ...parts, seed: 2 },
    ].map(judgementKey);
    expect(new Set([key, ...others]).size).toBe(5);
    const file = await openJudgedMaps(folder, { again: false });
    await file.append({ key, curves: some });
    await file.append({ key: others[0] ?? '', curves: null });
    await file.close();
    const path = join(folder, 'faithfulness.ndjson');
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"key":"`);
    const again = await openJudgedMaps(folder, { again: false });
    expect(again.lines).toEqual([
      { key, curves: some },
      { key: others[0], curves: null },
    ]);
    await again.close();
    expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
    const anew = await openJudgedMaps(folder, { again: true });
    expect(anew.lines).toEqual([]);
    await anew.close();
  });
});

describe('a map over the image as stored, brought back over the input', () => {
  const cells = { rows: 3, columns: 4 };
  const map = { ...cells, values: Float32Array.from({ length: 12 }, (_, i) => i + 1) };
  const letterboxed: InputPlace = {
    ...{ input: { rows: 30, columns: 40 }, source: { rows: 200, columns: 300 } },
    ...{ orientation: AS_STORED, scaleX: 8, scaleY: 8, originX: -10, originY: -20 },
  };

  it.each([
    AS_STORED,
    { transpose: true, flipX: false, flipY: true },
    { transpose: false, flipX: true, flipY: true },
    { transpose: true, flipX: true, flipY: false },
  ])('is the map that the network made, however the image was turned: %j', (orientation) => {
    const place = { ...letterboxed, orientation };
    const stored = mapToStored({ ...map, transform: cellTransform(place, cells) }, place);
    expect(mapOverInput(stored, place)).toEqual(map);
  });

  it('is that of the tile, and 0 where the map does not reach', () => {
    const stored = { ...map, transform: { scaleX: 10, scaleY: 10, originX: 0, originY: 0 } };
    // The lower right quarter, and a column and a row beyond.
    const tile: InputPlace = {
      ...{ input: { rows: 4, columns: 6 }, source: { rows: 30, columns: 40 } },
      ...{ orientation: AS_STORED, scaleX: 5, scaleY: 5, originX: 20, originY: 20 },
    };
    expect(mapOverInput(stored, tile)).toEqual({
      rows: 2,
      columns: 3,
      values: Float32Array.from([11, 12, 0, 0, 0, 0]),
    });
  });
});
