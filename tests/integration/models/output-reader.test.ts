import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, describe, expect, it } from 'vitest';
import { createOutputReader, type OutputReader } from '#models/analysis/output-reader.ts';
import { parseManifest } from '#models/manifest/schema.ts';
import { readImage } from '#models/postprocess/read-image.ts';
import { prepareImage } from '#models/preprocess/preprocess.ts';
import { testManifest } from '#tests/support/onnx/model-folder.ts';

const manifest = parseManifest(JSON.stringify(testManifest()), 'manifest.json');
let reader: OutputReader | undefined;

afterEach(async () => reader?.close());

function partsOf(rows: number, columns: number) {
  const values = new Float32Array(rows * columns);
  const image = { values, rows, columns, photometricInterpretation: 'MONOCHROME2' } as const;
  return prepareImage([{ image, window: manifest.input.window }], manifest.input).parts;
}

const parts = partsOf(50, 100);

function outputsOf(score: number, side = 8) {
  const data = Float32Array.from({ length: side * side }, (_, i) => (i % 7) / 8);
  return {
    score: { data: Float32Array.of(score), dims: [1] },
    heatmap: { data, dims: [1, 1, side, side] },
  };
}

describe('a reader of outputs', () => {
  it('gives what reading in this thread gives, for many images at once', async () => {
    reader = createOutputReader(2);
    const scores = Array.from({ length: 12 }, (_, i) => i / 12);
    const read = reader;
    const results = await Promise.all(
      scores.map((score) => read.read(manifest, { parts, outputs: [outputsOf(score)] })),
    );
    expect(results).toEqual(
      scores.map((score) => readImage(manifest, { parts }, [outputsOf(score)])),
    );
  });

  it('leaves alone what shares its memory, as the images of a batch do', async () => {
    reader = createOutputReader(1);
    const together = new Float32Array(128).fill(0.25).fill(0.75, 64);
    const of = (i: number) => ({
      score: { data: Float32Array.of(0.5), dims: [1] },
      heatmap: { data: together.subarray(64 * i, 64 * (i + 1)), dims: [1, 1, 8, 8] },
    });
    const first = await reader.read(manifest, { parts, outputs: [of(0)] });
    const second = await reader.read(manifest, { parts, outputs: [of(1)] });
    expect([first, second].map(({ labels }) => labels[0]?.heatmap?.peak)).toEqual([0.25, 0.75]);
  });

  it('refuses with the code and words of readImage, and reads on', async () => {
    reader = createOutputReader(1);
    const bad = reader.read(manifest, { parts, outputs: [outputsOf(1.5)] });
    await expect(bad).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      retryable: true,
      message: expect.stringContaining('outside 0 to 1'),
    });
    const good = await reader.read(manifest, { parts, outputs: [outputsOf(0.5)] });
    expect(good.labels[0]?.score).toBe(0.5);
  });

  it('starts anew after its thread has ended, and what was under way is told so', async () => {
    reader = createOutputReader(1);
    await reader.read(manifest, { parts, outputs: [outputsOf(0.5)] });
    const cut = reader.read(manifest, { parts, outputs: [outputsOf(0.5, 2048)] });
    const told = expect(cut).rejects.toMatchObject({ code: 'INTERNAL' });
    await reader.close();
    await told;
    const again = await reader.read(manifest, { parts, outputs: [outputsOf(0.25)] });
    expect(again.labels[0]?.score).toBe(0.25);
  });

  it('leaves the event loop free while a map of many megapixels is read', async () => {
    reader = createOutputReader(1);
    const large = partsOf(4096, 4096);
    await reader.read(manifest, { parts, outputs: [outputsOf(0.5)] });
    const outputs = [outputsOf(0.5, 4096)];
    const begin = performance.now();
    readImage(manifest, { parts: large }, outputs);
    const blocked = performance.now() - begin;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await reader.read(manifest, { parts: large, outputs });
    delay.disable();
    expect(delay.max / 1e6).toBeLessThan(blocked / 2);
  });
});
