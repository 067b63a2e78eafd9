import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { toRadTriageError } from '#core/errors.ts';
import type { ModelEvaluation } from '#core/model-evaluation.ts';
import {
  isUsable,
  type ModelRegistry,
  openRegistry,
  type RoleChange,
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

function promotion(sha256: string): RoleChange {
  const note = 'tried on our own studies';
  const change = { modelId: 'first', version: '1.0.0', sha256, actor: 'admin', note };
  return { ...change, role: 'active', allowDemonstration: true };
}

describe('the model registry', () => {
  it('lists a model in shadow until it is promoted, with who did it, in the audit log too', async () => {
    const model = await theOnly();
    expect(model).toMatchObject({ id: 'first', role: 'shadow', problem: undefined });
    const sha256 = model.manifest?.sha256 ?? '';
    const change = {
      modelId: 'first',
      version: '1.0.0',
      sha256,
      allowDemonstration: true,
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

  it('gives a role to the weights and the version that are meant, and to no other', async () => {
    const sha256 = (await theOnly()).sha256;
    writeModelFolder(models.path, { id: 'first' }, brightnessNetwork(64, 16));
    const codeOf = (change: Partial<RoleChange>) =>
      registry.setRole({ ...promotion(sha256), ...change }).then(
        () => 'changed',
        (error: unknown) => toRadTriageError(error).code,
      );
    expect(await codeOf({})).toBe('STALE_VERSION');
    expect(await codeOf({ modelId: 'other' })).toBe('NOT_FOUND');
    expect(await codeOf({ version: '2.0.0' })).toBe('NOT_FOUND');
    const own = (await theOnly()).sha256;
    expect(await codeOf({ sha256: own, note: ' ' })).toBe('REQUEST_INVALID');
    expect(await codeOf({ sha256: own, allowDemonstration: false })).toBe('REQUEST_INVALID');
    expect(await theOnly()).toMatchObject({ role: 'shadow', pinned: false });
    expect(await codeOf({ sha256: own })).toBe('changed');
    expect(await theOnly()).toMatchObject({ role: 'active', pinned: true });
  });

  it('keeps an evaluation of the very files, with a promotion alone', async () => {
    const { id, version, sha256, manifestSha256 } = await theOnly();
    const evaluation: ModelEvaluation = {
      ...{ reportSha256: 'a'.repeat(64), createdAt: '2026-11-01T08:00:00.000Z' },
      model: { id, version, sha256, manifestSha256 },
      unit: 'study',
      ...{ units: 10, analysed: 9, patients: 8, knowsPatients: true, labels: [] },
    };
    const other = { ...evaluation, model: { ...evaluation.model, manifestSha256: sha256 } };
    const refused = { code: 'REQUEST_INVALID' };
    const change = promotion(sha256);
    await expect(registry.setRole({ ...change, evaluation: other })).rejects.toMatchObject(refused);
    await expect(registry.setRole({ ...change, role: 'shadow', evaluation })).rejects.toMatchObject(
      refused,
    );
    expect((await theOnly()).evaluation).toBeUndefined();
    await registry.setRole({ ...change, evaluation });
    await registry.setRole({ ...change, role: 'shadow' });
    expect((await theOnly()).evaluation).toEqual(evaluation);
  });

  it('finds a file and its manifest that were changed together, and a manifest alone', async () => {
    await registry.setRole(promotion((await theOnly()).sha256));
    const [original] = await registry.list();
    writeModelFolder(models.path, { id: 'first' }, brightnessNetwork(64, 16));
    const altered = await theOnly();
    expect(altered).toMatchObject({ role: 'active', problem: { code: 'MODEL_ALTERED' } });
    expect(altered.problem?.message).toMatch(
      /model file and manifest .* changed after admin had it/,
    );
    expect(isUsable(altered)).toBe(false);
    await expect(registry.setRole(promotion(altered.sha256))).rejects.toMatchObject({
      code: 'MODEL_ALTERED',
    });
    writeModelFolder(models.path, { id: 'first', intendedUse: 'Everything' });
    expect((await theOnly()).problem?.message).toMatch(/the manifest of first 1\.0\.0 changed/);
    writeModelFolder(models.path, { id: 'first' });
    expect(await theOnly()).toMatchObject({ problem: undefined, sha256: original?.sha256 });
  });

  it('lets what was altered be taken out of service, and keeps it pinned', async () => {
    await registry.setRole(promotion((await theOnly()).sha256));
    writeModelFolder(models.path, { id: 'first' }, brightnessNetwork(64, 16));
    const { sha256 } = await theOnly();
    await registry.setRole({ ...promotion(sha256), role: 'retired' });
    expect(await theOnly()).toMatchObject({ role: 'retired', problem: { code: 'MODEL_ALTERED' } });
  });

  it('keeps a version with a role on the list when its folder is gone', async () => {
    await registry.setRole(promotion((await theOnly()).sha256));
    rmSync(join(models.path, 'first'), { recursive: true });
    const gone = await theOnly();
    expect(gone).toMatchObject({
      ...{ id: 'first', version: '1.0.0', role: 'active', folder: '' },
      problem: { code: 'MODEL_MISSING' },
    });
    await registry.setRole({ ...promotion(gone.sha256), role: 'retired' });
    expect(await registry.list()).toEqual([]);
  });

  it('refuses an altered file, also one altered while it runs, and keeps it on the list', async () => {
    const { folder, sha256 } = await theOnly();
    appendFileSync(join(folder, 'model.onnx'), 'x');
    const altered = await theOnly();
    expect(altered.problem?.code).toBe('MODEL_ALTERED');
    expect(isUsable(altered)).toBe(false);
    await expect(registry.setRole(promotion(sha256))).rejects.toMatchObject({
      code: 'MODEL_ALTERED',
    });
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
    const { sha256 } = await registry.find({ modelId: 'first' });
    await registry.setRole({ ...promotion(sha256), role: 'retired' });
    expect(await registry.activateAll('up --activate-models')).toEqual(['second']);
    const roles = (await registry.list()).map(({ id, role }) => [id, role]);
    expect(roles).toEqual([
      ['first', 'retired'],
      ['second', 'active'],
    ]);
    expect(await registry.activateAll('up --activate-models')).toEqual([]);
  });

  it('gives the card, or says that there is none', async () => {
    await expect(registry.readCard({ modelId: 'first' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    writeFileSync(join(models.path, 'first', 'MODEL_CARD.md'), '# First');
    expect(await registry.readCard({ modelId: 'first' })).toBe('# First');
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
