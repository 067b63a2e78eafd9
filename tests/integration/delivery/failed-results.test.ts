import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failedResultActSchema, failedResultsSchema } from '#contracts/results.ts';
import { claimDueSet } from '#delivery/results/claim-set.ts';
import { failedResultRoutes } from '#delivery/results/failed-result-routes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { type SeededStudy, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

describe('results that could not be made', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let admin: Caller;
  let study: SeededStudy;
  let id: string;

  beforeAll(async () => {
    server = await startTestDatabase();
    const place = { database: server.database, databaseUrl: server.url, directory: directory.path };
    web = await startTestWeb(place, {}, { extraRoutes: [failedResultRoutes] });
    admin = await callerFor(web, server.database, { role: 'admin', name: 'cyn' });
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });
  beforeEach(async () => {
    study = await seedStudy(server.database);
    const { resultSetKey } = await server.database
      .insertInto('resultSet')
      .values({
        ...{ studyKey: study.studyKey, runKey: null, reviewId: null, number: 1 },
        ...{ state: 'failed', reason: 'PIXELS_UNDECODABLE: cut short', attempts: 8 },
      })
      .returning('resultSetKey')
      .executeTakeFirstOrThrow();
    id = resultSetKey;
  });

  const list = async () =>
    failedResultsSchema.parse(await (await admin('/api/admin/failed-results')).json()).results;
  const decide = (act: string, key = id) =>
    admin(`/api/admin/failed-results/${key}/${act}`, { method: 'POST' });

  it('are listed with the reason, and nothing of the patient', async () => {
    const { studyInstanceUid } = study;
    expect((await list())[0]).toMatchObject({
      ...{ id, studyInstanceUid, number: 1, signedBy: null, attempts: 8 },
      reason: 'PIXELS_UNDECODABLE: cut short',
    });
    expect(JSON.stringify(await list())).not.toContain('Phantom');
  });

  it('are made once more when an administrator says so', async () => {
    const answer = failedResultActSchema.parse(await (await decide('retry')).json());
    expect(answer).toEqual({ id, state: 'waiting' });
    expect(await claimDueSet(server.database, new Date())).toMatchObject({ resultSetKey: id });
    expect((await decide('retry')).status).toBe(404);
  });

  it('are left at that when an administrator says so', async () => {
    expect((await decide('dismiss')).status).toBe(200);
    expect((await list()).map((each) => each.id)).not.toContain(id);
    expect((await decide('dismiss', '999999')).status).toBe(404);
    const entries = await server.database
      .selectFrom('auditLog')
      .select(['action', 'actor'])
      .where('studyInstanceUid', '=', study.studyInstanceUid)
      .execute();
    expect(entries).toEqual([{ action: 'result.dismissed', actor: 'token:cyn' }]);
  });

  it('are no business of a radiologist', async () => {
    const owner = { role: 'radiologist' as const, name: 'ada' };
    const reader = await callerFor(web, server.database, owner);
    expect((await reader('/api/admin/failed-results')).status).toBe(403);
  });
});
