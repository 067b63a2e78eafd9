import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { renderThumbnail } from '#dicom/images/render.ts';
import { createPixelDecoder, type PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { explainStudy } from '#inference/explain-study.ts';
import { triageStudy } from '#inference/triage-study.ts';
import type { Engine } from '#models/analysis/engine.ts';
import { openRegistry } from '#models/registry/registry.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { startTestEngine } from '#tests/support/engine.ts';
import {
  type ManifestInput,
  testManifest,
  writeModelFolder,
} from '#tests/support/onnx/model-folder.ts';
import { outputModels } from '#tests/support/onnx/output-models.ts';
import { scoresNetwork } from '#tests/support/onnx/output-networks.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { insertRun, insertStudy, spotImage, type TestImage } from './studies.ts';

const SIZE = 64;
const MODELS = outputModels(SIZE);
/** A bright square; the middle of it. */
const SPOT = { x: 40, y: 16, side: 8, value: 900 };
const MIDDLE = { x: 44, y: 20 };
const BRIGHT: TestImage = { modality: 'DX', values: spotImage(SPOT) };
const DARK: TestImage = { modality: 'DX', values: spotImage() };

let server: TestDatabase;
let engine: Engine;
let decoder: PixelDecoder;
let folder: ReturnType<typeof temporaryDirectory>;

beforeAll(async () => {
  server = await startTestDatabase();
  engine = startTestEngine();
  decoder = createPixelDecoder();
});
afterAll(async () => {
  await Promise.all([engine.close(), decoder.close()]);
  await server.stop();
});
beforeEach(() => {
  folder = temporaryDirectory();
});
afterEach(() => folder.remove());

function addModel(name: string, overrides: Partial<ManifestInput> = {}, network?: Buffer): void {
  const model = MODELS[name];
  if (model === undefined) throw new Error(`no model ${name}`);
  const all = { ...model.overrides, ...overrides };
  writeModelFolder(join(folder.path, 'models'), all, network ?? model.network);
}

/** Sends the images through every model that was added, all of them active. */
async function triage(...images: TestImage[]) {
  const { database } = server;
  await database.deleteFrom('modelState').execute();
  const registry = await openRegistry({ directories: [join(folder.path, 'models')], database });
  await registry.activateAll('test');
  const target = await insertStudy({ database, folder: folder.path }, { images });
  const blobs = {
    pathOf: (path: string) => join(folder.path, path),
    put: async (bytes: Uint8Array) => {
      writeFileSync(join(folder.path, 'thumbnail'), bytes);
      return 'thumbnail';
    },
  };
  const logger = createLogger({ level: 'silent', process: 'test' });
  const shared = { database, registry, blobs, logger };
  const job = await insertRun(database, target);
  await triageStudy(job, {
    ...shared,
    ...{ engine, jobTimeoutMs: 60_000 },
    renderThumbnail: (frame) => renderThumbnail(frame, { maxSize: 32 }),
    rule: loadPriorityRule(),
  });
  // The stage after the result, for models that explain nothing themselves.
  await explainStudy(job, { ...shared, decoder, runtime: engine.runtime }, true);
  const { studyKey, sopInstanceUids } = target;
  const study = await database
    .selectFrom('study')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .executeTakeFirstOrThrow();
  const models = await database
    .selectFrom('modelRun')
    .innerJoin('analysisRun', 'analysisRun.runKey', 'modelRun.runKey')
    .selectAll('modelRun')
    .where('analysisRun.studyKey', '=', studyKey)
    .orderBy('modelRun.modelId')
    .execute();
  const of = { studyKey };
  const findings = await database
    .selectFrom('finding')
    .selectAll()
    .where('studyKey', '=', of.studyKey)
    .orderBy('score', 'desc')
    .execute();
  const heatmaps = await database
    .selectFrom('heatmap')
    .selectAll()
    .where('studyKey', '=', of.studyKey)
    .orderBy('peak', 'desc')
    .execute();
  return { study, models, findings, heatmaps, sopInstanceUids };
}

type Triaged = Awaited<ReturnType<typeof triage>>;

function covers(finding: Triaged['findings'][number] | undefined, at: { x: number; y: number }) {
  if (finding === undefined) return false;
  const { boxX, boxY, boxWidth, boxHeight } = finding;
  return at.x > boxX && at.x < boxX + boxWidth && at.y > boxY && at.y < boxY + boxHeight;
}

/** The middle of the cells that reach half of the peak, in source pixels. */
function centreOf(heatmap: Triaged['heatmaps'][number] | undefined) {
  if (heatmap === undefined) throw new Error('no heatmap');
  const { width, height, values, scaleX, scaleY, originX, originY, peak } = heatmap;
  let [x, y, count] = [0, 0, 0];
  for (let i = 0; i < width * height; i += 1) {
    if (values.readFloatLE(i * 4) < peak / 2) continue;
    x += ((i % width) + 0.5) * scaleX + originX;
    y += (Math.floor(i / width) + 0.5) * scaleY + originY;
    count += 1;
  }
  return { x: x / count, y: y / count };
}

describe('a model of each output kind, brought as a folder', () => {
  it.each(['heatmap', 'mask', 'features', 'explained'])(
    '%s marks a bright square where it is, and nothing in a dark image',
    async (name) => {
      addModel(name);
      const { study, models, findings, heatmaps } = await triage(BRIGHT);
      expect(models).toMatchObject([{ modelId: name, outcome: 'analysed', flagged: true }]);
      expect(study).toMatchObject({ flagged: true, flaggedLabels: ['Bright spot'] });
      const origins: Record<string, string> = {
        features: 'class-activation',
        explained: 'occlusion',
      };
      expect(heatmaps).toMatchObject([{ label: 'Bright spot', origin: origins[name] ?? 'model' }]);
      const centre = centreOf(heatmaps[0]);
      expect(Math.hypot(centre.x - MIDDLE.x, centre.y - MIDDLE.y)).toBeLessThan(4);
      // An explanation shows what the score rests on; it marks no finding.
      expect(findings).toHaveLength(name === 'explained' ? 0 : 1);
      if (name !== 'explained') expect(covers(findings[0], MIDDLE)).toBe(true);
      const dark = await triage(DARK);
      expect(dark.study).toMatchObject({ status: 'analysed', flagged: false, flaggedLabels: [] });
      expect([dark.findings, dark.heatmaps]).toEqual([[], []]);
    },
    120_000,
  );

  it.each(['yolo-v5', 'yolo-v8', 'yolox', 'detr'])(
    '%s boxes a bright square, and nothing in a dark image',
    async (name) => {
      addModel(name);
      const { models, findings, heatmaps } = await triage(BRIGHT);
      expect(models).toMatchObject([{ modelId: name, outcome: 'analysed', flagged: true }]);
      expect(heatmaps).toEqual([]);
      expect(findings).toHaveLength(1);
      const [{ boxX, boxY, boxWidth, boxHeight, label, code } = {}] = findings;
      expect(
        [boxX, boxY, boxWidth, boxHeight].map((side) => Math.round((side ?? 0) * 1e3) / 1e3),
      ).toEqual([SPOT.x, SPOT.y, SPOT.side, SPOT.side]);
      expect({ label, code }).toMatchObject({ label: 'Bright spot', code: { value: 'BRIGHT' } });
      const dark = await triage(DARK);
      expect(dark.study).toMatchObject({ status: 'analysed', flagged: false });
    },
    60_000,
  );

  it('stores score, threshold and flag of each label, and what stands out most for the model', async () => {
    addModel('scores');
    const { models, findings, heatmaps } = await triage(BRIGHT);
    const [run] = models;
    expect(run?.labelScores).toMatchObject([
      { id: 'dark', code: { value: 'DARK' }, threshold: 1, flagged: false },
      { id: 'bright-spot', code: { value: 'BRIGHT' }, threshold: 0.5, flagged: true },
    ]);
    const [dark, bright] = run?.labelScores ?? [];
    expect(bright?.score).toBeGreaterThan(0.99);
    expect((dark?.score ?? 1) + (bright?.score ?? 1)).toBeCloseTo(1, 6);
    expect(run).toMatchObject({ score: bright?.score, threshold: 0.5, flagged: true });
    expect([findings, heatmaps]).toEqual([[], []]);
  });

  it('fails, and says why, when the network gives what its manifest does not say', async () => {
    addModel('heatmap', { outputs: [{ kind: 'mask', name: 'heatmaps', activation: 'none' }] });
    const failure = await triage(BRIGHT).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringMatching(/output heatmaps holds values outside 0 to 1/),
    });
  });
});

describe('the input check', () => {
  it('declines an image that does not resemble what the model was made for, with the reason', async () => {
    addModel('atypicality');
    expect((await triage(BRIGHT)).models).toMatchObject([{ outcome: 'analysed', flagged: true }]);
    const white: TestImage = { modality: 'DX', values: new Uint16Array(SIZE * SIZE).fill(950) };
    const { study, models } = await triage(white);
    expect(models).toMatchObject([{ outcome: 'declined', score: null, labelScores: [] }]);
    expect(study.status).toBe('not-analysed');
    expect(study.statusReason).toMatch(/outside intended use: .*does not resemble.*0\.950/);
    expect(study.score).toBeNull();
    const { models: mixed } = await triage(white, BRIGHT);
    expect(mixed).toMatchObject([
      {
        outcome: 'analysed',
        images: 1,
        reason: expect.stringMatching(/^1 of 2 image\(s\) not analysed: outside intended use/),
      },
    ]);
  });

  it('declines by the pixels before anything runs', async () => {
    addModel('scores', {
      inputCheck: { pixels: { minimumDistinctValues: 2, minimumRows: 60, maximumMean: 0.9 } },
    });
    const { study, models } = await triage(DARK);
    expect(study.statusReason).toMatch(/outside intended use: the image has only 1 different/);
    expect(models).toMatchObject([{ outcome: 'declined', provider: null }]);
    const low: TestImage = { ...BRIGHT, values: BRIGHT.values.subarray(0, 32 * SIZE), rows: 32 };
    expect((await triage(low)).study.statusReason).toMatch(/only 32 x 64 pixels/);
    expect((await triage(BRIGHT)).study.status).toBe('analysed');
  });
});

describe('a stack of slices', () => {
  /** A spot on the slice at 20 mm; by instance number it would lie at an end. */
  const HEIGHTS = [20, 0, 40, 10, 30];
  const stack = HEIGHTS.map(
    (height): TestImage => ({
      modality: 'CT',
      height,
      values: height === 20 ? BRIGHT.values : DARK.values,
    }),
  );
  const stacks: ManifestInput['select'] = {
    level: 'series',
    all: [{ attribute: 'Modality', in: ['CT'] }],
  };

  it.each([
    ['max', { kind: 'max' }, (spot: number) => spot],
    ['the mean of the three highest', { kind: 'mean-of-top', k: 3 }, (spot: number) => spot / 3],
    ['noisy or', { kind: 'noisy-or' }, (spot: number) => spot],
  ] as const)('is scored slice by slice and pooled by %s', async (_, pooling, expected) => {
    addModel('heatmap', {
      pooling,
      select: { ...stacks, minimumSlices: 5 },
    });
    const { models, findings, sopInstanceUids } = await triage(...stack);
    expect(models).toMatchObject([{ outcome: 'analysed', images: 5 }]);
    expect(models[0]?.score).toBeCloseTo(expected(1 / (1 + Math.exp(-8))), 2);
    const isFlagged = models[0]?.flagged === true;
    expect(isFlagged).toBe(pooling.kind !== 'mean-of-top');
    if (!isFlagged) return;
    expect(findings).toMatchObject([{ sopInstanceUid: sopInstanceUids[0] }]);
    expect(covers(findings[0], MIDDLE)).toBe(true);
  });

  it('is declined when it has too few slices', async () => {
    addModel('heatmap', { select: { ...stacks, minimumSlices: 5 } });
    const { study, models } = await triage(...stack.slice(0, 3));
    expect(models).toMatchObject([{ outcome: 'declined' }]);
    expect(study.statusReason).toMatch(/outside intended use: series of fewer than 5 slices/);
  });

  it('gives each slice its neighbours as channels, in order of position', async () => {
    // Weighed so that only a slice whose lower neighbour holds the spot reaches its threshold.
    const normalise = { mean: [0, 1, 1], std: [1 / 3, 1e6, 1e6] };
    const input = {
      ...testManifest().input,
      channels: 3,
      slices: { before: 1, after: 1 },
      normalise,
    };
    const spatial = {
      select: stacks,
      outputs: [
        { kind: 'scores', name: 'logits', activation: 'softmax' },
      ] as ManifestInput['outputs'],
    };
    addModel('explained', { ...spatial, input }, scoresNetwork(SIZE, 3));
    const { heatmaps, models, sopInstanceUids } = await triage(...stack);
    expect(models).toMatchObject([{ outcome: 'analysed', flagged: true, images: 5 }]);
    // The spot lies at 20 mm: the slice above it, at 30 mm, sees it in its first channel.
    expect(heatmaps).toMatchObject([{ sopInstanceUid: sopInstanceUids[HEIGHTS.indexOf(30)] }]);
    const centre = centreOf(heatmaps[0]);
    expect(Math.hypot(centre.x - MIDDLE.x, centre.y - MIDDLE.y)).toBeLessThan(4);
  }, 120_000);
});

describe('a large mammogram', () => {
  const ROWS = 1200;
  const COLUMNS = 900;
  const values = new Uint16Array(ROWS * COLUMNS);
  // The breast takes the left half; the rest is black. A spot of 12 x 12 pixels.
  for (let y = 0; y < ROWS; y += 1) values.fill(100, y * COLUMNS, y * COLUMNS + COLUMNS / 2);
  const spot = { x: 301, y: 733, side: 12 };
  for (let y = spot.y; y < spot.y + spot.side; y += 1) {
    values.fill(950, y * COLUMNS + spot.x, y * COLUMNS + spot.x + spot.side);
  }
  const image: TestImage = { modality: 'MG', values, rows: ROWS, columns: COLUMNS };
  const middle = { x: spot.x + spot.side / 2, y: spot.y + spot.side / 2 };

  it.each(['heatmap', 'mask', 'yolo-v8'])(
    'is seen in tiles by %s, which marks a spot that the whole would lose',
    async (name) => {
      const select: ManifestInput['select'] = {
        level: 'image',
        all: [{ attribute: 'Modality', in: ['MG'] }],
      };
      const whole = { ...testManifest().input };
      addModel(name, { select, input: whole });
      expect((await triage(image)).models).toMatchObject([{ outcome: 'analysed', flagged: false }]);
      addModel(name, { select, input: { ...whole, tiles: { size: [64, 64], overlap: 0.25 } } });
      const { models, findings, heatmaps } = await triage(image);
      expect(models).toMatchObject([{ outcome: 'analysed', flagged: true, images: 1 }]);
      expect(findings.length).toBeGreaterThan(0);
      expect(covers(findings[0], middle)).toBe(true);
      for (const { boxX, boxY } of findings) {
        expect(Math.hypot(boxX - spot.x, boxY - spot.y)).toBeLessThan(24);
      }
      if (name === 'yolo-v8') return;
      const centre = centreOf(heatmaps[0]);
      expect(Math.hypot(centre.x - middle.x, centre.y - middle.y)).toBeLessThan(8);
      expect(Math.max(heatmaps[0]?.width ?? 0, heatmaps[0]?.height ?? 0)).toBeLessThanOrEqual(512);
    },
    120_000,
  );
});
