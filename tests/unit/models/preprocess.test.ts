import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelInput, Window } from '#models/manifest/input.ts';
import { areaWeights, letterboxGeometry } from '#models/preprocess/letterbox.ts';
import { valuesAtRanks } from '#models/preprocess/percentile.ts';
import { cellTransform } from '#models/preprocess/place.ts';
import { prepareImage, preprocess } from '#models/preprocess/preprocess.ts';
import type { SourceImage } from '#models/preprocess/window.ts';
import { missingPython, PYTHON } from '#tests/support/python.ts';

const IDENTITY: Window = { kind: 'fixed', center: 0.5, width: 1 };

function inputOf(size: [number, number], window: Window = IDENTITY): ModelInput {
  return {
    name: 'image',
    size,
    channels: 1,
    window,
    orientation: 'as-stored',
    resize: { kind: 'area-letterbox', pad: 0 },
    normalise: { mean: 0, std: 1 },
    maximumBatch: 1,
  };
}

function imageOf(rows: number, columns: number, value: (index: number) => number): SourceImage {
  const values = Float32Array.from({ length: rows * columns }, (_, index) => value(index));
  return { values, rows, columns, photometricInterpretation: 'MONOCHROME2' };
}

describe('percentiles', () => {
  it('equal the sorted values, negative ones, fractions and repeats included', () => {
    const value = fc.oneof(fc.integer({ min: -3000, max: 5000 }), fc.float({ noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), fc.nat(), (list, at) => {
        const values = Float32Array.from(list);
        const sorted = [...values].sort((a, b) => a - b);
        const rank = at % values.length;
        const [found] = valuesAtRanks(values, [rank]);
        // -0 and 0 are one value here.
        expect((found ?? Number.NaN) + 0).toBe((sorted[rank] ?? Number.NaN) + 0);
      }),
    );
  });

  it('refuse a rank past the end', () => {
    expect(() => valuesAtRanks(new Float32Array(3), [3])).toThrow(RangeError);
  });
});

describe('the area letterbox', () => {
  it('shares every source cell out exactly once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), (s, t) => {
        const { first, start, shares } = areaWeights(s, t);
        const covered = new Float64Array(s);
        for (let i = 0; i < t; i += 1) {
          let sum = 0;
          for (let k = start[i] ?? 0; k < (start[i + 1] ?? 0); k += 1) {
            const source = (first[i] ?? 0) + k - (start[i] ?? 0);
            covered[source] = (covered[source] ?? 0) + (shares[k] ?? 0);
            sum += shares[k] ?? 0;
          }
          expect(sum).toBeCloseTo(1, 9);
        }
        for (const share of covered) expect(share).toBeCloseTo(t / s, 9);
      }),
      { numRuns: 50 },
    );
  });

  it('weighs partly covered pixels by their coverage', () => {
    // 3 pixels onto 2 cells: each takes one and a half.
    const tensor = preprocess(
      imageOf(8, 12, (i) => (i % 12) / 12),
      inputOf([8, 8]),
      IDENTITY,
    );
    const middle = [...tensor.data.slice(3 * 8, 4 * 8)];
    const expected = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => {
      const whole = Math.floor(i * 1.5);
      const pair = i % 2 === 0 ? whole + 0.5 * (whole + 1) : 0.5 * whole + (whole + 1);
      return pair / 1.5 / 12;
    });
    for (const [i, value] of middle.entries()) expect(value).toBeCloseTo(expected[i] ?? 0, 6);
  });

  it('centres the image and pads after the window', () => {
    const spec = { ...inputOf([8, 8]), normalise: { mean: 0.5, std: 0.25 } };
    const { data, dims } = preprocess(
      imageOf(4, 8, () => 1),
      spec,
      IDENTITY,
    );
    expect(dims).toEqual([1, 1, 8, 8]);
    expect(letterboxGeometry({ rows: 4, columns: 8 }, { rows: 8, columns: 8 })).toEqual({
      width: 8,
      height: 4,
      left: 0,
      top: 2,
    });
    expect([data[0], data[2 * 8], data[6 * 8]]).toEqual([-2, 2, -2]);
  });

  it('gives zero for an empty window', () => {
    const window: Window = { kind: 'percentile', low: 1, high: 99 };
    const { data } = preprocess(
      imageOf(8, 8, () => 7),
      inputOf([8, 8], window),
      window,
    );
    expect(new Set(data)).toEqual(new Set([0]));
  });

  it('maps heatmap cells back to the source pixels they came from', () => {
    // 100 x 50 into 64 x 64: scaled by 0.64 to 64 x 32, 16 rows of padding above.
    const image = imageOf(50, 100, () => 1);
    const [part] = prepareImage([{ image, window: IDENTITY }], inputOf([64, 64])).parts;
    if (part === undefined) throw new Error('no part');
    const transform = cellTransform(part.place, { rows: 8, columns: 8 });
    expect(transform.originX).toBeCloseTo(0);
    expect(2 * transform.scaleY + transform.originY).toBeCloseTo(0);
    expect(6 * transform.scaleY + transform.originY).toBeCloseTo(50);
    expect(8 * transform.scaleX + transform.originX).toBeCloseTo(100);
  });

  it('refuses a pixel count that is not rows x columns', () => {
    const image = { ...imageOf(4, 4, () => 0), rows: 5 };
    expect(() => preprocess(image, inputOf([8, 8]), IDENTITY)).toThrow(/pixel count/);
  });
});

const MIRROR = join(import.meta.dirname, '../../../models/shared-python');
const SCRIPT = `
import base64, json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import preprocess
for line in sys.stdin:
    case = json.loads(line)
    values = np.frombuffer(base64.b64decode(case["values"]), dtype="<f4")
    values = values.reshape(case["rows"], case["columns"])
    tensor = preprocess.preprocess(values, case["photometric"], case["input"])
    print(base64.b64encode(tensor.astype("<f4").tobytes()).decode())
`;

function base64Of(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

describe.skipIf(missingPython('numpy'))('the Python mirror of the preprocessing', () => {
  it('agrees within 1e-6 for both photometric interpretations and kinds of window', () => {
    const windows: Window[] = [
      { kind: 'percentile', low: 1, high: 99 },
      { kind: 'percentile', low: 0, high: 100 },
      { kind: 'fixed', center: 40, width: 400 },
    ];
    const sizes = [
      [61, 47],
      [224, 224],
      [37, 300],
      [9, 5],
      [512, 391],
    ] as const;
    let seed = 1;
    const noise = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const cases = windows.flatMap((window) =>
      sizes.flatMap(([rows, columns]) =>
        (['MONOCHROME1', 'MONOCHROME2'] as const).map((photometricInterpretation) => {
          const values = imageOf(rows, columns, () => Math.floor(noise() * 4096) - 1024).values;
          const input = {
            ...inputOf([96, 80], window),
            normalise: { mean: 0.5, std: 0.25 },
          };
          return { image: { values, rows, columns, photometricInterpretation }, input, window };
        }),
      ),
    );
    const lines = cases.map(({ image, input }) =>
      JSON.stringify({
        values: base64Of(image.values),
        rows: image.rows,
        columns: image.columns,
        photometric: image.photometricInterpretation,
        input,
      }),
    );
    const run = spawnSync(PYTHON, ['-c', SCRIPT, MIRROR], {
      input: lines.join('\n'),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    expect(run.stderr).toBe('');
    const answers = run.stdout.trim().split('\n');
    expect(answers).toHaveLength(cases.length);
    for (const [i, { image, input, window }] of cases.entries()) {
      const ours = preprocess(image, input, window).data;
      const answer = Buffer.from(answers[i] ?? '', 'base64');
      const theirs = new Float32Array(Uint8Array.from(answer).buffer);
      expect(theirs).toHaveLength(ours.length);
      const worst = ours.reduce((w, v, at) => Math.max(w, Math.abs(v - (theirs[at] ?? 99))), 0);
      expect(worst).toBeLessThan(1e-6);
    }
  });
});
