import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { QUALITY_FILTERS, qualityListSchema, qualitySummarySchema } from '#contracts/quality.ts';
import { reviewResponseSchema } from '#contracts/study.ts';
import { qualityRoutes } from '#quality/quality-routes.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import {
  type SeededRun,
  type SeededStudy,
  seedFiles,
  seedRun,
  seedStudy,
} from '#tests/support/seed-studies.ts';
import type { Caller } from '#tests/support/web-server.ts';
import { startWebSite, type WebSite } from '#tests/support/web-site.ts';

interface Case {
  readonly study: SeededStudy;
  readonly run: SeededRun;
}

describe('the quality room', () => {
  const cases = new Map<string, Case>();
  let site: WebSite;
  let reader: Caller;
  let qa: Caller;
  let seed = 100;

  const seedCase = async (name: string, flagged: boolean): Promise<Case> => {
    seed += 1;
    const study = await seedStudy(site.database, { flagged, score: flagged ? 0.9 : 0.1 });
    const image = minimalImage({ modality: 'DX', seed });
    const imageRevision = await seedFiles(site.database, study, {
      directory: site.directory,
      files: [image.bytes],
    });
    const sopInstanceUid = image.sopInstanceUid;
    const run = await seedRun(site.database, study, {
      ...{ imageRevision, sopInstanceUid },
      model: { flagged, score: flagged ? 0.9 : 0.1 },
    });
    if (!flagged) {
      await site.database.deleteFrom('finding').where('findingId', '=', run.findingId).execute();
    }
    cases.set(name, { study, run });
    return { study, run };
  };
  const sign = async ({ study }: Case, verdicts: unknown[]): Promise<void> => {
    const body = { version: 1, verdicts };
    const response = await reader(`/api/studies/${study.studyInstanceUid}/reviews`, {
      ...{ method: 'POST', body },
    });
    expect(response.status).toBe(201);
  };
  const list = async (filter: string) => {
    const response = await qa(`/api/quality/studies?filter=${filter}`);
    expect(response.status).toBe(200);
    return qualityListSchema.parse(await response.json());
  };
  const uidOf = (name: string) => cases.get(name)?.study.studyInstanceUid;
  const summary = async () =>
    qualitySummarySchema.parse(await (await qa('/api/quality/summary')).json());

  beforeAll(async () => {
    site = await startWebSite({}, { extraRoutes: [qualityRoutes] });
    reader = await site.sessionCallerFor('radiologist', 'reader');
    qa = await site.callerFor('qa', 'judge');
    const added = {
      ...{ verdict: 'add', label: 'nodule', box: [1, 2, 3, 4] },
    };
    const confirmed = await seedCase('confirmed', true);
    await sign(confirmed, [{ verdict: 'confirm', findingId: confirmed.run.findingId }]);
    const rejected = await seedCase('rejected', true);
    await sign(rejected, [{ verdict: 'reject', findingId: rejected.run.findingId }]);
    await sign(await seedCase('clear', false), []);
    const missed = await seedCase('missed', false);
    const image = await site.database
      .selectFrom('instance')
      .select('sopInstanceUid')
      .where('studyKey', '=', missed.study.studyKey)
      .executeTakeFirstOrThrow();
    await sign(missed, [{ ...added, ...image }]);
    await seedCase('unread', true);
    const early = await seedStudy(site.database, { status: 'failed' });
    await sign({ study: early, run: missed.run }, []);
    await seedStudy(site.database, { status: 'not-analysed' });
  });
  afterAll(async () => {
    await site.stop();
  });

  it("lists studies with the AI's word, the reader's, and whether they agree", async () => {
    const all = await list('all');
    expect(all.total).toBe(7);
    const agreementOf = (name: string) =>
      all.items.find((item) => item.study.studyInstanceUid === uidOf(name))?.agreement;
    expect(['confirmed', 'rejected', 'clear', 'missed', 'unread'].map(agreementOf)).toEqual([
      ...[true, false, true, false, null],
    ]);
    const confirmed = all.items.find((item) => item.study.studyInstanceUid === uidOf('confirmed'));
    expect(confirmed).toMatchObject({
      findings: [{ label: 'lesion' }],
      reviews: [{ reader: 'reader', positive: true }],
    });
  });

  it.each([
    ['flagged', ['confirmed', 'rejected', 'unread']],
    ['agreement', ['confirmed', 'clear']],
    ['disagreement', ['rejected', 'missed']],
    ['missed', ['missed']],
    ['second-read', []],
  ])('filters by %s', async (filter, names) => {
    expect(QUALITY_FILTERS).toContain(filter);
    const page = await list(filter);
    const found = page.items.map((item) => item.study.studyInstanceUid);
    expect(new Set(found)).toEqual(new Set(names.map(uidOf)));
    expect(page.total).toBe(names.length);
  });

  it('counts how readers changed their minds once the AI had spoken', async () => {
    const thoughtOf = async (name: string, word: 'finding' | 'nothing-to-report') => {
      const { studyKey } = cases.get(name)?.study ?? { studyKey: '0' };
      await site.database
        .insertInto('impression')
        .values({
          ...{ impressionId: randomUUID(), studyKey, reader: 'reader', word, comment: null },
          ...{ marks: '[]', imageRevision: null, openedAt: null, createdAt: new Date(0) },
        })
        .execute();
    };
    // By the AI flagged, flagged, not flagged, not flagged; the last has been signed by nobody.
    await thoughtOf('confirmed', 'nothing-to-report');
    await thoughtOf('rejected', 'finding');
    await thoughtOf('clear', 'nothing-to-report');
    await thoughtOf('missed', 'finding');
    await thoughtOf('unread', 'finding');
    expect((await summary()).blindFirst).toEqual({
      ...{ compared: 4, changedToAgree: 1, changedAway: 1, keptAgreeing: 1, keptDiffering: 1 },
    });
    await site.database.deleteFrom('impression').execute();
  });

  it('counts plainly, with intervals; a study read before any result is compared with nothing', async () => {
    expect(await summary()).toMatchObject({
      ...{ analysed: 5, notAnalysed: 1, failed: 1 },
      flagged: { count: 3, total: 5, estimate: 0.6 },
      reviewed: { count: 5, total: 7 },
      positivePredictiveValue: { count: 1, total: 2, estimate: 0.5 },
      negativePredictiveValue: { count: 1, total: 2 },
      agreement: {
        count: 2,
        total: 4,
        interval: [expect.closeTo(0.15, 2), expect.closeTo(0.85, 2)],
      },
      findings: { confirmed: 1, amended: 0, rejected: 1, added: 1 },
      secondReadings: { count: 0, total: 5, interval: [0, expect.closeTo(0.434, 2)] },
    });
  });

  it('keeps a second reading beside the first, and changes nothing about the study', async () => {
    const uid = uidOf('unread') ?? '';
    const readStudy = () =>
      site.database
        .selectFrom('study')
        .selectAll()
        .where('studyInstanceUid', '=', uid)
        .executeTakeFirstOrThrow();
    const before = await readStudy();
    const post = (caller: Caller) =>
      caller(`/api/quality/studies/${uid}/readings`, {
        method: 'POST',
        body: { positive: true, comment: 'agreed' },
      });
    expect((await post(reader)).status).toBe(403);
    const response = await post(qa);
    expect(response.status).toBe(201);
    const { review } = reviewResponseSchema.parse(await response.json());
    expect(review).toMatchObject({ kind: 'second-reading', reader: 'token:judge', positive: true });
    expect(await readStudy()).toEqual(before);
    const page = await list('second-read');
    expect(page.items.map((item) => item.study.studyInstanceUid)).toEqual([uid]);
    expect(page.items[0]).toMatchObject({ agreement: null, reviews: [{ kind: 'second-reading' }] });
    const unknown = await qa('/api/quality/studies/1.2.3/readings', {
      ...{ method: 'POST', body: { positive: true } },
    });
    expect(unknown.status).toBe(404);
    const entries = await site.database
      .selectFrom('auditLog')
      .select('actor')
      .where('action', '=', 'second-reading.signed')
      .execute();
    expect(entries).toEqual([{ actor: 'token:judge' }]);
  });

  it('follows an undone reading', async () => {
    const uid = uidOf('confirmed') ?? '';
    const listed = await list('agreement');
    const item = listed.items.find((each) => each.study.studyInstanceUid === uid);
    const id = item?.reviews[0]?.id ?? '';
    const undone = await reader(`/api/studies/${uid}/reviews/${id}`, { method: 'DELETE' });
    expect(undone.status).toBe(200);
    expect(await summary()).toMatchObject({
      positivePredictiveValue: { count: 0, total: 1 },
      findings: { confirmed: 0 },
    });
  });
});
