import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findBrokenAudit } from '#platform/audit-log/audit-log.ts';
import { type ModelSite, startModelSite } from '#tests/support/model-site.ts';
import { testLabel } from '#tests/support/onnx/model-folder.ts';
import { brightnessNetwork } from '#tests/support/onnx/networks.ts';

let site: ModelSite;
beforeAll(async () => {
  site = await startModelSite();
});
afterAll(() => site.stop());
afterEach(async () => {
  await site.server.database.deleteFrom('modelState').execute();
  for (const folder of ['brought', 'data/models']) {
    rmSync(site.path(folder), { recursive: true, force: true });
  }
});

/** A model for patients, so that only what a test is about stands in the way of its promotion. */
const FOR_PATIENTS = { demonstration: false };

async function added(overrides: Parameters<ModelSite['bring']>[0] = {}): Promise<void> {
  const result = await site.models(['add', site.bring(overrides), '--yes']);
  expect(result.code, result.stderr).toBe(0);
}

async function rolesNow(): Promise<Record<string, string>> {
  const { code, stdout } = await site.models(['list', '--json']);
  expect(code).toBe(0);
  const { models } = JSON.parse(stdout);
  return Object.fromEntries(
    models.map((model: { version: string; role: string }) => [model.version, model.role]),
  );
}

async function auditNow() {
  return site.server.database
    .selectFrom('auditLog')
    .select(['actor', 'action', 'details'])
    .orderBy('sequence', 'desc')
    .executeTakeFirstOrThrow();
}

describe('radtriage models add', () => {
  it('checks, shows what it is, tries the network, and keeps it in shadow', async () => {
    const folder = site.bring();
    writeFileSync(join(folder, 'train.py'), '# not ours');
    const note = 'from the vendor';
    const { code, stdout, stderr } = await site.models(['add', folder, '--yes', '--note', note]);
    expect(stderr).toBe('left out: train.py\n');
    expect(stdout).toMatch(/^Model +Bright spots, opacity 1\.0\.0$/m);
    expect(stdout).toMatch(/^Demonstration +not for patients$/m);
    expect(stdout).toMatch(/^Licence +Apache-2\.0$/m);
    expect(stdout).toMatch(/^It loads and runs \(cpu, \d+\.\d ms on zeros\)\.$/m);
    expect(stdout).toContain(
      `opacity@1.0.0 is added, in shadow: ${join(site.installed, 'opacity@1.0.0')}`,
    );
    expect(code).toBe(0);
    expect(await rolesNow()).toEqual({ '1.0.0': 'shadow' });
    expect(await auditNow()).toMatchObject({
      actor: expect.stringMatching(/^cli:/),
      action: 'model-added',
      details: { modelId: 'opacity', note },
    });
    const again = await site.models(['add', folder, '--yes']);
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('was there already'),
    });
  });

  it('asks first, and changes nothing without a yes', async () => {
    const refused = await site.models(['add', site.bring()], 'n\n');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Add it? [y/N]');
    expect(refused.stderr).toContain('not confirmed: nothing was changed (--yes confirms)');
    expect(existsSync(site.installed)).toBe(false);
    expect(await site.models(['add', site.bring()], 'y\n')).toMatchObject({ code: 0 });
    expect(readdirSync(site.installed)).toEqual(['opacity@1.0.0']);
  });

  it('names every fault at once, and what network and manifest do not agree about', async () => {
    const folder = site.bring({ version: 'one' });
    rmSync(join(folder, 'MODEL_CARD.md'));
    const faulty = await site.models(['add', folder, '--yes']);
    expect(faulty.code).toBe(1);
    expect(faulty.stderr).toMatch(
      /cannot be added, 2 faults:\n.*version.*\n? .*MODEL_CARD\.md is/s,
    );
    rmSync(folder, { recursive: true });
    const labels = [testLabel({ index: 3 })];
    const disagreeing = await site.models(['add', site.bring({ labels }), '--yes']);
    expect(disagreeing.code).toBe(1);
    expect(disagreeing.stderr).toMatch(/MODEL_MANIFEST_INVALID: network and manifest do not agree/);
    expect(disagreeing.stderr).toMatch(/score: a vector of 4 scores or more is wanted/);
    expect(await site.models(['add', site.path('nowhere')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no such folder'),
    });
    expect(existsSync(site.installed)).toBe(false);
  });
});

describe('radtriage models list, show and verify', () => {
  it('list what there is, for people and for scripts', async () => {
    expect(await site.models(['list'])).toMatchObject({
      code: 0,
      stdout: 'no models: radtriage models add FOLDER\n',
    });
    await added();
    const { stdout } = await site.models(['list']);
    expect(stdout).toMatch(/^model +role +AUC \(95%\) +sha256 +pinned +note$/m);
    expect(stdout).toMatch(/^opacity@1\.0\.0 +shadow +- +[0-9a-f]{12} +yes$/m);
    const json = JSON.parse((await site.models(['list', '--json'])).stdout);
    expect(json.models).toMatchObject([
      { id: 'opacity', version: '1.0.0', role: 'shadow', pinned: true, problem: null },
    ]);
  });

  it('show one, its card, and that there is no such one', async () => {
    await added();
    const { stdout } = await site.models(['show', 'opacity']);
    expect(stdout).toMatch(
      /^Finds Bright spot +99RADTRIAGE BRIGHT; only from score 0\.5 \(in use\)$/m,
    );
    expect(stdout).toMatch(/^Role +shadow, by cli:\S+ \d{4}-/m);
    expect(stdout).toMatch(/^Pinned +yes$/m);
    const card = await site.models(['show', 'opacity@1.0.0', '--card']);
    expect(card.stdout).toContain('# Opacity');
    expect(JSON.parse((await site.models(['show', 'opacity', '--json'])).stdout)).toMatchObject({
      licence: 'Apache-2.0',
      labels: [{ id: 'bright-spot' }],
    });
    expect(await site.models(['show', 'opacity@2.0.0'])).toMatchObject({
      code: 1,
      stderr: 'NOT_FOUND: no model opacity 2.0.0; there is 1.0.0\n',
    });
  });

  it('verify names a file that was changed, and ends with 1', async () => {
    await added();
    expect(await site.models(['verify'])).toMatchObject({
      code: 0,
      stdout: 'ok       opacity@1.0.0\n',
    });
    const kept = join(site.installed, 'opacity@1.0.0');
    const manifest = join(kept, 'manifest.json');
    chmodSync(manifest, 0o644);
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"Tests"', '"Everything"'));
    const altered = await site.models(['verify']);
    expect(altered.code).toBe(1);
    expect(altered.stdout).toMatch(
      /^refused +opacity@1\.0\.0 +the manifest of opacity 1\.0\.0 changed after cli:\S+ had it pinned$/m,
    );
    chmodSync(join(kept, 'model.onnx'), 0o644);
    writeFileSync(join(kept, 'model.onnx'), brightnessNetwork(64, 16));
    const { code, stdout } = await site.models(['verify', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      models: [
        {
          problem: {
            code: 'MODEL_ALTERED',
            message: 'the model file is not the one its manifest names',
          },
        },
      ],
    });
    expect((await site.models(['list'])).stdout).toMatch(/shadow, refused/);
    const promoted = await site.models(['promote', 'opacity', '--note', 'x']);
    expect(promoted).toMatchObject({ code: 1, stderr: expect.stringContaining('MODEL_ALTERED') });
  });
});

describe('radtriage models promote, shadow, retire and remove', () => {
  it('needs a note, and leave for a demonstration', async () => {
    await added();
    const silent = await site.models(['promote', 'opacity']);
    expect(silent.code).toBe(1);
    expect(silent.stderr).toContain("required option '--note <text>' not specified");
    expect(await site.models(['promote', 'opacity', '--note', ' '])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('a promotion needs a note'),
    });
    expect(await site.models(['promote', 'opacity', '--note', 'tried'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is for demonstration and not for patients'),
    });
    expect(await rolesNow()).toEqual({ '1.0.0': 'shadow' });
    const leave = ['--allow-demonstration', '--note', 'tried'];
    expect(await site.models(['promote', 'opacity', ...leave])).toMatchObject({ code: 0 });
    expect(await rolesNow()).toEqual({ '1.0.0': 'active' });
  });

  it('warns of what is not known, and says what becomes of the one before', async () => {
    await added(FOR_PATIENTS);
    const first = await site.models(['promote', 'opacity', '--note', 'tried']);
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/warning: it has seen 0 studies .* fewer than 100/);
    expect(first.stderr).toMatch(/warning: readers have confirmed no finding/);
    expect(first.stdout).toMatch(/opacity@1\.0\.0 is now active\n$/);
    await added({ ...FOR_PATIENTS, version: '1.1.0' });
    await added({ ...FOR_PATIENTS, version: '1.2.0' });
    expect(await site.models(['promote', 'opacity', '--note', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/say which version: opacity@1\.[12]\.0, opacity@1\.[12]\.0/),
    });
    const second = await site.models(['promote', 'opacity@1.1.0', '--note', 'better']);
    expect(second.stdout).toContain('Against opacity@1.0.0 over 0 studies');
    expect(second.stdout).toContain('opacity@1.0.0, active until now, goes on in shadow');
    const retiring = ['--previous', 'retired', '--note', 'better still'];
    const third = await site.models(['promote', 'opacity@1.2.0', ...retiring]);
    expect(third.stdout).toContain('opacity@1.1.0, active until now, is retired');
    expect(await rolesNow()).toEqual({ '1.0.0': 'shadow', '1.1.0': 'retired', '1.2.0': 'active' });
    expect(await auditNow()).toMatchObject({
      action: 'model-role-changed',
      details: {
        ...{ version: '1.2.0', role: 'active', note: 'better still' },
        ...{ replaces: '1.1.0', previousRole: 'retired' },
      },
    });
    const unknown = await site.models(['promote', 'opacity', '--previous', 'gone', '--note', 'x']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('Allowed choices are shadow, retired');
  });

  it('takes one back, ends it, and forgets it, not while it is active', async () => {
    await added(FOR_PATIENTS);
    await site.models(['promote', 'opacity', '--note', 'tried']);
    expect(await site.models(['remove', 'opacity', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('say which version: ID@VERSION'),
    });
    expect(await site.models(['remove', 'opacity@1.0.0', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('opacity 1.0.0 is active: retire it first'),
    });
    expect(await site.models(['shadow', 'opacity', '--note', 'too many alarms'])).toMatchObject({
      code: 0,
      stdout: 'opacity@1.0.0 is now in shadow\n',
    });
    expect(await site.models(['retire', 'opacity@1.0.0'])).toMatchObject({
      code: 0,
      stdout: 'opacity@1.0.0 is now retired\n',
    });
    expect(await site.models(['remove', 'opacity@1.0.0'], 'n\n')).toMatchObject({ code: 2 });
    expect(readdirSync(site.installed)).toEqual(['opacity@1.0.0']);
    expect(await site.models(['remove', 'opacity@1.0.0'], 'yes\n')).toMatchObject({
      code: 0,
      stdout: 'opacity@1.0.0 is forgotten\n',
    });
    expect([readdirSync(site.installed), await rolesNow()]).toEqual([[], {}]);
    expect(await auditNow()).toMatchObject({ action: 'model-removed' });
    expect(await findBrokenAudit(site.server.database)).toBeNull();
    expect(await site.models(['retire', 'opacity'])).toMatchObject({
      code: 1,
      stderr: 'NOT_FOUND: no model opacity\n',
    });
  });
});

describe('the help of radtriage models', () => {
  const COMMANDS = ['add', 'list', 'show', 'verify', 'bench', 'compare', 'shadow', 'promote'];
  it.each([...COMMANDS, 'retire', 'remove'])(
    '%s says what it does, with an example',
    async (name) => {
      const { code, stdout } = await site.models([name, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: radtriage models ${name} `));
      expect(stdout).toMatch(new RegExp(`Examples?:\\n +radtriage models ${name}`));
      expect(stdout).toContain('--data <dir>');
    },
  );
});
