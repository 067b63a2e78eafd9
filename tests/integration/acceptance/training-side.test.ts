import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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

/** Blurred noise of several shapes and sizes. */
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

/** Of the project's test patients no image is looked at, here neither (models/cxr-opacity/training/README.md). */
function isTestPatient(patient: string): boolean {
  const digest = createHash('sha256').update(patient).digest('hex');
  return Number.parseInt(digest.slice(0, 8), 16) % 5 === 0;
}

/** Real radiographs of adults, where they lie beside the clone. */
function realRadiographs(): Radiographs | undefined {
  const [labels, folder] = [
    sharedData('data', 'cxr', 'labels.csv'),
    sharedData('data', 'cxr', 'images'),
  ];
  if (labels === undefined || folder === undefined) return undefined;
  const lines = readFileSync(labels, 'utf8').split('\n').slice(1, 200);
  const usable = lines.filter((line) => {
    const [, patient = '', age] = line.split(',');
    return Number(age) >= 18 && !isTestPatient(patient);
  });
  const rows = usable.slice(0, 6).map((line) => ({ file: line.split(',')[0] ?? '', line }));
  return { folder, rows };
}

async function invert({ folder, rows }: Radiographs, parent: string): Promise<Radiographs> {
  const inverted = join(parent, 'inverted');
  mkdirSync(inverted);
  const some = rows.slice(0, 2);
  for (const { file } of some) {
    await sharp(join(folder, file)).greyscale().negate().toFile(join(inverted, file));
  }
  return { folder: inverted, rows: some };
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

    /** The study that an image becomes, once it is analysed or refused. */
    async function readByProduct(folder: string, { file, line }: Radiographs['rows'][number]) {
      // One at a time, so that it is plain which study belongs to which image.
      const labels = join(parent, 'labels.csv');
      writeFileSync(labels, `${HEADER}\n${line}\n`);
      const out = mkdtempSync(join(parent, 'wrapped-'));
      const command = ['wrap', folder, '--labels', labels, '--out', out];
      const wrapped = await instance.cliWithoutData(command);
      expect(wrapped, wrapped.stderr).toMatchObject({ code: 0 });
      const before = (await readWorklist(instance)).items.map((item) => item.studyInstanceUid);
      expect((await sendWithStorescu(instance.dicom, out)).code).toBe(0);
      return await waitFor(
        async () =>
          (await readWorklist(instance)).items.find(
            ({ studyInstanceUid, status }) =>
              !before.includes(studyInstanceUid) &&
              ['analysed', 'not-analysed', 'failed'].includes(status),
          ),
        { what: `what becomes of ${file}`, deadlineMs: 60_000 },
      );
    }

    async function scoreInProduct({ folder, rows }: Radiographs): Promise<number[]> {
      const scores: number[] = [];
      for (const row of rows) {
        const item = await readByProduct(folder, row);
        expect(item, item.statusReason ?? '').toMatchObject({ status: 'analysed' });
        expect(item.scoreModel).toMatch(/cxr-opacity/);
        scores.push(item.score ?? Number.NaN);
      }
      return scores;
    }

    async function expectRefused({ folder, rows }: Radiographs): Promise<void> {
      for (const row of rows) {
        const item = await readByProduct(folder, row);
        expect(item).toMatchObject({ status: 'not-analysed', score: null });
        expect(item.statusReason).toContain('outside intended use');
      }
    }

    it('are refused where they show noise', async () => {
      await expectRefused(await inventRadiographs(parent));
    });

    const real = realRadiographs();
    it.skipIf(real === undefined)('score as on the training side, where present', async () => {
      if (real === undefined) return;
      const [product, training] = [await scoreInProduct(real), scoreInPython(real)];
      expect(training.length).toBeGreaterThan(0);
      for (const [index, score] of product.entries()) {
        expect(Math.abs(score - (training[index] ?? Number.NaN))).toBeLessThan(TOLERANCE);
      }
    });

    it.skipIf(real === undefined)('are refused with black and white exchanged', async () => {
      if (real !== undefined) await expectRefused(await invert(real, parent));
    });
  },
);
