import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsvTable } from '#core/csv.ts';
import { reportSchema } from '#quality/evaluation/report-schema.ts';
import { TRANSFER_SYNTAX, toElements, writePart10 } from '#test-data/part10-writer.ts';
import { testLabel, testManifest, writeModelFolder } from '#tests/support/onnx/model-folder.ts';
import { scoresNetwork } from '#tests/support/onnx/output-networks.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { startCommand } from '#tests/support/start-command.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { spotImage } from '../inference/studies.ts';

const SIZE = 64;
const SPOT = { x: 40, y: 16, side: 8, value: 900 };
/** By instance number; the spot lies at 20 mm, the third from below. */
const HEIGHTS = [20, 0, 40, 10, 30];
const PATIENTS = 4;

interface SliceOptions {
  readonly patient: number;
  /** 1: the axial stack; 2: a single localiser. */
  readonly series: 1 | 2;
  readonly instance: number;
  readonly height: number;
  readonly spot: boolean;
}

function slice({ patient, series, instance, height, spot }: SliceOptions): Buffer {
  const study = `2.25.77.${patient}`;
  const values = spotImage(spot ? SPOT : undefined);
  const attributes = {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    SOPInstanceUID: `${study}.${series}.${instance}`,
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.${series}`,
    Modality: 'CT',
    Manufacturer: 'Phantom',
    PatientID: `SECRET-${patient}`,
    PatientName: `Phantom^${patient}`,
    StudyDate: '20260101',
    InstanceNumber: instance,
    ImagePositionPatient: [0, 0, height],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: SIZE,
    Columns: SIZE,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 0,
    PixelData: Buffer.from(values.buffer),
  };
  const transferSyntax = TRANSFER_SYNTAX.explicitLittleEndian;
  return Buffer.from(writePart10(toElements(attributes), { transferSyntax }));
}

describe('radtriage evaluate with a model of series', () => {
  const { path: root, remove } = temporaryDirectory();
  const images = join(root, 'images');
  const plain = join(root, 'plain');
  let model = '';
  let server: TestDatabase | undefined;

  beforeAll(async () => {
    // Of three neighbours the lowest alone counts: the slice above the spot is the one that scores.
    model = writeModelFolder(
      join(root, 'models'),
      {
        id: 'stacks',
        select: {
          level: 'series',
          all: [{ attribute: 'Modality', in: ['CT'] }],
          minimumSlices: 3,
        },
        input: {
          ...testManifest().input,
          size: [SIZE, SIZE],
          channels: 3,
          slices: { before: 1, after: 1 },
          normalise: { mean: [0, 1, 1], std: [1 / 3, 1e6, 1e6] },
        },
        outputs: [{ kind: 'scores', name: 'logits', activation: 'softmax' }],
        labels: [testLabel({ index: 1 })],
        explanation: { method: 'occlusion', budgetMs: 600_000, grid: [8, 8] },
      },
      scoresNetwork(SIZE, 3),
    );
    mkdirSync(plain);
    // All in one folder, and in an order of names that means nothing.
    mkdirSync(images);
    for (let patient = 0; patient < PATIENTS; patient += 1) {
      const base = { patient, series: 1 } as const;
      for (const [at, height] of HEIGHTS.entries()) {
        const spot = height === 20 && patient % 2 === 0;
        const bytes = slice({ ...base, instance: at + 1, height, spot });
        writeFileSync(join(images, `${at}-${patient}`), bytes);
      }
      const localiser = slice({ patient, series: 2, instance: 9, height: 0, spot: false });
      writeFileSync(join(images, `localiser-${patient}`), localiser);
    }
    const grey = { width: 64, height: 64, channels: 1 as const };
    const pixels = Uint8Array.from({ length: 64 * 64 }, (_, i) => i % 251);
    for (const folder of [images, plain]) {
      await sharp(pixels, { raw: grey }).png().toFile(join(folder, 'picture.png'));
    }
  });
  afterAll(async () => {
    await server?.stop();
    remove();
  });

  async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
    const settings: Record<string, string> =
      server === undefined ? {} : { RADTRIAGE_DATABASE_URL: server.url };
    return startCommand([...args, '--data', join(root, 'data')], settings).ended;
  }

  const evaluate = (...args: string[]) =>
    run('evaluate', '--model', model, '--processes', '1', ...args);
  const table = (...parts: string[]) => parseCsvTable(readFileSync(join(...parts), 'utf8')).rows;
  const reportIn = (out: string) =>
    reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));

  const sliceScores = (folder: string) =>
    table(folder, 'slices.csv')
      .map((row) => `${row['SOPInstanceUID']} ${row['score']}`)
      .sort();
  let ofFolder: string[] = [];

  it('scores each series once, its slices in order of position', async () => {
    const out = join(root, 'scores');
    const { code, output } = await evaluate('--images', images, '--scores-only', '--out', out);
    expect(code, output).toBe(0);
    const rows = new Map(table(out, 'scores.csv').map((row) => [row['SeriesInstanceUID'], row]));
    expect(rows.size).toBe(2 * PATIENTS + 1);
    expect(rows.get('2.25.77.0.1')).toMatchObject({
      ...{ file: '0-0', SOPInstanceUID: '', StudyInstanceUID: '2.25.77.0', frame: '' },
      ...{ outcome: 'analysed', flagged: 'true' },
    });
    expect(rows.get('2.25.77.1.1')).toMatchObject({ outcome: 'analysed', flagged: 'false' });
    expect(rows.get('2.25.77.1.2')).toMatchObject({
      outcome: 'declined',
      reason: 'series of fewer than 3 slices',
    });
    expect(rows.get('')).toMatchObject({ file: 'picture.png', outcome: 'no-image' });
    ofFolder = sliceScores(out);
    const slices = table(out, 'slices.csv').filter(
      (row) => row['StudyInstanceUID'] === '2.25.77.0',
    );
    expect(slices.map((row) => row['file'])).toEqual(['1-0', '3-0', '0-0', '4-0', '2-0']);
    expect(slices.map((row) => row['position'])).toEqual(['1', '2', '3', '4', '5']);
    const scores = slices.map((row) => Number(row['score']));
    // The spot is the third from below.
    expect(scores.indexOf(Math.max(...scores))).toBe(3);
    expect(Number(rows.get('2.25.77.0.1')?.['score'])).toBe(Math.max(...scores));
  });

  const names = {
    StudyInstanceUID: (patient: number) => `2.25.77.${patient}`,
    SeriesInstanceUID: (patient: number) => `2.25.77.${patient}.1`,
    SOPInstanceUID: (patient: number) => `2.25.77.${patient}.1.3`,
    file: (patient: number) => `4-${patient}`,
  } as const;

  function writeTruth(by: keyof typeof names, lines: string[] = []): string {
    const path = join(root, `${by}.csv`);
    const rows = Array.from({ length: PATIENTS }, (_, patient) => [
      names[by](patient),
      patient % 2 === 0 ? '1' : '0',
    ]);
    const all = [[by, 'bright-spot'], ...rows].map((cells) => cells.join(','));
    writeFileSync(path, `${[...all, ...lines].join('\n')}\n`);
    return path;
  }

  it.each(['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'file'] as const)(
    'is judged by a truth that names the %s',
    async (by) => {
      const out = join(root, 'scores');
      const before = readFileSync(join(out, 'journal.ndjson'), 'utf8');
      const args = ['--images', images, '--truth', writeTruth(by), '--out', out];
      const { code, output } = await evaluate(...args);
      expect(code, output).toBe(0);
      // All of them were scored before.
      expect(readFileSync(join(out, 'journal.ndjson'), 'utf8')).toBe(before);
      const report = reportIn(out);
      expect(report.unit).toBe(by === 'StudyInstanceUID' ? 'study' : 'series');
      expect(report.counts).toMatchObject({
        units: PATIENTS,
        analysed: PATIENTS,
        patients: PATIENTS,
      });
      expect(report.labels[0]?.auc?.auc).toBe(1);
      expect(report.labels[0]?.points[0]?.confusion).toMatchObject({
        ...{ truePositives: 2, trueNegatives: 2, falsePositives: 0, falseNegatives: 0 },
      });
      expect(JSON.stringify(report)).not.toMatch(/SECRET|2\.25\.77/);
    },
  );

  it('refuses a truth that names a series twice, and a folder without DICOM images', async () => {
    const truth = writeTruth('file', ['1-0,1']);
    const out = join(root, 'scores');
    const twice = await evaluate('--images', images, '--truth', truth, '--out', out);
    expect(twice.code).toBe(2);
    expect(twice.output).toContain('line 6: its series was named by another file before');
    const none = await evaluate('--images', plain, '--scores-only', '--out', join(root, 'none'));
    expect(none.code).toBe(2);
    expect(none.output).toMatch(/REQUEST_INVALID: the model reads series of DICOM images/);
  });

  it('shows the slice that scored highest of a false alarm', async () => {
    const truth = join(root, 'wrong.csv');
    writeFileSync(truth, 'SeriesInstanceUID,bright-spot\n2.25.77.0.1,0\n2.25.77.1.1,1\n');
    const out = join(root, 'scores');
    const { code, output } = await evaluate('--images', images, '--truth', truth, '--out', out);
    expect(code, output).toBe(0);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toContain('The slice that scored highest.');
    expect(page).toContain('data:image/jpeg');
  });

  it('judges the explanation of the slice that scored highest, with its neighbours', async () => {
    const out = join(root, 'scores');
    const args = ['--images', images, '--truth', writeTruth('SeriesInstanceUID'), '--out', out];
    const { code, output } = await evaluate(...args, '--faithfulness', '--no-images');
    expect(code, output).toBe(0);
    const found = reportIn(out).labels[0]?.faithfulness;
    expect(found).toMatchObject({ origin: 'occlusion', flagged: 2, images: 2, withoutMap: 0 });
    // With nothing deleted the score is that of the slice above the spot, which the spot's channel alone makes.
    expect(found?.curves.deletion.map[0]).toBeGreaterThan(0.99);
    const [map, , random] = found?.maps ?? [];
    expect(map?.deletion.estimate).toBeLessThan(random?.deletion.estimate ?? 0);
    expect(map?.insertion.estimate).toBeGreaterThan(random?.insertion.estimate ?? 1);
  }, 120_000);

  it('scores series of the archive as it does those of a folder', async () => {
    server = await startTestDatabase();
    expect((await run('import', images)).code).toBe(0);
    const out = join(root, 'archived');
    const truth = writeTruth('SeriesInstanceUID');
    const { code, output } = await evaluate(
      '--worklist',
      'modality=CT',
      '--truth',
      truth,
      '--out',
      out,
    );
    expect(code, output).toBe(0);
    expect(reportIn(out).counts).toMatchObject({ units: PATIENTS, analysed: PATIENTS });
    expect(sliceScores(out)).toEqual(ofFolder);
    expect(ofFolder).toHaveLength(PATIENTS * HEIGHTS.length);
  }, 120_000);
});
