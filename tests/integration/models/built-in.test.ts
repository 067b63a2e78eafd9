import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyseImage } from '#models/analysis/analyse-image.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import type { SourceImage } from '#models/preprocess/window.ts';
import { findModelFolders, readModelFolder } from '#models/registry/read-model-folder.ts';
import { joinStates } from '#models/registry/registered-model.ts';
import { BUILT_IN_MODELS, isUsable, runnableModel } from '#models/registry/registry.ts';
import { createRuntime, type Runtime } from '#models/runtime/runtime.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

/** A soft bright disc on a gradient: no radiograph, but the same for both sides. */
function drawImage(side: number, seed: number): SourceImage {
  const values = new Float32Array(side * side);
  const centre = side * (0.3 + 0.05 * seed);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const disc = Math.exp(-((x - centre) ** 2 + (y - centre) ** 2) / (side * 4));
      values[y * side + x] = Math.floor(40 + (60 * y) / side + 30 * Math.sin(x / 9) + 90 * disc);
    }
  }
  return { values, rows: side, columns: side, photometricInterpretation: 'MONOCHROME2' };
}

/** NumPy's .npy format, version 1.0: float32, row-major. */
function toNpy({ values, rows, columns }: SourceImage): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const padded = `${header.padEnd(117)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  const pixels = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    length,
    Buffer.from(padded),
    pixels,
  ]);
}

let runtime: Runtime;
beforeAll(() => {
  runtime = createRuntime({
    executionProviders: ['cpu'],
    processes: 1,
    threads: 1,
    timeoutMs: 60_000,
  });
});
afterAll(() => runtime.close());

async function open(folder: string) {
  const [model] = joinStates([await readModelFolder(folder)], new Map());
  if (model === undefined || !isUsable(model)) throw model?.problem ?? new Error('refused');
  return model;
}

async function analyse(folder: string, image: SourceImage, manifest: Manifest) {
  const model = await open(folder);
  const slice = { image, window: manifest.input.window };
  const run: Runtime['run'] = (...task) => runtime.run(...task);
  const { outcome } = await analyseImage(
    { manifest, runnable: runnableModel(model) },
    [slice],
    run,
  );
  return outcome;
}

/** Drawn images are no radiographs: only with the input check put aside do they get a score. */
async function scoreUnchecked(folder: string, image: SourceImage) {
  const { manifest } = await open(folder);
  const outcome = await analyse(folder, image, { ...manifest, inputCheck: undefined });
  if (outcome.kind === 'declined') throw new Error(outcome.reason);
  const [label] = outcome.result.labels;
  if (label === undefined) throw new Error('no label');
  return label;
}

const folders = await findModelFolders([BUILT_IN_MODELS]);

describe('the models that come with the product', () => {
  it('are there', () => {
    expect(folders.length).toBeGreaterThan(0);
  });

  it.each(folders)(
    '%s has its very file, loads, and gives a score and a heatmap',
    async (folder) => {
      const { score, heatmap } = await scoreUnchecked(folder, drawImage(300, 0));
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(heatmap?.values.length).toBeGreaterThan(0);
    },
  );
});

describe.skipIf(missingPython('torch', 'onnx', 'PIL'))('cxr-opacity', () => {
  const folder = join(BUILT_IN_MODELS, 'cxr-opacity');
  const images = [drawImage(768, 0), drawImage(500, 1), drawImage(1024, 2)];
  /** Score and atypicality of each image. */
  let theirs: number[][] = [];
  beforeAll(() => {
    const work = temporaryDirectory();
    const paths = images.map((_, i) => join(work.path, `${i}.npy`));
    for (const [i, image] of images.entries()) writeFileSync(paths[i] ?? '', toNpy(image));
    const script = join(folder, 'training/score.py');
    const run = spawnSync(PYTHON, [script, '--model', folder, '--atypicality', ...paths], {
      encoding: 'utf8',
    });
    work.remove();
    const lines = run.stdout.trim().split('\n').slice(1);
    expect(lines, run.stderr).toHaveLength(images.length);
    theirs = lines.map((line) => line.split(',').slice(1).map(Number));
  });

  it('scores as on the training side, within 1e-3', async () => {
    for (const [i, image] of images.entries()) {
      const ours = await scoreUnchecked(folder, image);
      expect(Math.abs(ours.score - (theirs[i]?.[0] ?? Number.NaN))).toBeLessThan(1e-3);
    }
  });

  it('refuses what is no radiograph, by the same measure as on the training side', async () => {
    const { manifest } = await open(folder);
    for (const [i, image] of images.entries()) {
      const outcome = await analyse(folder, image, manifest);
      if (outcome.kind !== 'declined') throw new Error('a drawn image got a score');
      const [, atypicality] = /does not resemble .*\(([\d.]+), at most/.exec(outcome.reason) ?? [];
      // Told to three digits.
      expect(Number(atypicality) / (theirs[i]?.[1] ?? Number.NaN)).toBeCloseTo(1, 2);
    }
  });
});
