import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  WORKLIST_SORTS,
  type Worklist,
  worklistNewsSchema,
  worklistRowsSchema,
  worklistSchema,
} from '#contracts/worklist.ts';
import { compareOrder, PRIORITIES, type Priority, raise } from '#core/priority.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedRun, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

const MINUTE = 60_000;
const LONGEST_WAIT = { STAT: 30, HIGH: 120, MEDIUM: 240, LOW: 480 };

/** Numbers that are the same at every run. */
function createSequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe('the worklist', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let call: Caller;

  const list = async (query = ''): Promise<Worklist> => {
    const response = await call(`/api/worklist?${query}`);
    expect(response.status).toBe(200);
    return worklistSchema.parse(await response.json());
  };

  beforeAll(async () => {
    server = await startTestDatabase();
    web = await startTestWeb({
      database: server.database,
      databaseUrl: server.url,
      directory: directory.path,
    });
    call = await callerFor(web, server.database, { role: 'radiologist', name: 'list' });
  });
  beforeEach(async () => {
    for (const table of [
      'review',
      'finding',
      'heatmap',
      'modelRun',
      'analysisRun',
      'study',
    ] as const) {
      await server.database.deleteFrom(table).execute();
    }
    await server.database.deleteFrom('heartbeat').execute();
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });

  it('stands in the order of the core rule, page after page', async () => {
    const next = createSequence(7);
    const pick = (): Priority => PRIORITIES[Math.floor(next() * 4)] ?? 'LOW';
    const keys = new Map<string, Parameters<typeof compareOrder>[0]>();
    for (let index = 0; index < 240; index++) {
      const basePriority = pick();
      const priority = raise(basePriority, pick());
      const receivedAt = Date.now() - Math.floor(next() * 600) * MINUTE;
      const dueAt = receivedAt + LONGEST_WAIT[basePriority] * MINUTE;
      const rankAt = receivedAt - Math.floor(next() * 60) * MINUTE;
      const key = { basePriority, priority, receivedAt, dueAt, rankAt };
      const { studyInstanceUid } = await seedStudy(server.database, {
        ...{ basePriority, priority },
        receivedAt: new Date(receivedAt),
        dueAt: new Date(dueAt),
        rankAt: new Date(rankAt),
      });
      keys.set(studyInstanceUid, key);
    }
    const pages: Worklist[] = [];
    for (let offset: number | null = 0; offset !== null; ) {
      const page: Worklist = await list(`limit=50&offset=${offset}`);
      pages.push(page);
      offset = page.nextOffset;
    }
    const items = pages.flatMap((page) => page.items);
    expect(pages.map((page) => page.items.length)).toEqual([50, 50, 50, 50, 40]);
    expect(new Set(items.map((item) => item.studyInstanceUid)).size).toBe(240);
    const now = Date.parse(pages[0]?.generatedAt ?? '');
    const ordered = items.map((item) => keys.get(item.studyInstanceUid));
    for (const [index, key] of ordered.entries()) {
      const after = ordered[index + 1];
      if (key !== undefined && after !== undefined) {
        expect(compareOrder(key, after, now)).toBeLessThanOrEqual(0);
      }
    }
    for (const item of items) {
      expect(item.overdue).toBe(now >= (keys.get(item.studyInstanceUid)?.dueAt ?? 0));
    }
  });

  it('holds every study, whatever became of its analysis, until it was read', async () => {
    const statuses = [
      'receiving',
      'queued',
      'analysing',
      'analysed',
      'not-analysed',
      'failed',
    ] as const;
    for (const status of statuses) await seedStudy(server.database, { status });
    await seedStudy(server.database, { readingStatus: 'open', openedBy: 'ada' });
    await seedStudy(server.database, { readingStatus: 'reviewed' });
    await seedStudy(server.database, { readingStatus: 'reported-elsewhere' });
    const all = await list();
    expect(all.total).toBe(7);
    expect(new Set(all.items.map((item) => item.status))).toEqual(new Set(statuses));
    expect((await list('readingStatus=reviewed,reported-elsewhere')).total).toBe(2);
    expect((await list('readingStatus=')).total).toBe(7);
  });

  it('filters by status, class, modality and flag, all at once', async () => {
    await seedStudy(server.database, { modality: 'CT', flagged: true, priority: 'HIGH' });
    await seedStudy(server.database, { modality: 'CT', flagged: false, priority: 'HIGH' });
    await seedStudy(server.database, { modality: 'DX', flagged: true, status: 'failed' });
    expect((await list('modality=CT')).total).toBe(2);
    expect((await list('flagged=true')).total).toBe(2);
    expect((await list('flagged=true&modality=CT&priority=HIGH,STAT')).total).toBe(1);
    expect((await list('status=failed,queued')).total).toBe(1);
    for (const wrong of ['status=normal', 'limit=0', 'limit=1001', 'offset=-1', 'flagged=yes']) {
      const response = await call(`/api/worklist?${wrong}`);
      expect([wrong, response.status]).toEqual([wrong, 400]);
    }
  });

  it('finds names, patient ids and accession numbers by any part, taking signs for themselves', async () => {
    const columns = { patientName: 'Müller^Jörg', patientId: '50%_7', accessionNumber: 'ACC-1' };
    await seedStudy(server.database, columns);
    await seedStudy(server.database, { patientName: '모형^길', patientId: '5077' });
    const found = async (search: string) =>
      (await list(`search=${encodeURIComponent(search)}`)).total;
    expect(await found('müller')).toBe(1);
    expect(await found('Müller, Jörg')).toBe(1);
    expect(await found('müller^j')).toBe(1);
    expect(await found('모형')).toBe(1);
    expect(await found('acc-')).toBe(1);
    expect(await found('50%_')).toBe(1);
    expect(await found('%')).toBe(1);
    expect(await found("' OR 1=1 --")).toBe(0);
    expect(await found('   ')).toBe(2);
  });

  it('sorts by any column both ways, with what has nothing there at the end', async () => {
    const names = ['Zulu^A', 'alpha^B', null, 'Mike^C'];
    for (const patientName of names) await seedStudy(server.database, { patientName });
    const sorted = async (query: string) =>
      (await list(query)).items.map((item) => item.patientName);
    expect(await sorted('sort=patient')).toEqual(['alpha^B', 'Mike^C', 'Zulu^A', null]);
    expect(await sorted('sort=patient&direction=descending')).toEqual([
      'Zulu^A',
      'Mike^C',
      'alpha^B',
      null,
    ]);
    for (const sort of WORKLIST_SORTS) {
      const pages = [
        await list(`sort=${sort}&limit=2`),
        await list(`sort=${sort}&limit=2&offset=2`),
      ];
      const uids = pages.flatMap((page) => page.items.map((item) => item.studyInstanceUid));
      expect([sort, new Set(uids).size]).toEqual([sort, 4]);
    }
    expect((await call('/api/worklist?sort=reason')).status).toBe(400);
  });

  it('filters by sites, modalities and age', async () => {
    const receivedAt = new Date('2026-06-15T12:00:00Z');
    const young = { patientBirthDate: '20260101', modality: 'CR', site: 'North' };
    const found = await seedStudy(server.database, { receivedAt, ...young, flagged: true });
    await seedStudy(server.database, { receivedAt, patientBirthDate: '19800616', site: 'South' });
    const byAge = { patientBirthDate: null, patientAge: '046Y' };
    await seedStudy(server.database, { receivedAt, ...byAge, modality: 'CT', site: 'East' });
    await seedStudy(server.database, { receivedAt, patientBirthDate: 'unknown', flagged: true });
    const accession = { accessionNumber: 'ACC.77', readingStatus: 'reviewed' } as const;
    const reported = await seedStudy(server.database, accession);
    await seedStudy(server.database, { accessionNumber: 'ACC.771', patientBirthDate: null });
    const exact = await list('accession=ACC.77&readingStatus=reviewed,unread');
    expect(exact.items.map((item) => item.studyInstanceUid)).toEqual([reported.studyInstanceUid]);
    expect((await list('site=North,South')).total).toBe(2);
    expect((await list('modality=CR,CT')).total).toBe(2);
    expect((await list('ageFrom=45&ageTo=45')).total).toBe(1);
    expect((await list('ageFrom=46')).total).toBe(1);
    expect((await list('ageTo=0')).items[0]?.studyInstanceUid).toBe(found.studyInstanceUid);
  });

  it('filters by body parts, and by findings that models in use flagged, any of those asked for', async () => {
    const seed = (flaggedLabels: string[], bodyPartExamined: string) =>
      seedStudy(server.database, {
        flagged: flaggedLabels.length > 0,
        flaggedLabels,
        bodyPartExamined,
      });
    await seed(['nodule', 'opacity'], 'CHEST');
    await seed(['Lung opacity, diffuse'], 'CHEST');
    await seed(['bleed'], 'HEAD');
    await seed([], 'HEAD');
    const total = async (query: string) => (await list(query)).total;
    expect(await total('finding=nodule')).toBe(1);
    expect(await total('finding=nodule&finding=opacity')).toBe(1);
    expect(await total('finding=nodule&finding=bleed')).toBe(2);
    const comma = encodeURIComponent('Lung opacity, diffuse');
    expect(await total(`finding=${comma}&finding=bleed`)).toBe(2);
    expect(await total('finding=opac')).toBe(0);
    expect(await total('finding=')).toBe(4);
    expect(await total('bodyPart=HEAD')).toBe(2);
    expect(await total('bodyPart=HEAD,CHEST&finding=bleed')).toBe(1);
    expect(await total(`finding=${encodeURIComponent("'; DROP TABLE study; --")}`)).toBe(0);
  });

  it('shows the studies that the asker has open or has signed, and no one else', async () => {
    const openedAt = new Date();
    const open = (openedBy: string) =>
      seedStudy(server.database, { readingStatus: 'open', openedBy, openedAt });
    const own = await open('token:list');
    await open('somebody');
    const signed = await seedStudy(server.database, { readingStatus: 'reviewed' });
    const others = await seedStudy(server.database, { readingStatus: 'reviewed' });
    for (const [{ studyKey }, reader] of [
      [signed, 'token:list'],
      [others, 'somebody'],
    ] as const) {
      const review = { studyKey, reader, reviewId: `review of ${studyKey}`, seenVersion: 1 };
      await server.database
        .insertInto('review')
        .values({
          ...{ ...review, kind: 'reading', state: 'signed', readingMode: 'assist' },
          ...{ imageRevision: null, runKey: null, comment: null, positive: false },
          ...{ openedAt: null, undoneAt: null },
        })
        .execute();
    }
    await seedStudy(server.database);
    const uids = async (query: string) =>
      (await list(query)).items.map((item) => item.studyInstanceUid).sort();
    expect(await uids('mine=true')).toEqual([own.studyInstanceUid]);
    expect(await uids('mine=true&readingStatus=unread,open,reviewed')).toEqual(
      [own, signed].map((each) => each.studyInstanceUid).sort(),
    );
    expect((await list('mine=false')).total).toBe(3);
  });

  it('tells how many came since a moment, and which of them are STAT', async () => {
    const at = (minutes: number) => new Date(Date.now() - minutes * MINUTE);
    const stat = { priority: 'STAT', basePriority: 'STAT' } as const;
    await seedStudy(server.database, { receivedAt: at(60), ...stat });
    const raised = await seedStudy(server.database, {
      ...{ receivedAt: at(30), analysedAt: at(1), priority: 'STAT' },
    });
    const fresh = await seedStudy(server.database, { receivedAt: at(2), ...stat, modality: 'CT' });
    await seedStudy(server.database, { receivedAt: at(3) });
    const news = async (query = '') => {
      const since = encodeURIComponent(at(10).toISOString());
      const response = await call(`/api/worklist/news?since=${since}${query}`);
      return worklistNewsSchema.parse(await response.json());
    };
    const { arrived, stat: told } = await news();
    expect(arrived).toBe(2);
    expect(told.map((item) => item.studyInstanceUid)).toEqual([
      fresh.studyInstanceUid,
      raised.studyInstanceUid,
    ]);
    expect(await news('&modality=MR')).toMatchObject({ arrived: 0, stat: [] });
    expect((await call('/api/worklist/news')).status).toBe(400);
  });

  it('gives named rows as they are now, whatever list they are in', async () => {
    const read = await seedStudy(server.database, { readingStatus: 'reviewed' });
    const open = await seedStudy(server.database);
    const uids = [read, open].map((study) => study.studyInstanceUid);
    const response = await call(`/api/worklist/rows?studies=${[...uids, '1.2.3'].join(',')}`);
    const { items } = worklistRowsSchema.parse(await response.json());
    expect(items.map((item) => item.studyInstanceUid).sort()).toEqual(uids.sort());
    for (const wrong of ['', 'studies=', 'studies=abc']) {
      expect((await call(`/api/worklist/rows?${wrong}`)).status).toBe(400);
    }
  });

  it('says since when an analysis is delayed', async () => {
    const ago = (ms: number) => new Date(Date.now() - ms);
    const seedQueued = async (since: Date) => {
      const study = await seedStudy(server.database, { status: 'queued', completedAt: since });
      const run = { imageRevision: 'c'.repeat(64) };
      const { runKey } = await seedRun(server.database, study, run);
      await server.database
        .updateTable('analysisRun')
        .set({ state: 'queued', createdAt: since, finishedAt: null })
        .where('runKey', '=', runKey)
        .execute();
      return study.studyInstanceUid;
    };
    const beat = (at: Date) =>
      server.database
        .insertInto('heartbeat')
        .values({ process: 'worker', at, details: '{}' })
        .onConflict((conflict) => conflict.column('process').doUpdateSet({ at }))
        .execute();
    const fresh = await seedQueued(ago(5_000));
    const recent = await seedQueued(ago(40_000));
    const late = ago(90_000);
    const old = await seedQueued(late);
    const stuck = ago(120_000);
    const receiving = await seedStudy(server.database, { status: 'receiving', quietUntil: stuck });
    const delays = async () =>
      new Map((await list()).items.map((item) => [item.studyInstanceUid, item.aiDelayedSince]));

    await beat(new Date());
    const alive = await delays();
    expect(alive.get(fresh)).toBeNull();
    expect(alive.get(recent)).toBeNull();
    expect(alive.get(old)).toBe(late.toISOString());
    expect(alive.get(receiving.studyInstanceUid)).toBe(stuck.toISOString());

    await beat(ago(120_000));
    const silent = await delays();
    expect(silent.get(fresh)).toBeNull();
    expect(silent.get(recent)).not.toBeNull();
  });

  it('tells what a study that is being received waits for, and until when', async () => {
    const waitsUntil = new Date(Date.now() + 7_200_000);
    const waitingFor = '3 of 4 views, missing L MLO';
    const images = { imageCount: 3, quietUntil: waitsUntil };
    await seedStudy(server.database, { status: 'receiving', waitingFor, waitsUntil, ...images });
    expect((await list()).items).toMatchObject([
      { status: 'receiving', waitingFor, waitsUntil: waitsUntil.toISOString() },
    ]);
  });

  it('never calls a study normal', async () => {
    await seedStudy(server.database, { score: 0.01, scoreModel: 'phantom-lesion' });
    const response = await call('/api/worklist');
    expect((await response.text()).toLowerCase()).not.toContain('normal');
  });
});
