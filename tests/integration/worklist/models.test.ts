import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Model, modelCardSchema, modelsSchema } from '#contracts/administration.ts';
import { modelRoleResponseSchema } from '#contracts/reading.ts';
import { BUILT_IN_MODELS, openRegistry } from '#models/registry/registry.ts';
import { writeModelFolder } from '#tests/support/onnx/model-folder.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedRun, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

describe('models over the API', () => {
  const directory = temporaryDirectory();
  const models = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let admin: Caller;
  let reader: Caller;

  const list = async (): Promise<ReadonlyMap<string, Model>> => {
    const { models: listed } = modelsSchema.parse(await (await reader('/api/models')).json());
    return new Map(listed.map((model) => [model.id, model]));
  };
  const setRole = (id: string, body: unknown) =>
    admin(`/api/models/${id}/role`, { method: 'POST', body });

  beforeAll(async () => {
    server = await startTestDatabase();
    writeModelFolder(models.path, { id: 'tried' });
    writeModelFolder(models.path, { id: 'altered' });
    appendFileSync(join(models.path, 'altered', 'model.onnx'), 'x');
    const registry = await openRegistry({
      directories: [BUILT_IN_MODELS, models.path],
      database: server.database,
    });
    const place = { database: server.database, databaseUrl: server.url, directory: directory.path };
    web = await startTestWeb(place, {}, { registry });
    admin = await callerFor(web, server.database, { role: 'admin', name: 'chief' });
    reader = await callerFor(web, server.database, { role: 'radiologist', name: 'reader' });
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
    models.remove();
  });

  it('lists them in shadow, with figures, and says why one is refused', async () => {
    const listed = await list();
    expect(listed.get('phantom-lesion')).toMatchObject({
      ...{ role: 'shadow', demonstration: true, problem: null, provider: null },
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(listed.get('cxr-opacity')?.auc).toBeGreaterThan(0.5);
    expect(listed.get('altered')?.problem).toMatch(/^MODEL_ALTERED: /);
    const card = modelCardSchema.parse(await (await reader('/api/models/cxr-opacity/card')).json());
    expect(card.markdown).toMatch(/^# /);
    expect((await reader('/api/models/nothing/card')).status).toBe(404);
  });

  it('names the provider that the newest run of these weights used', async () => {
    const sha256 = (await list()).get('tried')?.sha256 ?? '';
    const study = await seedStudy(server.database);
    await seedRun(server.database, study, {
      imageRevision: 'e'.repeat(64),
      model: { modelId: 'tried', modelSha256: sha256, provider: 'CPUExecutionProvider' },
    });
    expect((await list()).get('tried')?.provider).toBe('CPUExecutionProvider');
  });

  it('promotes by an admin alone, for these very weights, and records it', async () => {
    const sha256 = (await list()).get('tried')?.sha256 ?? '';
    const meant = { version: '1.0.0', sha256, role: 'active', note: 'validated here' };
    const body = { ...meant, allowDemonstration: true };
    const refused = await reader('/api/models/tried/role', { method: 'POST', body });
    expect(refused.status).toBe(403);
    const response = await setRole('tried', body);
    expect(response.status).toBe(200);
    expect((await setRole('tried', meant)).status).toBe(400);
    const { model, effect } = modelRoleResponseSchema.parse(await response.json());
    expect(model).toMatchObject({
      ...{ id: 'tried', role: 'active', pinned: true },
      ...{ changedBy: 'token:chief', note: 'validated here' },
    });
    expect(effect).toMatch(/from now on/);
    expect((await list()).get('tried')?.role).toBe('active');
    const entries = await server.database
      .selectFrom('auditLog')
      .select(['actor', 'details'])
      .where('action', 'like', '%role%')
      .execute();
    expect(entries).toMatchObject([{ actor: 'token:chief', details: { modelId: 'tried' } }]);
    expect((await server.database.selectFrom('outbox').selectAll().execute()).length).toBe(0);
  });

  it('takes the place of the version that was active, and says so', async () => {
    writeModelFolder(models.path, { id: 'tried', version: '1.1.0' });
    const { models: listed } = modelsSchema.parse(await (await reader('/api/models')).json());
    const newer = listed.find(({ id, version }) => id === 'tried' && version === '1.1.0');
    const meant = { version: '1.1.0', sha256: newer?.sha256, role: 'active', note: 'better' };
    const response = await setRole('tried', { ...meant, allowDemonstration: true });
    const { model, effect } = modelRoleResponseSchema.parse(await response.json());
    expect(model).toMatchObject({ version: '1.1.0', role: 'active' });
    expect(effect).toMatch(/Version 1\.0\.0, active until now, runs in shadow/);
    const card = await reader('/api/models/tried/card?version=9.9.9');
    expect([card.status, await card.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
  });

  it('refuses other weights, a refused model, and unknown ones', async () => {
    const codeOf = async (id: string, body: unknown) => {
      const response = await setRole(id, body);
      return [response.status, await response.json()];
    };
    const promotion = { version: '1.0.0', role: 'active', note: 'x', allowDemonstration: true };
    const other = { ...promotion, sha256: 'f'.repeat(64) };
    expect(await codeOf('tried', other)).toMatchObject([409, { code: 'STALE_VERSION' }]);
    expect(await codeOf('nothing', other)).toMatchObject([404, { code: 'NOT_FOUND' }]);
    const altered = { ...promotion, sha256: (await list()).get('altered')?.sha256 };
    expect(await codeOf('altered', altered)).toMatchObject([422, { code: 'MODEL_ALTERED' }]);
    expect(await codeOf('tried', { role: 'chief' })).toMatchObject([
      400,
      { code: 'REQUEST_INVALID' },
    ]);
  });
});
