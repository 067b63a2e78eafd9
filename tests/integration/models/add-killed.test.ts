import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inspectModelFolder } from '#models/registry/inspect-folder.ts';
import { openRegistry } from '#models/registry/registry.ts';
import { findBrokenAudit } from '#platform/audit-log/audit-log.ts';
import { type ModelSite, startModelSite } from '#tests/support/model-site.ts';
import { slowNetwork } from '#tests/support/onnx/networks.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const CLI = join(ROOT, 'services/cli/radtriage.ts');
const PRELOADED = join(ROOT, 'tests/support/die-at-write.ts');
const FILES = ['MODEL_CARD.md', 'manifest.json', 'model.onnx'];
/** Each start of the program takes a second or more. */
const PATIENCE_MS = 300_000;

let site: ModelSite;
beforeAll(async () => {
  site = await startModelSite();
});
afterAll(() => site.stop());
beforeEach(forget);

async function forget(): Promise<void> {
  await site.server.database.deleteFrom('modelState').execute();
  rmSync(site.path('data/models'), { recursive: true, force: true });
}

function openNow() {
  const { installed, server } = site;
  return openRegistry({ directories: [], installDirectory: installed, database: server.database });
}

function startAdd(folder: string, environment: Record<string, string> = {}) {
  const node = Object.keys(environment).length === 0 ? [] : ['--import', PRELOADED];
  const args = [...node, CLI, 'models', 'add', folder, '--yes'];
  const env = { ...site.environment, ...environment };
  return spawn(process.execPath, args, { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** `models add`, killed at its Nth change in the directory of models; the signal that ended it, or its exit code. */
function addDyingAt(folder: string, change: number): Promise<NodeJS.Signals | number | null> {
  const child = startAdd(folder, { DIE_AT: String(change), DIE_BELOW: site.installed });
  child.stdout.resume();
  child.stderr.resume();
  return new Promise((done) => child.once('close', (code, signal) => done(signal ?? code)));
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

describe('models add, killed', () => {
  it(
    'leaves all of a model or none of it, wherever it dies, and what comes next cleans up',
    async () => {
      const folder = site.bring();
      const afterDeath = new Set<string>();
      let change = 0;
      for (;;) {
        change += 1;
        const end = await addDyingAt(folder, change);
        if (end === 0) break;
        expect(end, `at change ${change}`).toBe('SIGKILL');
        const models = await (await openNow()).list();
        const shown = namesIn(site.installed).filter((name) => !name.startsWith('.'));
        // Never half: what is listed is whole and without fault, and not on record before that is committed.
        expect(models.map(({ problem, pinned, role }) => [problem, pinned, role])).toEqual(
          shown.map(() => [undefined, false, 'shadow']),
        );
        for (const name of shown) expect(namesIn(join(site.installed, name))).toEqual(FILES);
        afterDeath.add(
          namesIn(site.installed)
            .map((name) => (name.startsWith('.') ? '.incoming' : name))
            .join(' '),
        );
        expect(await findBrokenAudit(site.server.database)).toBeNull();
        const registry = await openNow();
        const author = { actor: 'next', note: undefined };
        const added = await registry.install(await inspectModelFolder(folder), author);
        expect(added.isNew).toBe(true);
        if (shown.length === 0) expect(namesIn(site.installed)).toEqual(['opacity@1.0.0']);
        expect(await registry.list()).toMatchObject([{ pinned: true, problem: undefined }]);
        await forget();
      }
      // It died with nothing there, with part of it on its way, and with all of it in place.
      expect([...afterDeath].sort()).toEqual(['', '.incoming', 'opacity@1.0.0']);
      expect(change).toBeGreaterThan(20);
    },
    PATIENCE_MS,
  );

  it('is taken up by the next command as if nothing had been', async () => {
    const folder = site.bring();
    expect(await addDyingAt(folder, 5)).toBe('SIGKILL');
    expect(namesIn(site.installed)).toEqual([expect.stringMatching(/^\.incoming-/)]);
    expect(await site.models(['list', '--json'])).toMatchObject({
      code: 0,
      stdout: '{"models":[]}\n',
    });
    expect(await site.models(['verify'])).toMatchObject({ code: 0, stdout: '' });
    const added = await site.models(['add', folder, '--yes']);
    expect(added.code, added.stderr).toBe(0);
    expect(namesIn(site.installed)).toEqual(['opacity@1.0.0']);
    expect(await site.models(['verify'])).toMatchObject({
      code: 0,
      stdout: 'ok       opacity@1.0.0\n',
    });
  });

  it('takes the process that tries the network with it', async () => {
    const child = startAdd(site.bring({ id: 'hanging' }, slowNetwork(64, 8, 10n ** 12n)));
    child.stdout.resume();
    child.stderr.resume();
    const ended = new Promise((done) => child.once('close', (_, signal) => done(signal)));
    const trying = await waitFor(() => childOf(child.pid ?? 0, 'models/runtime/child.ts'), {
      what: 'the network to be tried',
      deadlineMs: 60_000,
    });
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    await waitFor(() => !existsSync(`/proc/${trying}`), { what: 'the trial to end' });
    expect(namesIn(site.installed)).toEqual([]);
    expect(await site.models(['list', '--json'])).toMatchObject({ stdout: '{"models":[]}\n' });
  });
});

/** Linux tells the children of a process; the one whose command line names the module. */
function childOf(pid: number, module: string): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return children
    .filter((child) => child !== '')
    .map(Number)
    .find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(module));
}
