import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { qualitySummarySchema } from '#contracts/quality.ts';
import { studyDetailSchema } from '#contracts/study.ts';
import { USER_ROLES, type UserRole } from '#core/finding.ts';
import { openRegistry } from '#models/registry/registry.ts';
import type { Route } from '#platform/http/route.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { comparisonRoutes } from '#quality/model-comparison/comparison-routes.ts';
import { qualityRoutes } from '#quality/quality-routes.ts';
import { type MinimalObject, minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import {
  type SeededRun,
  type SeededStudy,
  seedFiles,
  seedModelRun,
  seedResults,
  seedRun,
  seedStudy,
} from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerWith, startTestWeb } from '#tests/support/web-server.ts';
import { createAccount } from '#worklist/accounts/accounts.ts';
import { openSession } from '#worklist/accounts/sessions.ts';
import { findPlacesIn } from '#worklist/dicomweb/store/store-results.ts';
import { SESSION_COOKIE } from '#worklist/session/authenticate.ts';
import type { Web, WebServices } from '#worklist/start-web.ts';
import { findWithheld } from '#worklist/study/sight.ts';

/** Words and numbers that stand nowhere but in what the AI, or who saw it, has said. */
const LABEL = 'quokkasis';
const SCORE = 0.917253;
const REASON = 'STAT: raised by the word of a wombat-net';
const RULE_NAME = 'kiwi-pager';
const OTHER_COMMENT = 'a numbat upper left';
const MODEL = 'wombat-net';

describe('a study that is read blind first', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let study: SeededStudy;
  let run: SeededRun;
  let image: { sopInstanceUid: string; seriesInstanceUid: string };
  let objects: MinimalObject[];
  let secrets: string[];
  /** A radiologist who has every other role as well: whatever a small site gives one person. */
  let reader: Caller;
  let other: Caller;
  let judge: Caller;

  const callerOf = async (name: string, roles: UserRole[]): Promise<Caller> => {
    await createAccount(server.database, {
      ...{ username: name, password: `${name} and a long word`, roles },
    });
    const secret = await openSession(server.database, name);
    const origin = new URL(web.url).origin;
    return callerWith(web.url, { cookie: `${SESSION_COOKIE}=${secret}`, origin });
  };

  beforeAll(async () => {
    server = await startTestDatabase();
    const { database } = server;
    study = await seedStudy(database, {
      ...{ flagged: true, score: SCORE, scoreModel: MODEL, priority: 'STAT', reason: REASON },
    });
    const drawn = minimalImage({
      ...{ modality: 'DX', seed: 1, studyInstanceUid: study.studyInstanceUid },
    });
    image = drawn;
    const place = { directory: directory.path };
    const imageRevision = await seedFiles(database, study, { ...place, files: [drawn.bytes] });
    const foreign = minimalObject({ kind: 'SR', seed: 1, of: drawn });
    const placed = minimalObject({ kind: 'SEG', seed: 2, of: drawn });
    const placeless = minimalObject({ kind: 'KO', seed: 3, of: drawn });
    objects = [foreign, placed, placeless];
    const files = objects.map((object) => object.bytes);
    await seedFiles(database, study, { ...place, kind: 'object', files });
    const model = { modelId: MODEL, score: SCORE };
    run = await seedRun(database, study, {
      ...{ imageRevision, sopInstanceUid: image.sopInstanceUid, model },
    });
    await seedModelRun(database, study, {
      ...{ imageRevision, runKey: run.runKey, sopInstanceUid: image.sopInstanceUid },
      model: { ...model, modelVersion: '2.0.0', flagged: false },
    });
    await database.updateTable('finding').set({ label: LABEL, score: SCORE }).execute();
    await seedResults(database, { study, runKey: run.runKey }, [
      { object: placed, kind: 'seg', showsPlace: true },
      { object: placeless, kind: 'ko', showsPlace: false },
    ]);
    const now = new Date();
    await database
      .insertInto('notification')
      .values({
        ...{ rule: RULE_NAME, studyKey: study.studyKey, runKey: run.runKey, state: 'sent' },
        ...{ idempotencyKey: randomUUID(), nextAttemptAt: now, giveUpAt: now, sentAt: now },
        content: JSON.stringify({ studyInstanceUid: study.studyInstanceUid }),
      })
      .execute();
    await database
      .insertInto('review')
      .values({
        ...{ reviewId: randomUUID(), studyKey: study.studyKey, imageRevision, runKey: run.runKey },
        ...{ seenVersion: 1, kind: 'second-reading', state: 'signed', reader: 'quentin' },
        ...{ readingMode: 'assist', comment: OTHER_COMMENT, positive: true, openedAt: null },
        undoneAt: null,
      })
      .execute();
    const registry = await openRegistry({ directories: [], database });
    const rule = loadPriorityRule();
    const comparison = (services: WebServices) => comparisonRoutes({ ...services, rule });
    web = await startTestWeb(
      { database, databaseUrl: server.url, directory: directory.path },
      { blindFirst: 'site' },
      { registry, extraRoutes: [qualityRoutes, comparison] },
    );
    reader = await callerOf('rosa', [...USER_ROLES]);
    other = await callerOf('otto', ['radiologist']);
    judge = await callerOf('quentin', ['qa']);
    const uids = objects.flatMap((each) => [each.sopInstanceUid, each.seriesInstanceUid]);
    const words = [LABEL, String(SCORE), REASON, OTHER_COMMENT, MODEL];
    secrets = [...words, RULE_NAME, run.findingId, run.heatmapId, ...uids];
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });

  const path = () => `/api/studies/${study.studyInstanceUid}`;
  const post = (caller: Caller, end: string, body?: unknown) =>
    caller(`${path()}${end}`, { method: 'POST', ...(body === undefined ? {} : { body }) });
  const detailFor = async (caller: Caller) =>
    studyDetailSchema.parse(await (await caller(path())).json());

  const fill = (route: Route, place: { sopInstanceUid: string; seriesInstanceUid: string }) =>
    route.path
      .replace(':uid', study.studyInstanceUid)
      .replace(':study', study.studyInstanceUid)
      .replace(':series', place.seriesInstanceUid)
      .replace(':instance', place.sopInstanceUid)
      .replace(':frames', '1')
      .replace(':id', route.path.includes('heatmaps') ? run.heatmapId : '1');

  /** Every question that has an answer, in its most talkative form. */
  function questionsOf(route: Route): string[] {
    const versions = `a=${MODEL}@1.0.0&b=${MODEL}@2.0.0`;
    const queries: Readonly<Record<string, string>> = {
      '/api/worklist': '?readingStatus=unread,open,reviewed,reported-elsewhere',
      '/api/worklist/news': '?since=2026-01-01T00:00:00Z',
      '/api/worklist/rows': `?studies=${study.studyInstanceUid}`,
      '/api/quality/studies': '?filter=all',
      '/api/model-comparison': `?${versions}`,
    };
    const query = queries[route.path] ?? '';
    return [image, ...objects].map((place) => fill(route, place) + query);
  }

  it('gives nothing of the AI through any GET, whatever other roles its reader has', async () => {
    const asked = new Set<string>();
    for (const route of web.routes) {
      if (route.method !== 'GET' || route.path === '/api/events') continue;
      for (const question of questionsOf(route)) {
        const response = await reader(question);
        const text = `${JSON.stringify([...response.headers])} ${await response.text()}`;
        // What was asked for may be named back.
        const told = secrets.filter(
          (secret) => text.includes(secret) && !question.includes(secret),
        );
        expect([question, told]).toEqual([question, []]);
        asked.add(`${route.path} ${response.status}`);
      }
    }
    for (const expected of [
      '/api/worklist 200',
      '/api/worklist/news 200',
      '/api/worklist/rows 200',
      '/api/worklist/facets 200',
      '/api/studies/:uid 200',
      '/api/studies/:uid/heatmaps/:id 403',
      '/api/studies/:uid/results 403',
      '/api/quality/studies 200',
      '/api/admin/notifications 200',
      '/api/model-comparison 200',
      '/dicomweb/studies/:study/metadata 200',
      '/dicomweb/studies/:study/instances 200',
      '/dicomweb/studies/:study/series/:series/instances/:instance/frames/:frames 200',
    ]) {
      expect([...asked]).toContain(expected);
    }
  });

  it('has its class and its images, and says that something is withheld', async () => {
    expect(await detailFor(reader)).toMatchObject({
      ...{ aiWithheld: true, priority: 'STAT', score: null, scoreModel: null, flagged: false },
      ...{ notification: null, findings: [], heatmaps: [], explanations: [], reviews: [] },
      ...{ notifications: [], impression: null, imageCount: 1 },
      series: [{ instances: [{ sopInstanceUid: image.sopInstanceUid }] }],
    });
    const root = `/dicomweb/studies/${study.studyInstanceUid}`;
    const found = await (await reader(`${root}/series`)).json();
    expect(found).toHaveLength(1);
    const whole = Buffer.from(await (await reader(root)).arrayBuffer());
    for (const object of objects) expect(whole.includes(object.sopInstanceUid)).toBe(false);
    const { instanceKey } = await server.database
      .selectFrom('instance')
      .select('instanceKey')
      .where('sopInstanceUid', '=', objects[2]?.sopInstanceUid ?? '')
      .executeTakeFirstOrThrow();
    const places = (blindFirst: { reader: string; share: number } | null) =>
      findPlacesIn(server.database, { readingMode: 'assist', blindFirst })([instanceKey]);
    expect((await places({ reader: 'rosa', share: 1 })).size).toBe(0);
    expect((await places(null)).size).toBe(1);
  });

  it('is told in full to who does not read studies, so the secrets are ones', async () => {
    const told = await (await judge(path())).text();
    for (const secret of [LABEL, String(SCORE), OTHER_COMMENT, RULE_NAME, run.heatmapId]) {
      expect(told).toContain(secret);
    }
    const question = `/api/model-comparison?a=${MODEL}@1.0.0&b=${MODEL}@2.0.0`;
    expect(await (await judge(question)).text()).toContain(study.studyInstanceUid);
    expect(await (await reader(question)).text()).not.toContain(study.studyInstanceUid);
  });

  it('is neither found, signed nor acknowledged by what is withheld', async () => {
    await post(reader, '/open');
    const refused = [
      await reader('/api/worklist?flagged=true'),
      await reader('/api/worklist?finding=quokkasis'),
      await reader('/api/worklist?sort=score'),
      await reader('/api/worklist/facets?flagged=true'),
      await post(reader, '/notifications/acknowledge'),
      await post(reader, '/reviews', { version: 1, verdicts: [] }),
    ];
    for (const response of refused) {
      expect([response.status, await response.json()]).toMatchObject([
        403,
        { code: 'AI_WITHHELD' },
      ]);
    }
    const { seenBy } = await server.database
      .selectFrom('notification')
      .select('seenBy')
      .executeTakeFirstOrThrow();
    expect(seenBy).toBeNull();
  });

  it('is shown to a reader once the impression stands, to no other, and is read in that mode', async () => {
    const mark = { sopInstanceUid: image.sopInstanceUid, frame: 1, box: [1, 2, 3, 4] };
    const elsewhere = { ...mark, sopInstanceUid: '2.25.99' };
    const wrong = await post(reader, '/impressions', { word: 'finding', marks: [elsewhere] });
    expect(wrong.status).toBe(400);
    expect((await post(reader, '/impressions', { word: 'normal' })).status).toBe(400);
    expect((await post(judge, '/impressions', { word: 'finding' })).status).toBe(403);
    const body = { word: 'finding', comment: 'left base', marks: [mark] };
    const kept = await post(reader, '/impressions', body);
    expect([kept.status, await kept.json()]).toMatchObject([
      201,
      { impression: { ...body, reader: 'rosa' } },
    ]);
    const shown = await detailFor(reader);
    expect(shown).toMatchObject({
      ...{ aiWithheld: false, score: SCORE, reason: REASON, flagged: true },
      ...{ findings: [{ label: LABEL }], impression: body },
    });
    expect((await detailFor(other)).aiWithheld).toBe(true);
    const again = await post(reader, '/impressions', { word: 'nothing-to-report' });
    expect([again.status, await again.json()]).toMatchObject([409, { code: 'ILLEGAL_TRANSITION' }]);
    const verdicts = shown.findings.map(({ id }) => ({ verdict: 'confirm', findingId: id }));
    const signed = await post(reader, '/reviews', { version: shown.version, verdicts });
    expect([signed.status, await signed.json()]).toMatchObject([
      201,
      { review: { readingMode: 'blind-first' } },
    ]);
    // It is read: whoever opens it now only looks.
    expect((await detailFor(other)).aiWithheld).toBe(false);
    const summary = qualitySummarySchema.parse(await (await judge('/api/quality/summary')).json());
    expect(summary.blindFirst).toEqual({
      ...{ compared: 1, keptAgreeing: 1, keptDiffering: 0, changedToAgree: 0, changedAway: 0 },
    });
    const entries = await server.database
      .selectFrom('auditLog')
      .select(['actor', 'action', 'details'])
      .where('action', 'in', ['impression.recorded', 'review.signed'])
      .orderBy('sequence')
      .execute();
    expect(entries).toMatchObject([
      { actor: 'rosa', action: 'impression.recorded', details: { word: 'finding', marks: 1 } },
      { actor: 'rosa', action: 'review.signed', details: { readingMode: 'blind-first' } },
    ]);
  });

  it('is chosen by a share alike at every look, and differently for each reader', async () => {
    const uids: string[] = [];
    for (let count = 0; count < 200; count += 1) {
      uids.push((await seedStudy(server.database)).studyInstanceUid);
    }
    const chosen = async (name: string, share: number) => {
      const sight = { readingMode: 'assist', blindFirst: { reader: name, share } } as const;
      return [...(await findWithheld(server.database, sight, uids))].sort();
    };
    const [first, second] = [await chosen('rosa', 0.3), await chosen('otto', 0.3)];
    expect(await chosen('rosa', 0.3)).toEqual(first);
    expect(second).not.toEqual(first);
    // 200 draws at 0.3: mean 60, standard deviation 6.5; six of them either way.
    for (const { length } of [first, second]) {
      expect(length).toBeGreaterThan(21);
      expect(length).toBeLessThan(99);
    }
    expect(await chosen('rosa', 1)).toHaveLength(200);
    const more = new Set(await chosen('rosa', 0.6));
    expect(first.filter((uid) => !more.has(uid))).toEqual([]);
  });
});
