import type { ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsvTable } from '#core/csv.ts';
import { comparisonSchema } from '#quality/evaluation/compare/comparison-schema.ts';
import { reportSchema } from '#quality/evaluation/report-schema.ts';
import { scoreRecordSchema } from '#quality/evaluation/score-record.ts';
import { generateStudy } from '#test-data/study.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { type Ended, startCommand } from '#tests/support/start-command.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const PAIRS = 5;

describe('radtriage evaluate', () => {
  const { path: root, remove } = temporaryDirectory();
  const images = join(root, 'images');
  const truth = join(root, 'truth.csv');
  const out = join(root, 'report');
  let server: TestDatabase | undefined;

  /** Phantoms with and without a planted lesion; a plain picture, a text and half a file among them. */
  async function writeImages(): Promise<void> {
    const lines = ['file,SOPInstanceUID,patient,lesion,boxes,reader'];
    for (let i = 0; i < PAIRS; i += 1) {
      for (const lesion of [{ subtlety: 'obvious' } as const, null]) {
        const study = generateStudy({
          kind: 'DX',
          seed: `evaluate ${i} ${lesion !== null}`,
          lesion,
        });
        const [file] = study.files;
        if (file === undefined) throw new Error('no file');
        const name = `patient-${i}/${lesion === null ? 'without' : 'with'}.dcm`;
        mkdirSync(join(images, `patient-${i}`), { recursive: true });
        writeFileSync(join(images, name), file.bytes);
        const boxes = JSON.stringify(study.lesion?.boxes.map((one) => one.box) ?? []);
        const cell = lesion === null ? '' : `"${boxes}"`;
        lines.push(
          `${name},${file.sopInstanceUid},P${i},${lesion === null ? 0 : 1},${cell},R${i % 2}`,
        );
      }
    }
    const grey = { width: 64, height: 64, channels: 1 as const };
    const pixels = Uint8Array.from({ length: 64 * 64 }, (_, i) => i % 251);
    await sharp(pixels, { raw: grey }).toColourspace('b-w').png().toFile(join(images, 'plain.png'));
    writeFileSync(join(images, 'notes.txt'), 'no image');
    const whole = readFileSync(join(images, 'patient-0/with.dcm'));
    writeFileSync(join(images, 'half.dcm'), whole.subarray(0, whole.length / 2));
    lines.push('half.dcm,,P9,1,,R0', 'not-given.dcm,,P8,1,,R0');
    writeFileSync(truth, `${lines.join('\n')}\n`);
  }

  beforeAll(writeImages);
  afterAll(async () => {
    await server?.stop();
    remove();
  });

  function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const settings: Record<string, string> =
      server === undefined ? {} : { RADTRIAGE_DATABASE_URL: server.url };
    return startCommand([...args, '--data', join(root, 'data')], settings);
  }

  const evaluate = (...args: string[]) => start('evaluate', ...args);
  const given = ['--model', 'phantom-lesion', '--images', images] as const;

  function journalLines(folder: string): string[] {
    const path = join(folder, 'journal.ndjson');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  }

  const table = (...parts: string[]) => parseCsvTable(readFileSync(join(...parts), 'utf8'));

  it('writes the scores of any folder, and why what was not scored was not', async () => {
    const { code, output } = await evaluate(...given, '--scores-only', '--out', out).ended;
    expect(code, output).toBe(0);
    const { rows } = table(out, 'scores.csv');
    const byFile = new Map(rows.map((row) => [row['file'], row]));
    expect(byFile.size).toBe(2 * PAIRS + 3);
    const scored = byFile.get('patient-0/with.dcm');
    expect(scored).toMatchObject({ frame: '1', label: 'lesion', outcome: 'analysed' });
    expect(scored?.['model']).toBe('phantom-lesion');
    expect(scored?.['sha256']).toMatch(/^[0-9a-f]{64}$/);
    expect(Number(scored?.['score'])).toBeGreaterThan(0);
    expect(scored?.['flagged']).toBe('true');
    expect(byFile.get('notes.txt')).toMatchObject({ outcome: 'no-image', score: '', frame: '' });
    expect(byFile.get('half.dcm')).toMatchObject({ outcome: 'undecodable', score: '' });
    // The phantom's model takes nothing but phantoms.
    expect(byFile.get('plain.png')).toMatchObject({ outcome: 'does-not-fit', SOPInstanceUID: '' });
    expect(statSync(join(out, 'scores.csv')).mode & 0o077).toBe(0);
  });

  it('makes the report of what it scored before, and finds the planted lesions', async () => {
    const before = journalLines(out);
    const { code, output } = await evaluate(...given, '--truth', truth, '--out', out).ended;
    expect(code, output).toBe(0);
    expect(journalLines(out)).toEqual(before);
    const report = reportSchema.parse(JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')));
    expect(report.counts).toMatchObject({
      units: 2 * PAIRS + 1,
      analysed: 2 * PAIRS,
      notAnalysed: 1,
      withoutImage: 1,
      withoutTruth: 2,
      patients: PAIRS + 1,
    });
    expect(report.outcomes[1]).toMatchObject({ outcome: 'undecodable', count: 1 });
    const [label] = report.labels;
    expect(label?.auc?.auc).toBeGreaterThan(0.9);
    expect(label?.points[0]?.sensitivity).toMatchObject({ count: PAIRS, total: PAIRS });
    expect(label?.points[0]?.withNotAnalysed.sensitivity).toMatchObject({ total: PAIRS + 1 });
    expect(label?.localisation?.peakInBox).toMatchObject({ count: PAIRS, total: PAIRS });
    expect(label?.localisation?.froc.rates.at(-1)?.sensitivity).toBe(1);
    const variables = label?.variables.map((variable) => variable.variable);
    expect(variables).toEqual(expect.arrayContaining(['reader', 'view', 'sex', 'age']));
  });

  it('names nobody in the report', () => {
    const uid = table(out, 'scores.csv').rows.find((row) => row['SOPInstanceUID'] !== '');
    for (const name of ['report.json', 'report.html', 'cases.csv']) {
      const text = readFileSync(join(out, name), 'utf8');
      expect(text).not.toContain('patient-0');
      expect(text).not.toContain(uid?.['SOPInstanceUID']);
      expect(text).not.toContain('Phantom^');
    }
    expect(table(out, 'case-names.csv').rows[0]).toMatchObject({ file: 'patient-0/with.dcm' });
  });

  it('goes on after it was killed, without scoring anything twice or losing anything', async () => {
    const killed = join(root, 'killed');
    const args = [...given, '--truth', truth, '--out', killed, '--processes', '1'];
    const { child, ended } = evaluate(...args);
    await waitFor(() => journalLines(killed).length >= 4, {
      what: 'three scores in the journal',
      deadlineMs: 90_000,
    });
    child.kill('SIGKILL');
    await ended;
    const before = journalLines(killed);
    expect(existsSync(join(killed, 'report.json'))).toBe(false);
    // What a write cut short would leave.
    appendFileSync(join(killed, 'journal.ndjson'), '{"file":"patient-4/with.dcm","fileSha2');
    const { code, output } = await evaluate(...args).ended;
    expect(code, output).toBe(0);
    const after = journalLines(killed);
    expect(after.slice(0, before.length)).toEqual(before);
    const files = after.slice(1).map((line) => scoreRecordSchema.parse(JSON.parse(line)).file);
    expect(new Set(files).size).toBe(files.length);
    expect(files).toHaveLength(2 * PAIRS + 1);
    const figures = (folder: string) =>
      reportSchema.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).labels;
    expect(figures(killed)).toEqual(figures(out));
  });

  it('stops cleanly on Ctrl-C and says how to go on', async () => {
    const stopped = join(root, 'stopped');
    const { child, ended } = evaluate(
      ...given,
      '--scores-only',
      '--out',
      stopped,
      '--processes',
      '1',
    );
    await waitFor(() => journalLines(stopped).length >= 2, {
      what: 'a score in the journal',
      deadlineMs: 90_000,
    });
    child.kill('SIGINT');
    const { code, output } = await ended;
    expect(code, output).toBe(130);
    expect(output).toContain('the same command goes on from here');
    const scored = journalLines(stopped).length - 1;
    expect(table(stopped, 'scores.csv').rows).toHaveLength(scored);
  });

  it('compares two reports, and two files of scores', async () => {
    const both = join(root, 'comparison');
    const reports = await evaluate('--compare', out, join(root, 'killed'), '--out', both).ended;
    expect(reports.code, reports.output).toBe(0);
    const read = () =>
      comparisonSchema.parse(JSON.parse(readFileSync(join(both, 'comparison.json'), 'utf8')));
    expect(read().labels[0]).toMatchObject({
      cases: 2 * PAIRS + 1,
      pairs: 2 * PAIRS,
      difference: { difference: 0, pValue: 1 },
      sensitivity: { total: PAIRS + 1, pValue: 1 },
    });
    const scores = [out, join(root, 'killed')].map((folder) => join(folder, 'scores.csv'));
    const files = ['--compare', ...scores, '--out', both];
    expect((await evaluate(...files).ended).output).toContain('need --truth');
    const { code, output } = await evaluate(...files, '--truth', truth).ended;
    expect(code, output).toBe(0);
    expect(read().labels[0]).toMatchObject({ cases: 2 * PAIRS + 1, difference: { difference: 0 } });
  });

  it('scores images of the archive that a query names', async () => {
    server = await startTestDatabase();
    expect((await start('import', join(images, 'patient-0')).ended).code).toBe(0);
    const archived = join(root, 'archived');
    const byUid = join(root, 'by-uid.csv');
    const rows = table(truth).rows.filter((row) => row['SOPInstanceUID'] !== '');
    const lines = rows.map((row) => `${row['SOPInstanceUID']},${row['lesion']}`);
    writeFileSync(byUid, `SOPInstanceUID,lesion\n${lines.join('\n')}\n`);
    const query = ['--model', 'phantom-lesion', '--worklist'];
    const none = await evaluate(...query, 'modality=CT', '--scores-only', '--out', archived).ended;
    expect(none).toMatchObject({ code: 2, output: expect.stringContaining('no image to score') });
    const args = [...query, 'modality=DX from=2020-01-01', '--truth', byUid, '--out', archived];
    const { code, output } = await evaluate(...args, '--no-images').ended;
    expect(code, output).toBe(0);
    const report = reportSchema.parse(
      JSON.parse(readFileSync(join(archived, 'report.json'), 'utf8')),
    );
    expect(report.counts).toMatchObject({ units: 2, analysed: 2, withoutImage: 2 * PAIRS - 2 });
    expect(readFileSync(join(archived, 'report.html'), 'utf8')).not.toContain('data:image');
  });

  it.each([
    [['--model', 'phantom-lesion', '--images', '.'], 'give --truth'],
    [['--images', '.', '--scores-only'], '--model is needed'],
    [['--model', 'phantom-lesion', '--scores-only'], 'either --images or --worklist'],
    [['--model', 'phantom-lesion', '--worklist', 'colour=red', '--scores-only'], 'colour'],
    [['--compare', 'a'], 'two folders'],
  ])('refuses %j', async (args, message) => {
    const { code, output } = await evaluate(...args, '--out', join(root, 'refused')).ended;
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining(message) });
  });

  it('says which models there are when it is asked for another', async () => {
    const args = ['--model', 'nothing', '--images', images, '--scores-only'];
    const { code, output } = await evaluate(...args, '--out', join(root, 'refused')).ended;
    expect(code).toBe(1);
    expect(output).toContain('phantom-lesion');
  });
});
