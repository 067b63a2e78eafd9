import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelComparisonSchema } from '#contracts/model-comparison.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { comparisonRoutes } from '#quality/model-comparison/comparison-routes.ts';
import { readShadowRecord } from '#quality/model-comparison/shadow-record.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedModelRun, seedRun, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web, WebServices } from '#worklist/start-web.ts';

interface SeededPair {
  readonly active: boolean;
  readonly shadow: boolean;
  readonly confirmed?: boolean;
  readonly hour?: number;
}

describe('a model in shadow compared with the active one', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let quality: Caller;
  let reader: Caller;
  let count = 0;

  const seedPair = async ({ active, shadow, confirmed, hour = 8 }: SeededPair) => {
    count += 1;
    const { database } = server;
    const imageRevision = count.toString(16).padStart(64, '0');
    const receivedAt = new Date(Date.UTC(2026, 10, 1, hour, count));
    const study = await seedStudy(database, { imageRevision, receivedAt, site: 'North' });
    const modelOf = (modelVersion: string, flagged: boolean) => ({
      ...{ modelId: 'opacity', modelVersion, flagged },
      score: flagged ? 0.9 : 0.1,
      modelSha256: modelVersion.slice(0, 1).repeat(64),
    });
    const { runKey } = await seedRun(database, study, {
      imageRevision,
      model: modelOf('1.0.0', active),
    });
    const candidate = { ...modelOf('2.0.0', shadow), role: 'shadow' } as const;
    await seedModelRun(database, study, { imageRevision, runKey, model: candidate });
    if (confirmed === undefined) return study;
    await database
      .insertInto('review')
      .values({
        ...{ reviewId: `review-${count}`, studyKey: study.studyKey, imageRevision, runKey },
        ...{ seenVersion: 1, kind: 'reading', state: 'signed', reader: 'anna' },
        ...{ readingMode: 'assist', positive: confirmed },
      })
      .execute();
    return study;
  };

  beforeAll(async () => {
    server = await startTestDatabase();
    const rule = loadPriorityRule();
    const comparison = (services: WebServices) => comparisonRoutes({ ...services, rule });
    const place = { database: server.database, databaseUrl: server.url, directory: directory.path };
    web = await startTestWeb(place, {}, { extraRoutes: [comparison] });
    quality = await callerFor(web, server.database, { role: 'qa', name: 'quality' });
    reader = await callerFor(web, server.database, { role: 'radiologist', name: 'reader' });
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });

  const ask = async (query: Record<string, string> = {}) => {
    const search = new URLSearchParams({ a: 'opacity@1.0.0', b: 'opacity@2.0.0', ...query });
    return quality(`/api/model-comparison?${search}`);
  };
  const compare = async (query: Record<string, string> = {}) =>
    modelComparisonSchema.parse(await (await ask(query)).json());

  it('says that no study was seen by both yet', async () => {
    expect(await compare()).toMatchObject({ compared: 0, seen: { a: 0, b: 0, both: 0 } });
  });

  it('counts each study once, with what its readers signed', async () => {
    await seedPair({ active: true, shadow: true, confirmed: true });
    await seedPair({ active: false, shadow: true, confirmed: true });
    const changed = await seedPair({ active: true, shadow: false, confirmed: false });
    await seedPair({ active: false, shadow: false, hour: 20 });
    // A newer run over the same images counts instead of the older one.
    const imageRevision = (3).toString(16).padStart(64, '0');
    const model = {
      modelId: 'opacity',
      modelVersion: '1.0.0',
      score: 0.8,
      modelSha256: '1'.repeat(64),
    };
    await seedRun(server.database, changed, { imageRevision, number: 2, model });
    // A study that only one of them saw, and one on other images.
    const alone = await seedStudy(server.database);
    await seedRun(server.database, alone, { imageRevision: 'e'.repeat(64), model });
    const report = await compare();
    expect(report).toMatchObject({
      seen: { a: 5, b: 4, both: 4 },
      compared: 4,
      flags: { both: 1, onlyA: 1, onlyB: 1, neither: 1 },
      a: { roles: ['active'], sha256: ['1'.repeat(64)], networkMs: { median: 2 } },
      b: { roles: ['shadow'], sha256: ['2'.repeat(64)] },
      readers: {
        signed: 3,
        confirmedFlaggedA: { count: 1, total: 2 },
        confirmedFlaggedB: { count: 2, total: 2 },
        unconfirmedFlaggedA: { count: 1, total: 1 },
      },
    });
    const one = report.differences.find(
      ({ studyInstanceUid }) => studyInstanceUid === changed.studyInstanceUid,
    );
    expect(one).toMatchObject({ flaggedA: true, flaggedB: false, scoreA: 0.8, confirmed: false });
    expect(report.subgroups).toContainEqual(
      expect.objectContaining({ by: 'site', group: 'North' }),
    );
  });

  it('keeps to the window', async () => {
    const window = { from: '2026-11-01T12:00:00Z', to: '2026-11-02T00:00:00Z' };
    expect(await compare(window)).toMatchObject({
      ...window,
      from: '2026-11-01T12:00:00.000Z',
      to: '2026-11-02T00:00:00.000Z',
      seen: { a: 1, b: 1, both: 1 },
    });
  });

  it('keeps a record of what a version made of this site', async () => {
    const record = { modelId: 'opacity', version: '2.0.0' };
    expect(await readShadowRecord(server.database, record)).toMatchObject({
      ...{ analysed: 4, notAnalysed: 0, failed: 0 },
      flagged: { count: 2, total: 4 },
      confirmedFlagged: { count: 2, total: 2 },
    });
  });

  it('is for administrators and quality alone, and for two versions', async () => {
    expect((await reader('/api/model-comparison?a=x@1.0.0&b=x@2.0.0')).status).toBe(403);
    for (const query of [{ b: 'opacity@1.0.0' }, { b: 'opacity' }, { from: 'yesterday' }]) {
      expect((await ask(query)).status).toBe(400);
    }
    const actions = await server.database.selectFrom('auditLog').select('action').execute();
    expect(actions).toContainEqual({ action: 'model-comparison.read' });
  });
});
