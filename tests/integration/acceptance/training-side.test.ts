import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '#test-data/random.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { missingPeer } from '../../support/peers.ts';
import { missingPython, PYTHON } from '../../support/python.ts';
import { sharedData } from '../../support/shared-data.ts';
import { readWorklist, sendWithStorescu } from '../../support/studies.ts';
import { waitFor } from '../../support/wait-for.ts';

const SCORE = resolve(import.meta.dirname, '../../../models/cxr-opacity/training/score.py');
const TOLERANCE = 1e-3;
const HEADER = 'file,patient,age,sex,view,nih_findings,rsna_class,rsna_boxes,nih_boxes';

interface Radiographs {
  readonly folder: string;
  readonly rows: readonly { file: string; line: string }[];
}

/** Blurred noise of several shapes and sizes: nothing to see in it, but a score like any other. */
async function inventRadiographs(parent: string): Promise<Radiographs> {
  const folder = join(parent, 'invented');
  mkdirSync(folder);
  const rows: { file: string; line: string }[] = [];
  for (const [index, [width, height]] of (
    [
      [300, 400],
      [512, 512],
      [251, 173],
    ] as const
  ).entries()) {
    const random = createRandom('training side', index);
    const noise = Buffer.from(
      Uint8Array.from({ length: width * height }, () => random.integer(0, 255)),
    );
    const file = `invented-${index}.png`;
    await sharp(noise, { raw: { width, height, channels: 1 } })
      .blur(4)
      .normalise()
      .png()
      .toFile(join(folder, file));
    rows.push({ file, line: `${file},9990000${index},50,F,PA,,,,` });
  }
  return { folder, rows };
}

/** Real radiographs of adults, where they lie beside the clone. */
function realRadiographs(): Radiographs | undefined {
  const [labels, folder] = [
    sharedData('data', 'cxr', 'labels.csv'),
    sharedData('data', 'cxr', 'images'),
  ];
  if (labels === undefined || folder === undefined) return undefined;
  const lines = readFileSync(labels, 'utf8').split('\n').slice(1, 200);
  const adults = lines.filter((line) => Number(line.split(',')[2]) >= 18).slice(0, 6);
  return { folder, rows: adults.map((line) => ({ file: line.split(',')[0] ?? '', line })) };
}

function scoreInPython({ folder, rows }: Radiographs): number[] {
  const files = rows.map(({ file }) => join(folder, file));
  const result = spawnSync(PYTHON, [SCORE, ...files], { encoding: 'utf8' });
  expect(result.stderr).not.toContain('Traceback');
  const scores = new Map(
    result.stdout
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => {
        const [file = '', score] = line.split(',');
        return [file.split('/').at(-1) ?? '', Number(score)] as const;
      }),
  );
  return rows.map(({ file }) => scores.get(file) ?? Number.NaN);
}

describe.skipIf(missingPeer('storescu') || missingPython('torch', 'onnx', 'PIL', 'numpy'))(
  'radiographs wrapped by the command and sent by storescu',
  () => {
    const parent = mkdtempSync(join(tmpdir(), 'radtriage-training-side-'));
    let instance: Instance;
    beforeAll(async () => {
      instance = await startInstance();
    });
    afterAll(async () => {
      await instance?.stop();
      rmSync(parent, { recursive: true });
    });

    async function scoreInProduct(name: string, { folder, rows }: Radiographs): Promise<number[]> {
      const labels = join(parent, `${name}.csv`);
      const scores: number[] = [];
      for (const { file, line } of rows) {
        // One at a time, so that it is plain which study belongs to which image.
        writeFileSync(labels, `${HEADER}\n${line}\n`);
        const out = join(parent, `wrapped-${name}`, file);
        const wrapped = await instance.cliWithoutData([
          'wrap',
          folder,
          '--labels',
          labels,
          '--out',
          out,
        ]);
        expect(wrapped, wrapped.stderr).toMatchObject({ code: 0 });
        const before = new Set(
          (await readWorklist(instance)).items.map((item) => item.studyInstanceUid),
        );
        expect((await sendWithStorescu(instance.dicom, out)).code).toBe(0);
        const item = await waitFor(
          async () =>
            (await readWorklist(instance)).items.find(
              (row) => !before.has(row.studyInstanceUid) && row.status === 'analysed',
            ),
          { what: `the score of ${file}`, deadlineMs: 60_000 },
        );
        expect(item.scoreModel).toMatch(/cxr-opacity/);
        scores.push(item.score ?? Number.NaN);
      }
      return scores;
    }

    async function compare(name: string, radiographs: Radiographs): Promise<void> {
      const [product, training] = [
        await scoreInProduct(name, radiographs),
        scoreInPython(radiographs),
      ];
      expect(training.length).toBeGreaterThan(0);
      for (const [index, score] of product.entries()) {
        expect(Math.abs(score - (training[index] ?? Number.NaN))).toBeLessThan(TOLERANCE);
      }
    }

    it('score as on the training side: invented images', async () => {
      await compare('invented', await inventRadiographs(parent));
    });

    const real = realRadiographs();
    it.skipIf(real === undefined)(
      'score as on the training side: real images, where present',
      async () => {
        if (real !== undefined) await compare('real', real);
      },
    );
  },
);
