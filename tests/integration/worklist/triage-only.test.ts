import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { studyDetailSchema } from '#contracts/study.ts';
import { type ReadingMode, USER_ROLES, type UserRole } from '#core/finding.ts';
import { openRegistry } from '#models/registry/registry.ts';
import type { Route } from '#platform/http/route.ts';
import { qualityRoutes } from '#quality/quality-routes.ts';
import { type MinimalObject, minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import {
  type SeededRun,
  type SeededStudy,
  seedFiles,
  seedResults,
  seedRun,
  seedStudy,
} from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import {
  type Caller,
  callerFor,
  sessionCallerFor,
  startTestWeb,
} from '#tests/support/web-server.ts';
import { findPlacesIn } from '#worklist/dicomweb/store/store-results.ts';
import type { Web } from '#worklist/start-web.ts';

/** Numbers that stand nowhere but in a place: any of them in an answer gives a location away. */
const AI_BOX = [321.25, 432.5, 87.75, 65.5] as const;
const READER_BOX = [611.125, 722.375, 83.625, 94.875] as const;
const HIDDEN_UID = '2.25.777000777';

describe('triage-only mode', () => {
  const directory = temporaryDirectory();
  const callers = new Map<UserRole, Caller>();
  let server: TestDatabase;
  let assist: Web;
  let web: Web;
  let study: SeededStudy;
  let run: SeededRun;
  let object: { sopInstanceUid: string; seriesInstanceUid: string };
  let image: { sopInstanceUid: string; seriesInstanceUid: string };
  /** Results of our own: one that says where a finding is, one that does not. */
  let placed: MinimalObject;
  let placeless: MinimalObject;
  let version: number;

  const call = (role: UserRole, path: string, init: Parameters<Caller>[1] = {}) => {
    const caller = callers.get(role);
    if (caller === undefined) throw new Error(`no caller for ${role}`);
    return caller(path, init);
  };

  beforeAll(async () => {
    server = await startTestDatabase();
    const place = { database: server.database, databaseUrl: server.url, directory: directory.path };
    study = await seedStudy(server.database, { flagged: true, score: 0.91 });
    const drawn = minimalImage({
      modality: 'DX',
      seed: 1,
      studyInstanceUid: study.studyInstanceUid,
    });
    image = drawn;
    const imageRevision = await seedFiles(server.database, study, {
      directory: directory.path,
      files: [drawn.bytes],
    });
    const result = minimalObject({ kind: 'SR', seed: 1, of: drawn });
    object = result;
    await seedFiles(server.database, study, {
      ...{ directory: directory.path, kind: 'object' },
      files: [result.bytes],
    });
    placed = minimalObject({ kind: 'SEG', seed: 2, of: drawn });
    placeless = minimalObject({ kind: 'KO', seed: 3, of: drawn });
    await seedFiles(server.database, study, {
      ...{ directory: directory.path, kind: 'object' },
      files: [placed.bytes, placeless.bytes],
    });
    run = await seedRun(server.database, study, {
      ...{ imageRevision, sopInstanceUid: HIDDEN_UID, box: AI_BOX },
    });
    await seedResults(server.database, { study, runKey: run.runKey }, [
      { object: placed, kind: 'seg', showsPlace: true },
      { object: placeless, kind: 'ko', showsPlace: false },
    ]);
    assist = await startTestWeb(place);
    const reader = await sessionCallerFor(assist, server.database, {
      role: 'radiologist',
      name: 'early',
    });
    const signed = await reader(`/api/studies/${study.studyInstanceUid}/reviews`, {
      method: 'POST',
      body: {
        version: 1,
        verdicts: [{ verdict: 'amend', findingId: run.findingId, box: READER_BOX }],
      },
    });
    expect(signed.status).toBe(201);
    const registry = await openRegistry({ directories: [], database: server.database });
    web = await startTestWeb(
      place,
      { readingMode: 'triage-only' },
      { registry, extraRoutes: [qualityRoutes] },
    );
    for (const role of USER_ROLES) {
      callers.set(
        role,
        await (role === 'radiologist' ? sessionCallerFor : callerFor)(web, server.database, {
          role,
          name: role,
        }),
      );
    }
    version = 2;
  });
  afterAll(async () => {
    await web.close();
    await assist.close();
    await server.stop();
    directory.remove();
  });

  const fill = (route: Route, place: { sopInstanceUid: string; seriesInstanceUid: string }) =>
    route.path
      .replace(':uid', study.studyInstanceUid)
      .replace(':study', study.studyInstanceUid)
      .replace(':series', place.seriesInstanceUid)
      .replace(':instance', place.sopInstanceUid)
      .replace(':frames', '1')
      .replace(':id', route.path.includes('heatmaps') ? run.heatmapId : 'phantom-lesion');

  /** What must stand in no answer. */
  const secrets = () => [
    ...[...AI_BOX, ...READER_BOX].map(String),
    ...[HIDDEN_UID, run.heatmapId, object.sopInstanceUid, object.seriesInstanceUid],
    ...[placed.sopInstanceUid, placed.seriesInstanceUid],
  ];

  it('has secrets that assist mode does tell', async () => {
    const caller = await callerFor(assist, server.database, { role: 'qa', name: 'open' });
    const told = await (await caller(`/api/studies/${study.studyInstanceUid}`)).text();
    for (const secret of secrets()) expect(told).toContain(secret);
  });

  it('gives no place through any GET to any role, the query of everything included', async () => {
    const asked: string[] = [];
    const routes = web.routes.filter(
      (route) => route.method === 'GET' && route.path !== '/api/events',
    );
    for (const role of USER_ROLES) {
      for (const route of routes) {
        for (const place of [image, object, placed, placeless]) {
          const query = route.path.includes('quality') ? '?filter=all' : '';
          const all = '?readingStatus=unread,open,reviewed,reported-elsewhere';
          const suffix = route.path === '/api/worklist' ? all : query;
          const response = await call(role, fill(route, place) + suffix);
          const text = `${JSON.stringify([...response.headers])} ${await response.text()}`;
          for (const secret of secrets()) {
            expect([route.path, role, text.includes(secret)]).toEqual([route.path, role, false]);
          }
          asked.push(`${route.path} ${response.status}`);
        }
      }
    }
    for (const path of [
      '/api/worklist',
      '/api/studies/:uid',
      '/api/quality/studies',
      '/dicomweb/studies/:study/metadata',
      '/dicomweb/studies/:study/series/:series/instances/:instance/frames/:frames',
    ]) {
      expect(asked).toContain(`${path} 200`);
    }
  });

  it('still says what was found and how sure the model is', async () => {
    const body = await (await call('radiologist', `/api/studies/${study.studyInstanceUid}`)).json();
    expect(body).toMatchObject({
      readingMode: 'triage-only',
      findings: [{ label: 'lesion', score: 0.91, sopInstanceUid: null, frame: null, box: null }],
      heatmaps: [],
      explanations: [],
    });
  });

  it('finds and serves results that say nothing of a place, and no others', async () => {
    const root = `/dicomweb/studies/${study.studyInstanceUid}`;
    const modalitiesOf = async (caller: Caller) => {
      const found = await caller(`${root}/series`);
      const json = z.array(z.record(z.string(), z.unknown())).parse(await found.json());
      return json.map((each) => each['00080060']);
    };
    const shown = (...values: string[]) => values.map((value) => ({ vr: 'CS', Value: [value] }));
    const open = await callerFor(assist, server.database, { role: 'admin', name: 'sees-all' });
    expect(await modalitiesOf(open)).toHaveLength(4);
    const reader = (path: string) => call('radiologist', path);
    expect(await modalitiesOf(reader)).toEqual(shown('DX', 'KO'));
    const [counted] = z
      .array(z.record(z.string(), z.unknown()))
      .parse(
        await (await reader(`/dicomweb/studies?StudyInstanceUID=${study.studyInstanceUid}`)).json(),
      );
    expect(counted).toMatchObject({
      '00080061': { Value: ['DX', 'KO'] },
      '00201206': { Value: [2] },
      '00201208': { Value: [2] },
    });
    expect(await (await reader('/dicomweb/studies?ModalitiesInStudy=SEG')).json()).toEqual([]);
    const address = (of: MinimalObject) =>
      `${root}/series/${of.seriesInstanceUid}/instances/${of.sopInstanceUid}`;
    for (const end of ['', '/metadata', '/rendered', '/thumbnail', '/frames/1', '/frames']) {
      const { status } = await reader(`${address(placed)}${end}`);
      expect([end, status]).toEqual([end, 404]);
    }
    expect((await reader(address(placeless))).status).toBe(200);
    expect((await reader(`${address(placeless)}/metadata`)).status).toBe(200);
    const whole = Buffer.from(await (await reader(root)).arrayBuffer());
    expect(whole.includes(placeless.sopInstanceUid)).toBe(true);
    expect(whole.includes(placed.sopInstanceUid)).toBe(false);
    expect(whole.includes(object.sopInstanceUid)).toBe(false);
  });

  it('gives no address of a withheld result to whoever stores it again', async () => {
    const { instanceKey } = await server.database
      .selectFrom('instance')
      .select('instanceKey')
      .where('sopInstanceUid', '=', placed.sopInstanceUid)
      .executeTakeFirstOrThrow();
    const placesIn = (mode: ReadingMode) =>
      findPlacesIn(server.database, { readingMode: mode, blindFirst: null })([instanceKey]);
    expect((await placesIn('assist')).size).toBe(1);
    expect((await placesIn('triage-only')).size).toBe(0);
  });

  it('refuses heatmaps and results with a code', async () => {
    const path = `/api/studies/${study.studyInstanceUid}/heatmaps/${run.heatmapId}`;
    for (const role of USER_ROLES) {
      const response = await call(role, path);
      expect([response.status, await response.json()]).toMatchObject([
        403,
        { code: 'LOCATION_WITHHELD' },
      ]);
    }
    const root = `/dicomweb/studies/${study.studyInstanceUid}/series/${object.seriesInstanceUid}`;
    expect((await call('admin', `${root}/metadata`)).status).toBe(404);
    const instance = `${root}/instances/${object.sopInstanceUid}`;
    expect((await call('admin', instance)).status).toBe(404);
  });

  it('takes no box for a finding whose box it did not show, and echoes none', async () => {
    const seen = await call('radiologist', `/api/studies/${study.studyInstanceUid}`);
    const { reviews } = studyDetailSchema.parse(await seen.json());
    const earlier = callers.get('radiologist');
    expect(reviews).toMatchObject([{ verdicts: [{ box: null, sopInstanceUid: null }] }]);
    await server.database
      .updateTable('study')
      .set({ readingStatus: 'unread' })
      .where('studyKey', '=', study.studyKey)
      .execute();
    const path = `/api/studies/${study.studyInstanceUid}/reviews`;
    const amend = { verdict: 'amend', findingId: run.findingId };
    const refused = await earlier?.(path, {
      method: 'POST',
      body: { version, verdicts: [{ ...amend, box: READER_BOX }] },
    });
    expect([refused?.status, await refused?.json()]).toMatchObject([
      403,
      { code: 'LOCATION_WITHHELD' },
    ]);
    const own = {
      verdict: 'add',
      label: 'own',
      sopInstanceUid: image.sopInstanceUid,
      box: READER_BOX,
    };
    const signed = await earlier?.(path, {
      method: 'POST',
      body: { version, verdicts: [{ ...amend, label: 'nodule' }, own] },
    });
    expect(signed?.status).toBe(201);
    const text = (await signed?.text()) ?? '';
    expect(JSON.parse(text)).toMatchObject({ review: { readingMode: 'triage-only' } });
    for (const secret of secrets()) expect(text).not.toContain(secret);
    const kept = await server.database
      .selectFrom('findingVerdict')
      .select('boxX')
      .where('label', '=', 'own')
      .execute();
    expect(kept).toEqual([{ boxX: READER_BOX[0] }]);
    const second = await call('qa', `/api/quality/studies/${study.studyInstanceUid}/readings`, {
      method: 'POST',
      body: { positive: true },
    });
    expect(second.status).toBe(201);
    const said = await second.text();
    for (const secret of secrets()) expect(said).not.toContain(secret);
  });
});
