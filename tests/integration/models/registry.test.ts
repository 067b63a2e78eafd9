import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  isUsable,
  type ModelRegistry,
  openRegistry,
  runnableModel,
} from '#models/registry/registry.ts';
import { findBrokenAudit } from '#platform/audit-log/audit-log.ts';
import { writeModelFolder } from '#tests/support/onnx/model-folder.ts';
import { brightnessNetwork } from '#tests/support/onnx/networks.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

let server: TestDatabase;
let models: ReturnType<typeof temporaryDirectory>;
let registry: ModelRegistry;

beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  await server.database.deleteFrom('modelState').execute();
  models = temporaryDirectory();
  writeModelFolder(models.path, { id: 'first' });
  registry = await open();
});
afterEach(() => models.remove());

function open(): Promise<ModelRegistry> {
  return openRegistry({ directories: [models.path], database: server.database });
}

async function theOnly() {
  const [model] = await registry.list();
  if (model === undefined) throw new Error('no model');
  return model;
}

describe('the model registry', () => {
  it('lists a model in shadow until it is promoted, with who did it, in the audit log too', async () => {
    const model = await theOnly();
    expect(model).toMatchObject({ id: 'first', role: 'shadow', problem: undefined });
    const sha256 = model.manifest?.sha256 ?? '';
    const change = {
      modelId: 'first',
      sha256,
      role: 'active',
      actor: 'admin',
      note: 'tried',
    } as const;
    await registry.setRole(change);
    expect(await theOnly()).toMatchObject({ role: 'active', changedBy: 'admin', note: 'tried' });
    await registry.setRole({ ...change, role: 'retired', note: undefined });
    expect(await (await open()).list()).toMatchObject([{ role: 'retired', note: undefined }]);
    const audit = await server.database
      .selectFrom('auditLog')
      .select(['actor', 'action', 'details'])
      .orderBy('sequence')
      .execute();
    expect(audit).toMatchObject([
      {
        actor: 'admin',
        action: 'model-role-changed',
        details: { modelId: 'first', sha256, role: 'active' },
      },
      { details: { role: 'retired' } },
    ]);
    expect(await findBrokenAudit(server.database)).toBeNull();
  });

  it('binds a role to the very weights', async () => {
    const { manifest } = await theOnly();
    const sha256 = manifest?.sha256 ?? '';
    await registry.setRole({ modelId: 'first', sha256, role: 'active', actor: 'admin' });
    writeModelFolder(models.path, { id: 'first' }, brightnessNetwork(64, 16));
    expect(await theOnly()).toMatchObject({ role: 'shadow', problem: undefined });
    const stale = registry.setRole({ modelId: 'first', sha256, role: 'active', actor: 'admin' });
    await expect(stale).rejects.toMatchObject({ code: 'STALE_VERSION' });
    const unknown = registry.setRole({ modelId: 'other', sha256, role: 'active', actor: 'admin' });
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses an altered file, also one altered while it runs, and keeps it on the list', async () => {
    const { folder, manifest } = await theOnly();
    appendFileSync(join(folder, 'model.onnx'), 'x');
    const altered = await theOnly();
    expect(altered.problem?.code).toBe('MODEL_ALTERED');
    expect(isUsable(altered)).toBe(false);
    const sha256 = manifest?.sha256 ?? '';
    const promotion = registry.setRole({
      modelId: 'first',
      sha256,
      role: 'active',
      actor: 'admin',
    });
    await expect(promotion).rejects.toMatchObject({ code: 'MODEL_ALTERED' });
    expect(await registry.activateAll('script')).toEqual([]);
    rmSync(join(folder, 'model.onnx'));
    expect((await theOnly()).problem?.code).toBe('MODEL_MISSING');
  });

  it('lists an invalid manifest by its folder, and refuses a repeated id', async () => {
    const broken = join(models.path, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'manifest.json'), '{"id": 7}');
    const copy = join(models.path, 'other-place');
    writeModelFolder(copy, { id: 'first' });
    registry = await openRegistry({
      directories: [models.path, copy],
      database: server.database,
    });
    const listed = await registry.list();
    expect(listed.map(({ id, problem }) => [id, problem?.code])).toEqual([
      ['broken', 'MODEL_MANIFEST_INVALID'],
      ['first', undefined],
      ['first', 'MODEL_MANIFEST_INVALID'],
    ]);
  });

  it('activates all in shadow for scripts, but nothing retired', async () => {
    writeModelFolder(models.path, { id: 'second', version: '2.0.0' });
    const first = (await registry.list()).find(({ id }) => id === 'first');
    const sha256 = first?.manifest?.sha256 ?? '';
    await registry.setRole({ modelId: 'first', sha256, role: 'retired', actor: 'admin' });
    expect(await registry.activateAll('up --activate-models')).toEqual(['second']);
    const roles = (await registry.list()).map(({ id, role }) => [id, role]);
    expect(roles).toEqual([
      ['first', 'retired'],
      ['second', 'active'],
    ]);
    expect(await registry.activateAll('up --activate-models')).toEqual([]);
  });

  it('gives the card, or says that there is none', async () => {
    await expect(registry.readCard('first')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    writeFileSync(join(models.path, 'first', 'MODEL_CARD.md'), '# First');
    expect(await registry.readCard('first')).toBe('# First');
  });

  it('refuses a directory that is not there', async () => {
    const directories = [join(models.path, 'nowhere')];
    await expect(openRegistry({ directories, database: server.database })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('describes to the runtime what the manifest says', async () => {
    const model = await theOnly();
    if (!isUsable(model)) throw new Error('refused');
    expect(runnableModel(model)).toMatchObject({
      path: join(models.path, 'first', 'model.onnx'),
      inputName: 'image',
      dims: [1, 1, 64, 64],
      maximumBatch: 1,
      outputNames: ['score', 'heatmap'],
    });
  });
});
