import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal, recordKey } from '#quality/evaluation/journal.ts';
import { scored } from './sample.ts';

let folder: string;
const path = () => join(folder, 'journal.ndjson');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function write(...names: string[]) {
  const journal = await openJournal(folder, { again: false });
  const records = names.map((name) => scored(name, 0.5));
  await Promise.all(records.map((record) => journal.append(record)));
  await journal.close();
  return records;
}

describe('journal of scores', () => {
  it('knows after a restart what it was told, and joins patients by the same digests', async () => {
    const [a, b] = await write('a', 'b');
    const first = await openJournal(folder, { again: false });
    const digest = first.patientDigest('issuer', 'PATIENT-007');
    await first.close();
    const journal = await openJournal(folder, { again: false });
    expect(journal.find('a', a?.key ?? '')).toEqual(a);
    expect(journal.find('b', b?.key ?? '')).toEqual(b);
    expect(journal.find('a', b?.key ?? '')).toBeUndefined();
    expect(journal.patientDigest('issuer', 'PATIENT-007')).toBe(digest);
    expect(journal.patientDigest(undefined, 'PATIENT-007')).not.toBe(digest);
    await journal.close();
    expect(await readFile(path(), 'utf8')).not.toContain('PATIENT-007');
  });

  it('drops a torn last line and goes on behind the last whole one', async () => {
    const [a] = await write('a');
    const whole = await readFile(path(), 'utf8');
    await appendFile(path(), '{"file":"b","fileSha');
    const [c] = await write('c');
    expect(await readFile(path(), 'utf8')).toBe(`${whole}${JSON.stringify(c)}\n`);
    const journal = await openJournal(folder, { again: false });
    expect(journal.find('a', a?.key ?? '')).toEqual(a);
    expect(journal.find('c', c?.key ?? '')).toEqual(c);
    await journal.close();
  });

  it('begins anew when only a torn heading is there', async () => {
    await writeFile(path(), '{"kind":"radtri');
    const [a] = await write('a');
    const journal = await openJournal(folder, { again: false });
    expect(journal.find('a', a?.key ?? '')).toEqual(a);
    await journal.close();
  });

  it('forgets everything when asked to', async () => {
    const [a] = await write('a');
    const journal = await openJournal(folder, { again: true });
    expect(journal.find('a', a?.key ?? '')).toBeUndefined();
    await journal.close();
    expect((await readFile(path(), 'utf8')).split('\n')).toHaveLength(2);
  });

  it('refuses a whole line that it cannot read, rather than scoring over it', async () => {
    await write('a');
    await appendFile(path(), '{"file":"b"}\n');
    await expect(openJournal(folder, { again: false })).rejects.toThrowError(/line 3 .* --again/);
  });

  it('gives another key for another file, model, manifest or context', () => {
    const parts = { fileSha256: 'a', modelSha256: 'b', scoringSha256: 'c', context: 'd' };
    const keys = [
      parts,
      { ...parts, fileSha256: 'x' },
      { ...parts, modelSha256: 'x' },
      { ...parts, scoringSha256: 'x' },
      { ...parts, context: 'x' },
    ].map(recordKey);
    expect(new Set(keys).size).toBe(5);
    expect(recordKey({ ...parts })).toBe(keys[0]);
  });
});
