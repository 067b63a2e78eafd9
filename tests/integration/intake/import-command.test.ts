import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const CLI = resolve(import.meta.dirname, '../../../services/cli/radtriage.ts');
const FILES = 400;

const reportSchema = z.object({
  files: z.number().optional(),
  done: z.number(),
  imported: z.number(),
  doneBefore: z.number(),
  outcomes: z.record(z.string(), z.number()),
  failed: z.number(),
  failedByCode: z.record(z.string(), z.number()),
  stopped: z.boolean(),
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('radtriage import', () => {
  const data = temporaryDirectory();
  const folders: string[] = [];
  let server: TestDatabase;

  beforeAll(async () => {
    server = await startTestDatabase();
  });
  afterAll(async () => {
    await server.stop();
    data.remove();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** A folder of small images of one study. */
  function images(seed: string, count: number): { path: string; studyInstanceUid: string } {
    const { path } = temporaryDirectory();
    folders.push(path);
    let studyInstanceUid = '';
    for (let instanceNumber = 1; instanceNumber <= count; instanceNumber += 1) {
      const image = minimalImage({ modality: 'CT', seed, instanceNumber, rows: 64, columns: 64 });
      studyInstanceUid = image.studyInstanceUid;
      writeFileSync(join(path, `${instanceNumber}.dcm`), image.bytes);
    }
    return { path, studyInstanceUid };
  }

  function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('RADTRIAGE_'),
    );
    const env = { ...Object.fromEntries(inherited), RADTRIAGE_DATABASE_URL: server.url };
    const child = spawn(process.execPath, [CLI, 'import', ...args, '--data', data.path], { env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
    return { child, ended };
  }

  const run = async (...args: string[]) => {
    const ended = await start(...args).ended;
    return { ...ended, report: reportSchema.parse(JSON.parse(ended.stdout)) };
  };

  async function keptOf(studyInstanceUid: string): Promise<string[]> {
    const rows = await server.database
      .selectFrom('instance')
      .innerJoin('study', 'study.studyKey', 'instance.studyKey')
      .select('instance.sopInstanceUid')
      .where('study.studyInstanceUid', '=', studyInstanceUid)
      .execute();
    return rows.map((row) => row.sopInstanceUid);
  }

  it('goes on after a kill -9: every image once, none lost', async () => {
    const { path, studyInstanceUid } = images('killed', FILES);
    const { child, ended } = start(path, '--concurrency', '1');
    const recorded = () => server.database.selectFrom('importFile').select('fileKey').execute();
    await waitFor(async () => (await recorded()).length > 0, {
      what: 'the first files to be recorded',
      everyMs: 5,
    });
    child.kill('SIGKILL');
    await ended;
    const before = (await recorded()).length;
    expect(before).toBeLessThan(FILES);
    const { code, report } = await run(path, '--json');
    expect(code).toBe(0);
    expect(report).toMatchObject({ files: FILES, done: FILES, doneBefore: before, failed: 0 });
    expect(report.imported).toBe(FILES - before);
    const kept = await keptOf(studyInstanceUid);
    expect(kept).toHaveLength(FILES);
    expect(new Set(kept).size).toBe(FILES);
    const again = await run(path, '--json');
    expect(again.report).toMatchObject({ doneBefore: FILES, imported: 0 });
    const restarted = await run(path, '--json', '--restart');
    expect(restarted.report).toMatchObject({ doneBefore: 0, outcomes: { duplicate: FILES } });
  });

  it('stops cleanly at Ctrl-C, says how to go on, and goes on', async () => {
    const { path, studyInstanceUid } = images('stopped', FILES);
    const { child, ended } = start(path, '--concurrency', '1');
    await waitFor(async () => (await keptOf(studyInstanceUid)).length > 5, {
      what: 'the first images',
      everyMs: 5,
    });
    child.kill('SIGINT');
    const stopped = await ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('stopped; the same command goes on from here');
    const stored = Number(/^(\d+) stored/.exec(stopped.stdout)?.[1]);
    expect(await keptOf(studyInstanceUid)).toHaveLength(stored);
    expect(stored).toBeLessThan(FILES);
    const { code, report } = await run(path, '--json');
    expect(code).toBe(0);
    expect(report).toMatchObject({
      doneBefore: stored,
      outcomes: { stored: FILES - stored },
      stopped: false,
    });
    expect(await keptOf(studyInstanceUid)).toHaveLength(FILES);
  });

  it('ends with 1 when something failed, and writes each failure to the file it is given', async () => {
    const { path } = images('mixed', 2);
    const whole = minimalImage({ modality: 'CT', seed: 'mixed', instanceNumber: 9 }).bytes;
    writeFileSync(join(path, 'cut.dcm'), whole.subarray(0, -30));
    writeFileSync(join(path, 'notes.txt'), 'a list');
    const errors = join(data.path, 'errors.jsonl');
    const people = await start(path, '--errors', errors).ended;
    expect(people.code).toBe(1);
    expect(people.stdout).toBe('2 stored\nskipped: 1 not DICOM\nfailed: 1 (1 DICOM_TRUNCATED)\n');
    expect(people.stderr).toContain('cut.dcm: DICOM_TRUNCATED');
    const failure: unknown = JSON.parse(readFileSync(errors, 'utf8'));
    expect(failure).toMatchObject({ file: join(path, 'cut.dcm'), code: 'DICOM_TRUNCATED' });
    const script = await run(path, '--json', '--strict');
    expect(script.code).toBe(1);
    expect(script.report).toMatchObject({
      doneBefore: 2,
      failedByCode: { DICOM_TRUNCATED: 1, DICOM_NOT_PART10: 1 },
    });
  });

  it('says what is wrong with a path or an option', async () => {
    const missing = await start(join(data.path, 'none')).ended;
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/NOT_FOUND: .*none cannot be read/);
    const { path } = images('options', 1);
    const unwritable = await start(path, '--errors', join(data.path, 'none', 'errors')).ended;
    expect(unwritable).toMatchObject({ code: 2, stdout: '' });
    const many = await start(path, '--concurrency', '0').ended;
    expect(many.code).not.toBe(0);
    expect(many.stderr).toContain('a number from 1 to 64');
  });
});
