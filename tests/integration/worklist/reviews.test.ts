import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readingStateSchema, reanalyseResponseSchema } from '#contracts/reading.ts';
import { errorSchema } from '#contracts/session.ts';
import {
  type ReviewRequest,
  reviewResponseSchema,
  type StudyDetail,
  studyDetailSchema,
} from '#contracts/study.ts';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import {
  type SeededRun,
  type SeededStudy,
  seedFiles,
  seedModelRun,
  seedRun,
  seedStudy,
} from '#tests/support/seed-studies.ts';
import type { Caller } from '#tests/support/web-server.ts';
import { startWebSite, type WebSite } from '#tests/support/web-site.ts';

describe('reading a study', () => {
  let site: WebSite;
  let ada: Caller;
  let ben: Caller;
  let admin: Caller;
  let study: SeededStudy;
  let run: SeededRun;
  let shadow: Omit<SeededRun, 'runKey'>;
  let image: string;
  let seed = 0;

  const path = (rest = '') => `/api/studies/${study.studyInstanceUid}${rest}`;
  const detail = async (caller: Caller = ada): Promise<StudyDetail> =>
    studyDetailSchema.parse(await (await caller(path())).json());
  const sign = (caller: Caller, body: ReviewRequest) =>
    caller(path('/reviews'), { method: 'POST', body });
  const codeOf = async (response: Response) => [
    response.status,
    errorSchema.parse(await response.json()).code,
  ];
  const auditOf = async (action: string) =>
    site.database
      .selectFrom('auditLog')
      .selectAll()
      .where('studyInstanceUid', '=', study.studyInstanceUid)
      .where('action', '=', action)
      .execute();

  beforeAll(async () => {
    site = await startWebSite();
    ada = await site.sessionCallerFor('radiologist', 'ada');
    ben = await site.sessionCallerFor('radiologist', 'ben');
    admin = await site.callerFor('admin', 'cyn');
  });
  beforeEach(async () => {
    seed += 1;
    study = await seedStudy(site.database, { flagged: true, score: 0.91 });
    const object = minimalImage({ modality: 'DX', seed });
    image = object.sopInstanceUid;
    const files = [object.bytes];
    const imageRevision = await seedFiles(site.database, study, {
      directory: site.directory,
      files,
    });
    run = await seedRun(site.database, study, { imageRevision, sopInstanceUid: image });
    shadow = await seedModelRun(site.database, study, {
      ...{ imageRevision, runKey: run.runKey },
      model: { modelId: 'shadowy', role: 'shadow', score: 0.99 },
    });
  });
  afterAll(async () => {
    await site.stop();
  });

  it('shows findings, heatmap and runs of active models; those in shadow to admins, in the runs alone', async () => {
    const seen = await detail();
    expect(seen.findings.map((finding) => finding.id)).toEqual([run.findingId]);
    expect(seen.findings[0]).toMatchObject({ sopInstanceUid: image, frame: 1 });
    expect(seen.findings[0]?.box).toEqual([321.25, 432.5, 87.75, 65.5]);
    expect(seen.heatmaps.map((heatmap) => heatmap.id)).toEqual([run.heatmapId]);
    expect(seen.analysisRuns[0]?.models.map((model) => model.modelId)).toEqual(['phantom-lesion']);
    expect(JSON.stringify(seen)).not.toContain('shadowy');
    const asAdmin = await detail(admin);
    expect(asAdmin.analysisRuns[0]?.models.map((model) => model.modelId)).toEqual([
      'phantom-lesion',
      'shadowy',
    ]);
    expect(asAdmin.findings).toEqual(seen.findings);
    expect(asAdmin.heatmaps).toEqual(seen.heatmaps);
    for (const caller of [ada, admin]) {
      expect((await caller(path(`/heatmaps/${shadow.heatmapId}`))).status).toBe(404);
    }
  });

  it('makes one finding of what several models say of one place, and keeps a verdict for each', async () => {
    const { imageRevision } = await site.database
      .selectFrom('study')
      .select('imageRevision')
      .where('studyKey', '=', study.studyKey)
      .executeTakeFirstOrThrow();
    const seeing = (modelId: string, box: [number, number, number, number]) =>
      seedModelRun(site.database, study, {
        ...{ imageRevision: imageRevision ?? '', runKey: run.runKey, sopInstanceUid: image, box },
        model: { modelId },
      });
    const same = await seeing('second', [330, 440, 80, 60]);
    const elsewhere = await seeing('third', [10, 20, 30, 40]);
    const before = await detail();
    const merged = before.findings.find(({ seenBy }) => seenBy.length > 1);
    expect(before.findings).toHaveLength(2);
    expect(new Set(merged?.seenBy.map((each) => each.findingId))).toEqual(
      new Set([run.findingId, same.findingId]),
    );
    expect(new Set(merged?.seenBy.map((each) => each.modelId))).toEqual(
      new Set(['phantom-lesion', 'second']),
    );
    const signed = await sign(ada, {
      version: before.version,
      verdicts: [
        { verdict: 'confirm', findingId: merged?.id ?? '' },
        { verdict: 'reject', findingId: elsewhere.findingId },
      ],
    });
    const { review } = reviewResponseSchema.parse(await signed.json());
    const given = new Map(review.verdicts.map(({ findingId, verdict }) => [findingId, verdict]));
    expect(given).toEqual(
      new Map([
        [run.findingId, 'confirm'],
        [same.findingId, 'confirm'],
        [elsewhere.findingId, 'reject'],
      ]),
    );
  });

  it('gives a heatmap with its place in source pixels', async () => {
    const response = await ada(path(`/heatmaps/${run.heatmapId}`));
    expect(await response.json()).toMatchObject({
      ...{ width: 4, height: 4, unit: 'score', threshold: 0.5, peak: 0.9375 },
      values: Array.from({ length: 16 }, (_, index) => index / 16),
      transform: { scaleX: 32, scaleY: 32, originX: 0, originY: 0 },
    });
    const other = await seedStudy(site.database);
    const elsewhere = `/api/studies/${other.studyInstanceUid}/heatmaps/${run.heatmapId}`;
    expect((await ada(elsewhere)).status).toBe(404);
  });

  it('is taken over by another reader, by word alone, and the log says from whom', async () => {
    await ada(path('/open'), { method: 'POST' });
    const looked = await ben(path('/open'), { method: 'POST' });
    expect(readingStateSchema.parse(await looked.json()).openedBy).toBe('ada');
    const taken = await ben(path('/take-over'), { method: 'POST' });
    expect(readingStateSchema.parse(await taken.json())).toMatchObject({
      ...{ openedBy: 'ben', readingStatus: 'open' },
    });
    // Who leaves a study that is another's by now leaves it as it is.
    await ada(path('/open'), { method: 'DELETE' });
    expect((await detail()).openedBy).toBe('ben');
    expect(await auditOf('study.taken-over')).toMatchObject([
      { actor: 'ben', details: { from: 'ada' } },
    ]);
    expect((await admin(path('/take-over'), { method: 'POST' })).status).toBe(403);
    await sign(ben, { version: (await detail()).version, verdicts: [] });
    const late = await ada(path('/take-over'), { method: 'POST' });
    expect(await codeOf(late)).toEqual([409, 'ILLEGAL_TRANSITION']);
  });

  it('is signed by nobody else while a reader has it open, until that one has been idle for a session', async () => {
    await ada(path('/open'), { method: 'POST' });
    const { version } = await detail(ben);
    const held = await sign(ben, { version, verdicts: [] });
    expect(held.status).toBe(409);
    expect(await held.json()).toMatchObject({ code: 'STUDY_HELD', details: { openedBy: 'ada' } });
    expect((await detail()).reviews).toEqual([]);
    await site.database
      .updateTable('study')
      .set({ openedAt: new Date(Date.now() - 24 * 3_600_000) })
      .where('studyKey', '=', study.studyKey)
      .execute();
    expect((await sign(ben, { version, verdicts: [] })).status).toBe(201);
  });

  it('tells an administrator of a stale version, and never lets one sign', async () => {
    const { version } = await detail(admin);
    const stale = await sign(admin, { version: version - 1, verdicts: [] });
    expect(await codeOf(stale)).toEqual([409, 'STALE_VERSION']);
    const current = await sign(admin, { version, verdicts: [] });
    expect(await codeOf(current)).toEqual([403, 'FORBIDDEN']);
    expect((await detail()).reviews).toEqual([]);
  });

  it('shows only what was found on the images that are there now', async () => {
    await site.database
      .updateTable('study')
      .set({ imageRevision: 'd'.repeat(64), status: 'queued' })
      .where('studyKey', '=', study.studyKey)
      .execute();
    const seen = await detail();
    expect([seen.findings, seen.heatmaps]).toEqual([[], []]);
    expect(seen.analysisRuns).toHaveLength(1);
  });

  it('says who reads it, without making what others see stale', async () => {
    const before = (await detail()).version;
    const opened = readingStateSchema.parse(
      await (await ada(path('/open'), { method: 'POST' })).json(),
    );
    expect(opened).toMatchObject({ readingStatus: 'open', openedBy: 'ada', version: before });
    const second = await (await ben(path('/open'), { method: 'POST' })).json();
    expect(second).toMatchObject({ readingStatus: 'open', openedBy: 'ada' });
    await ben(path('/open'), { method: 'DELETE' });
    expect(await detail()).toMatchObject({ readingStatus: 'open', openedBy: 'ada' });
    await ada(path('/open'), { method: 'DELETE' });
    expect(await detail()).toMatchObject({ readingStatus: 'unread', openedBy: null });
  });

  it('lets the next reader take over what was left open', async () => {
    await ada(path('/open'), { method: 'POST' });
    await site.database
      .updateTable('study')
      .set({ openedAt: new Date(Date.now() - 61 * 60_000) })
      .where('studyKey', '=', study.studyKey)
      .execute();
    const taken = await (await ben(path('/open'), { method: 'POST' })).json();
    expect(taken).toMatchObject({ openedBy: 'ben' });
  });

  it('signs off with verdicts, version, mode and reader, and records it', async () => {
    const { version, imageRevision } = await detail();
    const openedAt = new Date(Date.now() - 60_000).toISOString();
    const response = await sign(ada, {
      version,
      openedAt,
      comment: 'seen',
      verdicts: [
        { verdict: 'amend', findingId: run.findingId, label: 'nodule', box: [1, 2, 3, 4] },
        { verdict: 'add', label: 'effusion', sopInstanceUid: image, box: [5, 6, 7, 8] },
      ],
    });
    expect(response.status).toBe(201);
    const { review, version: next } = reviewResponseSchema.parse(await response.json());
    expect(next).toBe(version + 1);
    expect(review).toMatchObject({
      ...{ kind: 'reading', state: 'signed', reader: 'ada', readingMode: 'assist' },
      ...{ imageRevision, seenVersion: version, positive: true, comment: 'seen', openedAt },
    });
    expect(review.verdicts).toEqual(
      expect.arrayContaining([
        {
          ...{ findingId: run.findingId, verdict: 'amend', reason: null, label: 'nodule' },
          ...{ sopInstanceUid: image, frame: 1, box: [1, 2, 3, 4] },
        },
        {
          ...{ findingId: null, verdict: 'add', reason: null, label: 'effusion' },
          ...{ sopInstanceUid: image, frame: 1, box: [5, 6, 7, 8] },
        },
      ]),
    );
    const after = await detail();
    expect(after).toMatchObject({ readingStatus: 'reviewed', version: next });
    expect(after.reviews).toEqual([review]);
    expect(await auditOf('review.signed')).toHaveLength(1);
    expect(await auditOf('study.read')).not.toHaveLength(0);
    const list = await (await ada('/api/worklist?limit=1000')).text();
    expect(list).not.toContain(`"${study.studyInstanceUid}"`);
  });

  it('is positive when something was confirmed, amended or added, and not when all was rejected', async () => {
    const { version } = await detail();
    const verdicts = [{ verdict: 'reject' as const, findingId: run.findingId, reason: 'artefact' }];
    const rejected = await sign(ada, { version, verdicts });
    expect(await rejected.json()).toMatchObject({ review: { positive: false } });
  });

  it('answers 409 with the current version to one who saw an older one, and keeps nothing of it', async () => {
    const { version } = await detail();
    expect((await sign(ada, { version, verdicts: [] })).status).toBe(201);
    const stale = await sign(ben, { version, verdicts: [] });
    expect(stale.status).toBe(409);
    expect(await stale.json()).toEqual({
      ...{ code: 'STALE_VERSION', retryable: false },
      message: 'the study has changed since it was shown',
      details: { currentVersion: version + 1, seenVersion: version },
    });
    expect((await detail()).reviews).toHaveLength(1);
    expect(await codeOf(await sign(ben, { version: version + 1, verdicts: [] }))).toEqual([
      409,
      'ILLEGAL_TRANSITION',
    ]);
  });

  it('lets one of two who sign at once win', async () => {
    const { version } = await detail();
    const answers = await Promise.all(
      [ada, ben, ada, ben].map((caller) => sign(caller, { version, verdicts: [] })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409]);
    expect((await detail()).reviews).toHaveLength(1);
    expect(await verifyAuditLog(site.database)).toMatchObject({ intact: true });
  });

  it('refuses verdicts on findings that are not of this study, are in shadow, or come twice', async () => {
    const { version } = await detail();
    const confirm = (findingId: string) => ({ verdict: 'confirm' as const, findingId });
    for (const verdicts of [
      [confirm('nothing')],
      [confirm(shadow.findingId)],
      [confirm(run.findingId), confirm(run.findingId)],
    ]) {
      expect(await codeOf(await sign(ada, { version, verdicts }))).toEqual([
        400,
        'REQUEST_INVALID',
      ]);
    }
    const box: [number, number, number, number] = [1, 2, 3, 4];
    for (const place of [
      { sopInstanceUid: '1.2.3', frame: 1 },
      { sopInstanceUid: image, frame: 2 },
    ]) {
      const verdicts = [{ verdict: 'add' as const, label: 'x', box, ...place }];
      expect(await codeOf(await sign(ada, { version, verdicts }))).toEqual([
        400,
        'REQUEST_INVALID',
      ]);
    }
    expect(await detail()).toMatchObject({ readingStatus: 'unread', version, reviews: [] });
  });

  it('takes a review back for its own reader alone, and keeps it on record', async () => {
    const { version } = await detail();
    const { review } = reviewResponseSchema.parse(
      await (await sign(ada, { version, verdicts: [] })).json(),
    );
    const undo = (caller: Caller) => caller(path(`/reviews/${review.id}`), { method: 'DELETE' });
    expect(await codeOf(await undo(ben))).toEqual([403, 'FORBIDDEN']);
    const undone = readingStateSchema.parse(await (await undo(ada)).json());
    expect(undone).toMatchObject({ readingStatus: 'unread', version: version + 2 });
    expect(await codeOf(await undo(ada))).toEqual([409, 'ILLEGAL_TRANSITION']);
    const after = await detail();
    expect(after.reviews).toMatchObject([{ id: review.id, state: 'undone' }]);
    expect((await sign(ada, { version: after.version, verdicts: [] })).status).toBe(201);
    expect(await auditOf('review.undone')).toHaveLength(1);
  });

  it('waits until it is signed off, and no longer; nor is it overdue then', async () => {
    await site.database
      .updateTable('study')
      .set({ dueAt: new Date(Date.now() - 60_000) })
      .where('studyKey', '=', study.studyKey)
      .execute();
    expect(await detail()).toMatchObject({ overdue: true, reviewedAt: null });
    const signed = await sign(ada, { version: (await detail()).version, verdicts: [] });
    const { review } = reviewResponseSchema.parse(await signed.json());
    const read = await detail();
    expect(read).toMatchObject({ overdue: false, reviewedAt: review.createdAt });
    await ada(path(`/reviews/${review.id}`), { method: 'DELETE' });
    expect(await detail()).toMatchObject({ overdue: true, reviewedAt: null });
  });

  it('lets no token sign, whatever its role: that is a word of a person', async () => {
    const script = await site.callerFor('radiologist', 'script');
    const { version } = await detail();
    expect(await codeOf(await sign(script, { version, verdicts: [] }))).toEqual([403, 'FORBIDDEN']);
    expect(await detail()).toMatchObject({ version, reviews: [] });
  });

  const resultSets = () =>
    site.database
      .selectFrom('resultSet')
      .select(['number', 'state', 'reviewId', 'runKey', 'dueAt', 'createdAt'])
      .where('studyKey', '=', study.studyKey)
      .orderBy('number')
      .execute();
  const signed = async () => {
    const { version } = await detail();
    const response = await sign(ada, { version, verdicts: [] });
    return reviewResponseSchema.parse(await response.json()).review.id;
  };

  it('asks for its result to go out once it cannot be undone at once any more', async () => {
    const reviewId = await signed();
    const [set, ...more] = await resultSets();
    expect(more).toEqual([]);
    expect(set).toMatchObject({ number: 1, state: 'waiting', reviewId, runKey: run.runKey });
    const pause = (set?.dueAt.getTime() ?? 0) - (set?.createdAt.getTime() ?? 0);
    expect(pause).toBeGreaterThan(14_000);
    expect(pause).toBeLessThan(16_000);
  });

  it('sends nothing of a review that is undone in time', async () => {
    const reviewId = await signed();
    await ada(path(`/reviews/${reviewId}`), { method: 'DELETE' });
    expect(await resultSets()).toMatchObject([{ number: 1, state: 'cancelled', reviewId }]);
  });

  it('takes the word back by another result when a review is undone later', async () => {
    const reviewId = await signed();
    await site.database.updateTable('resultSet').set({ state: 'made' }).execute();
    await ada(path(`/reviews/${reviewId}`), { method: 'DELETE' });
    expect(await resultSets()).toMatchObject([
      { number: 1, state: 'made', reviewId },
      { number: 2, state: 'waiting', reviewId: null, runKey: run.runKey },
    ]);
  });

  it('notes that a study was reported elsewhere, and takes it back', async () => {
    const elsewhere = path('/reported-elsewhere');
    const away = await (await ada(elsewhere, { method: 'POST' })).json();
    expect(away).toMatchObject({ readingStatus: 'reported-elsewhere' });
    expect(await codeOf(await ada(elsewhere, { method: 'POST' }))).toEqual([
      409,
      'ILLEGAL_TRANSITION',
    ]);
    const back = await (await ada(elsewhere, { method: 'DELETE' })).json();
    expect(back).toMatchObject({ readingStatus: 'unread' });
  });

  it('asks for another run, and settles the failures of the study by it', async () => {
    const jobId = `${study.studyKey}_dead_1`;
    await site.database
      .insertInto('deadLetter')
      .values({
        ...{ jobId, job: 'triage', studyKey: study.studyKey, code: 'MODEL_FAILED' },
        ...{ message: 'the model failed', attempts: 4, resolvedAt: null },
      })
      .execute();
    const failures = await (await admin('/api/failures')).json();
    expect(failures).toMatchObject({
      items: [{ jobId, studyInstanceUid: study.studyInstanceUid, attempts: 4 }],
    });
    const retried = await admin(`/api/failures/${jobId}/retry`, { method: 'POST' });
    expect(retried.status).toBe(200);
    expect(await (await admin('/api/failures')).json()).toEqual({ items: [] });
    const again = await admin(path('/reanalyse'), { method: 'POST' });
    const { jobId: next } = reanalyseResponseSchema.parse(await again.json());
    const seen = await detail(admin);
    expect(seen.status).toBe('queued');
    expect(seen.analysisRuns.map((each) => [each.trigger, each.state])).toEqual([
      ['retry', 'queued'],
      ['retry', 'superseded'],
      ['complete', 'analysed'],
    ]);
    const outbox = await site.database.selectFrom('outbox').select('jobId').execute();
    expect(outbox.map((row) => row.jobId)).toContain(next);
    expect(seen.findings).toHaveLength(1);
    expect(await codeOf(await admin('/api/failures/nothing/retry', { method: 'POST' }))).toEqual([
      404,
      'NOT_FOUND',
    ]);
    expect(await auditOf('run.requested')).toHaveLength(2);
  });
});
