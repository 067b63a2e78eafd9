import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { throughWindow } from '#dicom/pixels/voi.ts';
import { inputSchema, type ModelInput } from '#models/manifest/input.ts';
import { prepareImage } from '#models/preprocess/preprocess.ts';
import type { SourceImage } from '#models/preprocess/window.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';

const MIRROR = join(import.meta.dirname, '../../../models/shared-python');
const SCRIPT = `
import base64, json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import preprocess
for line in sys.stdin:
    case = json.loads(line)
    images = []
    for one in case["images"]:
        read = lambda key, kind: np.frombuffer(base64.b64decode(one[key]), dtype=kind).reshape(one["rows"], one["columns"])
        images.append(preprocess.Image(
            values=read("values", "<f4"),
            photometric=one["photometric"],
            padding=read("padding", "u1") if one.get("padding") else None,
            value_range=tuple(one["range"]) if one.get("range") else None,
            voi=preprocess.voi_window(*one["voi"]) if one.get("voi") else None,
            spacing=tuple(one["spacing"]) if one.get("spacing") else None,
        ))
    tensor = preprocess.network_inputs(images, case["input"])
    print(json.dumps([tensor.shape[0], base64.b64encode(tensor.astype("<f4").tobytes()).decode()]))
`;

interface Case {
  readonly name: string;
  readonly input: ModelInput;
  readonly images: readonly {
    readonly image: SourceImage;
    readonly voi?: readonly [number, number, string];
  }[];
}

let seed = 7;
function noise(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

function imageOf(rows: number, columns: number, more: Partial<SourceImage> = {}): SourceImage {
  const values = Float32Array.from(
    { length: rows * columns },
    () => Math.floor(noise() * 4096) - 1024,
  );
  return { values, rows, columns, photometricInterpretation: 'MONOCHROME2', ...more };
}

function inputOf(overrides: object): ModelInput {
  return inputSchema.parse({
    name: 'image',
    size: [48, 40],
    window: { kind: 'percentile', low: 1, high: 99 },
    resize: { kind: 'area-letterbox', pad: 0.25 },
    normalise: { mean: 0.5, std: 0.25 },
    ...overrides,
  });
}

function voiCase(
  name: string,
  voiFunction: string,
  photometric: SourceImage['photometricInterpretation'],
): Case {
  const voi = throughWindow({ center: 40, width: 401 }, voiFunction);
  const image = imageOf(61, 47, { voi, photometricInterpretation: photometric });
  const input = inputOf({ window: { kind: 'voi' } });
  return { name, input, images: [{ image, voi: [40, 401, voiFunction] }] };
}

function paddedImage(
  photometricInterpretation: SourceImage['photometricInterpretation'],
): SourceImage {
  const image = imageOf(50, 60, { photometricInterpretation });
  const padding = Uint8Array.from(image.values, (_, i) => (i % 60 < 20 ? 1 : 0));
  for (const [i, isPadding] of padding.entries()) if (isPadding === 1) image.values[i] = -2000;
  return { ...image, padding };
}

const range = { low: -1024, high: 3071 };
const whole = (image: SourceImage) => [{ image }];
const CASES: readonly Case[] = [
  voiCase('VOI window', 'LINEAR', 'MONOCHROME2'),
  voiCase('VOI window, LINEAR_EXACT', 'LINEAR_EXACT', 'MONOCHROME1'),
  voiCase('VOI window, SIGMOID', 'SIGMOID', 'MONOCHROME1'),
  ...(['MONOCHROME1', 'MONOCHROME2'] as const).flatMap((photometricInterpretation): Case[] => [
    {
      name: `no VOI: full range, ${photometricInterpretation}`,
      input: inputOf({ window: { kind: 'voi' } }),
      images: whole(imageOf(61, 47, { range, photometricInterpretation })),
    },
    {
      name: `padding, ${photometricInterpretation}`,
      input: inputOf({}),
      images: whole(paddedImage(photometricInterpretation)),
    },
  ]),
  ...['area-stretch', 'centre-crop'].flatMap((kind): Case[] =>
    [
      [61, 147],
      [90, 33],
    ].map(([rows = 0, columns = 0]) => ({
      name: `${kind} of ${rows} x ${columns}`,
      input: inputOf({ resize: { kind } }),
      images: whole(imageOf(rows, columns)),
    })),
  ),
  ...[
    [61, 147],
    [30, 33],
    [90, 20],
  ].map(
    ([rows = 0, columns = 0]): Case => ({
      name: `crop or pad of ${rows} x ${columns} at one spacing, three channels`,
      input: inputOf({
        ...{ channels: 3, resize: { kind: 'crop-or-pad', pad: 0 } },
        normalise: { mean: [0.1, 0.2, 0.3], std: [1, 2, 3] },
        pixelSpacing: { mm: [0.7, 1.3] },
      }),
      images: whole(imageOf(rows, columns, { pixelSpacing: [0.9, 0.8] })),
    }),
  ),
  {
    name: 'neighbours as channels, one of another size',
    input: inputOf({ channels: 3, slices: { before: 1, after: 1 } }),
    images: [imageOf(50, 60), imageOf(50, 60), imageOf(40, 44)].map((image) => ({ image })),
  },
  {
    name: 'tiles, one of them dark',
    input: inputOf({ tiles: { size: [64, 48] }, window: { kind: 'full-range' } }),
    images: whole(darkCorner(imageOf(200, 131, { range }))),
  },
];

function darkCorner(image: SourceImage): SourceImage {
  for (let y = 0; y < 64; y += 1) image.values.fill(range.low, y * 131, y * 131 + 48);
  return image;
}

function base64Of(values: Float32Array | Uint8Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function toLine({ input, images }: Case): string {
  return JSON.stringify({
    input,
    images: images.map(({ image, voi }) => ({
      ...{ rows: image.rows, columns: image.columns, voi },
      values: base64Of(image.values),
      photometric: image.photometricInterpretation,
      padding: image.padding && base64Of(image.padding),
      range: image.range && [image.range.low, image.range.high],
      spacing: image.pixelSpacing,
    })),
  });
}

describe.skipIf(missingPython('numpy'))('the Python mirror, kind by kind', () => {
  it('agrees within float32 rounding', () => {
    const run = spawnSync(PYTHON, ['-c', SCRIPT, MIRROR], {
      input: CASES.map(toLine).join('\n'),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    expect(run.stderr).toBe('');
    const answers = run.stdout.trim().split('\n');
    expect(answers).toHaveLength(CASES.length);
    for (const [i, { name, input, images }] of CASES.entries()) {
      const slices = images.map(({ image }) => ({ image, window: input.window }));
      const { parts } = prepareImage(slices, input, input.slices?.before ?? 0);
      const [count, text] = JSON.parse(answers[i] ?? '') as [number, string];
      expect(parts.length, name).toBe(count);
      // Of 4 x 4 tiles one is dark.
      if (input.tiles !== undefined) expect(count).toBe(15);
      const bytes = Buffer.from(text, 'base64');
      const theirs = new Float32Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      );
      let [worst, at] = [0, 0];
      for (const { tensor } of parts) {
        for (const value of tensor.data) {
          worst = Math.max(worst, Math.abs(value - (theirs[at] ?? Number.NaN)));
          at += 1;
        }
      }
      expect(at, name).toBe(theirs.length);
      expect(worst, name).toBeLessThan(1e-6);
    }
  });
});
