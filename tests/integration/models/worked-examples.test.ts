import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputNames } from '#models/manifest/outputs.ts';
import { readModelFolder } from '#models/registry/read-model-folder.ts';
import type { OutputTensor } from '#models/runtime/messages.ts';
import { createRuntime, type Runtime } from '#models/runtime/runtime.ts';
import { missingPython } from '#tests/support/python.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import {
  convertExample,
  EXAMPLE_DOCS as DOCS,
  runPython,
  STAND_INS,
} from '#tests/support/worked-examples.ts';

/** Torch takes seconds to start, and longer on a machine that has other work. */
const PATIENCE_MS = 300_000;

let work: ReturnType<typeof temporaryDirectory>;
let runtime: Runtime;
beforeAll(() => {
  work = temporaryDirectory();
  runtime = createRuntime({
    executionProviders: ['cpu'],
    processes: 1,
    threads: 1,
    timeoutMs: PATIENCE_MS,
  });
});
afterAll(async () => {
  await runtime.close();
  work.remove();
});

const python = (...given: string[]) => runPython(work.path, given);
const convert = (example: string, ...given: string[]) => convertExample(work.path, example, given);

/** What PyTorch gives as `result` after running `code` with `image`, the input that `randomInput` wrote. */
function torchNumbers(shape: readonly number[], code: string): Float32Array {
  const script = [
    'import torch',
    'from pathlib import Path',
    'raw = bytearray(Path("input.f32").read_bytes())',
    `image = torch.frombuffer(raw, dtype=torch.float32).view(${shape.join(', ')})`,
    'with torch.no_grad():',
    ...code.split('\n').map((line) => `    ${line}`),
    'Path("result.f32").write_bytes(result.float().numpy().tobytes())',
  ].join('\n');
  const run = python('-c', script);
  expect(run.status, run.stderr).toBe(0);
  const bytes = readFileSync(join(work.path, 'result.f32'));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Values that differ everywhere, in the range that the network is made for; written where torchNumbers finds them. */
function randomInput(shape: readonly number[], low: number, high: number): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const input = Float32Array.from({ length }, (_, i) => {
    const wave = (Math.sin(i * 0.37) + Math.sin(i * 0.0113) + 2) / 4;
    return low + (high - low) * wave;
  });
  writeFileSync(join(work.path, 'input.f32'), Buffer.from(input.buffer));
  return input;
}

async function runFolder(folder: string, data: Float32Array) {
  const { manifest, problem } = await readModelFolder(folder);
  if (manifest === undefined || problem !== undefined) throw problem ?? new Error('no manifest');
  const { input, outputs, file, sha256 } = manifest;
  const dims = [1, input.channels, ...input.size] as const;
  const model = {
    path: join(folder, file),
    sha256,
    inputName: input.name,
    dims,
    maximumBatch: input.maximumBatch,
    outputNames: outputNames(outputs),
  };
  const { outputs: tensors } = await runtime.run(model, { data, dims });
  return { manifest, tensors };
}

function expectClose(tensor: OutputTensor | undefined, expected: Float32Array): void {
  expect(tensor?.data.length).toBe(expected.length);
  let [least, most, difference] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const [i, value] of expected.entries()) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    difference = Math.max(difference, Math.abs((tensor?.data[i] ?? Number.NaN) - value));
  }
  expect(most).toBeGreaterThan(least);
  expect(difference).toBeLessThan(1e-4 * Math.max(Math.abs(most), Math.abs(least)));
}

describe.skipIf(missingPython('torch', 'onnx'))('the worked example torchxrayvision', () => {
  let folder: string;
  beforeAll(() => {
    folder = convert('torchxrayvision');
  }, PATIENCE_MS);

  it(
    'gives the logits, the features and the class weights of the network',
    async () => {
      const shape = [1, 1, 224, 224];
      const { tensors } = await runFolder(folder, randomInput(shape, -1024, 1024));
      const code = [
        'from torchxrayvision.models import DenseNet',
        'network = DenseNet(weights="densenet121-res224-all")',
        'features = network.features(image).relu()',
        'logits = network.classifier(features.mean(dim=(2, 3)))',
        'parts = [logits, features, network.classifier.weight, network.classifier.bias]',
        'result = torch.cat([part.flatten() for part in parts])',
      ].join('\n');
      const expected = torchNumbers(shape, code);
      let start = 0;
      for (const name of ['logits', 'features', 'class_weights', 'class_bias']) {
        const length = tensors[name]?.data.length ?? 0;
        expectClose(tensors[name], expected.subarray(start, start + length));
        start += length;
      }
      expect(start).toBe(expected.length);
      expect(tensors['class_bias']?.dims).toEqual([18]);
    },
    PATIENCE_MS,
  );

  it(
    'refuses a manifest made for other weights',
    () => {
      const path = join(DOCS, 'torchxrayvision/manifest.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8'));
      manifest.labels[3].calibration.points[1][0] = 0.4;
      writeFileSync(join(work.path, 'other.json'), JSON.stringify(manifest));
      const script = join(DOCS, 'torchxrayvision/convert.py');
      const run = python(script, '--manifest', 'other.json', '--out', 'refused');
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/other weights.*pneumothorax: operating point/s);
    },
    PATIENCE_MS,
  );
});

describe.skipIf(missingPython('torch', 'onnx'))('the worked example monai-bundle', () => {
  it(
    'gives the mask of the network',
    async () => {
      const bundle = python(join(STAND_INS, 'monai_bundle.py'), 'bundle');
      expect(bundle.status, bundle.stderr).toBe(0);
      const folder = convert('monai-bundle', 'bundle');
      const shape = [1, 1, 256, 256];
      const { tensors } = await runFolder(folder, randomInput(shape, 0, 1));
      expect(tensors['pred']?.dims).toEqual([1, 4, 256, 256]);
      const code = 'result = torch.jit.load("bundle/models/model.ts")(image)';
      expectClose(tensors['pred'], torchNumbers(shape, code));
    },
    PATIENCE_MS,
  );

  it(
    'refuses a bundle for volumes',
    () => {
      const made = python(join(STAND_INS, 'monai_bundle.py'), 'volumes');
      expect(made.status, made.stderr).toBe(0);
      const path = join(work.path, 'volumes/configs/metadata.json');
      const metadata = JSON.parse(readFileSync(path, 'utf8'));
      metadata.network_data_format.inputs.image.spatial_shape = [96, 96, 96];
      writeFileSync(path, JSON.stringify(metadata));
      const run = python(join(DOCS, 'monai-bundle/convert.py'), 'volumes', '--out', 'refused');
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/takes 3D patches; only 2D slices fit/);
    },
    PATIENCE_MS,
  );
});

describe.skipIf(missingPython('torch', 'onnx'))('the worked example yolo-export', () => {
  it(
    'gives the boxes of the network',
    async () => {
      writeFileSync(join(work.path, 'best.pt'), 'nodule\n');
      const folder = convert('yolo-export', 'best.pt');
      const shape = [1, 3, 640, 640];
      const { tensors } = await runFolder(folder, randomInput(shape, 0, 1));
      expect(tensors['output0']?.dims).toEqual([1, 5, 8400]);
      const code = 'import ultralytics\nresult = ultralytics.Detector(1).eval()(image)';
      expectClose(tensors['output0'], torchNumbers(shape, code));
    },
    PATIENCE_MS,
  );

  it(
    'refuses a network with other classes',
    () => {
      writeFileSync(join(work.path, 'cats.pt'), 'cat\n');
      const run = python(join(DOCS, 'yolo-export/convert.py'), 'cats.pt', '--out', 'refused');
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/nodule: class 0 is cat/);
    },
    PATIENCE_MS,
  );
});

describe.skipIf(missingPython('torch', 'onnx'))('the conversion scripts', () => {
  it.each(['torchxrayvision', 'monai-bundle', 'yolo-export'])('explain themselves: %s', (name) => {
    const run = python(join(DOCS, name, 'convert.py'), '--help');
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/--out.*model folder/s);
  });
});
