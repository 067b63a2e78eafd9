import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ownJournal } from '#platform/blob-store/journal/owner.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const OWNER = new URL('../../../services/platform/blob-store/journal/owner.ts', import.meta.url);

function temporary(): string {
  const directory = temporaryDirectory();
  cleanups.push(directory.remove);
  return directory.path;
}

/** Another process that owns the journal. */
async function startOwner(folder: string): Promise<ChildProcess> {
  const script = `
    const { ownJournal } = await import(${JSON.stringify(OWNER.href)});
    await ownJournal(${JSON.stringify(folder)});
    console.log('owned');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

function growOld(folder: string): void {
  const longAgo = new Date(Date.now() - 3600_000);
  utimesSync(join(folder, 'owner.json'), longAgo, longAgo);
}

describe('the owner of a journal', () => {
  it('keeps every other out while it lives, also when it has been stopped for long', async () => {
    const folder = temporary();
    const owner = await startOwner(folder);
    await expect(ownJournal(folder, 100)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    owner.kill('SIGSTOP');
    growOld(folder);
    await expect(ownJournal(folder, 100)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
  });

  it('that was killed is followed at once', async () => {
    const folder = temporary();
    const owner = await startOwner(folder);
    const exit = once(owner, 'exit');
    owner.kill('SIGKILL');
    await exit;
    const next = await ownJournal(folder, 0);
    expect(JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))).toMatchObject({
      pid: process.pid,
    });
    await next.release();
  });

  it('whose process number was given again is followed at once', async () => {
    const folder = temporary();
    const owner = { pid: process.ppid, host: hostname(), started: '1' };
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
    await (await ownJournal(folder, 0)).release();
  });

  it('on another machine counts as gone once it gives no sign of life', async () => {
    const folder = temporary();
    const owner = { pid: 1, host: 'elsewhere', started: '1' };
    writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner));
    await expect(ownJournal(folder, 100)).rejects.toMatchObject({ code: 'DATA_FOLDER_UNUSABLE' });
    growOld(folder);
    await (await ownJournal(folder, 0)).release();
  });
});
