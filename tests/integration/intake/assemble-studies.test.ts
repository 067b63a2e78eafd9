import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAssembly } from '#intake/assemble-studies.ts';
import { digestImages } from '#intake/complete-study.ts';
import { REASON_NO_IMAGES } from '#intake/corrections/settle-study.ts';
import { requestRun } from '#intake/request-run.ts';
import { sweepRuns } from '#intake/sweep.ts';
import type { Config } from '#platform/config/config.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import type { JobStanding } from '#queue/open-queue.ts';
import { type MinimalObject, minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { receiveFile, silent, startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let intake: TestIntake;
const running: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 0.3 } } });
});
afterEach(async () => {
  for (const assembly of running.splice(0)) await assembly.close();
});
afterAll(async () => intake.stop());

function assemble(assembly: Config['assembly'] = intake.config.assembly): void {
  const { database, url } = intake.db;
  running.push(startAssembly({ database, databaseUrl: url, assembly, logger: silent }));
}

async function studyOf(image: MinimalObject) {
  return intake.db.database
    .selectFrom('study')
    .selectAll()
    .where('studyInstanceUid', '=', image.studyInstanceUid)
    .executeTakeFirstOrThrow();
}

async function runsOf(studyKey: string) {
  const { database } = intake.db;
  const query = database.selectFrom('analysisRun').selectAll().where('studyKey', '=', studyKey);
  return query.orderBy('number').execute();
}

async function outboxOf(jobId: string) {
  const { database } = intake.db;
  return database.selectFrom('outbox').selectAll().where('jobId', '=', jobId).execute();
}

async function becomes(image: MinimalObject, status: string) {
  await waitFor(async () => (await studyOf(image)).status === status, { what: `status ${status}` });
  return studyOf(image);
}

/** As the worker does it. */
async function finishRun(studyKey: string, runKey: string): Promise<void> {
  await intake.db.database.transaction().execute(async (trx) => {
    await updateStudy(trx, studyKey, { event: 'analysis-started' });
    await updateStudy(trx, studyKey, { event: 'analysis-finished' });
    await trx
      .updateTable('analysisRun')
      .set({ state: 'analysed', finishedAt: new Date() })
      .where('runKey', '=', runKey)
      .execute();
  });
}

describe('study assembly', () => {
  it('hands a study on once its quiet time is over: revision, run and outbox row together', async () => {
    assemble();
    const images = [1, 2].map((instanceNumber) =>
      minimalImage({ modality: 'CR', seed: 'whole', instanceNumber }),
    );
    const [image] = images;
    if (image === undefined) throw new Error('no image');
    for (const { bytes } of images) await receiveFile(intake.receiver, bytes);
    expect((await studyOf(image)).status).toBe('receiving');
    const study = await becomes(image, 'queued');
    const waited = (study.completedAt?.getTime() ?? 0) - (study.lastImageAt?.getTime() ?? 0);
    expect(waited).toBeGreaterThanOrEqual(300);
    expect(waited).toBeLessThan(1_300);
    const instances = await intake.db.database
      .selectFrom('instance')
      .select(['sopInstanceUid', 'sha256'])
      .where('studyKey', '=', study.studyKey)
      .execute();
    expect(study.imageRevision).toBe(digestImages(instances));
    const runs = await runsOf(study.studyKey);
    const jobId = `${study.studyKey}_${study.imageRevision}_1`;
    expect(runs).toMatchObject([{ number: 1, trigger: 'complete', state: 'queued', jobId }]);
    expect(await outboxOf(jobId)).toMatchObject([
      {
        job: 'triage',
        priority: 2,
        payload: {
          studyKey: study.studyKey,
          imageRevision: study.imageRevision,
          runKey: runs[0]?.runKey,
          traceId: runs[0]?.traceId,
        },
      },
    ]);
  });

  it('puts a reviewed study back on the list when images arrive that its reader has not seen', async () => {
    const first = minimalImage({ modality: 'CR', seed: 'late-read', instanceNumber: 1 });
    await receiveFile(intake.receiver, first.bytes);
    const { studyKey } = await studyOf(first);
    await intake.db.database
      .updateTable('study')
      .set({ readingStatus: 'reviewed' })
      .where('studyKey', '=', studyKey)
      .execute();
    await receiveFile(intake.receiver, first.bytes);
    const report = minimalObject({ kind: 'SR', seed: 'late-read', of: first });
    await receiveFile(intake.receiver, report.bytes);
    expect((await studyOf(first)).readingStatus).toBe('reviewed');
    const late = minimalImage({ modality: 'CR', seed: 'late-read', instanceNumber: 2 });
    await receiveFile(intake.receiver, late.bytes);
    expect((await studyOf(first)).readingStatus).toBe('unread');
  });

  it('opens a new revision for late images, and supersedes the run that did not see them', async () => {
    assemble();
    const first = minimalImage({ modality: 'CR', seed: 'late', instanceNumber: 1 });
    await receiveFile(intake.receiver, first.bytes);
    const before = await becomes(first, 'queued');
    const late = minimalImage({ modality: 'CR', seed: 'late', instanceNumber: 2 });
    await receiveFile(intake.receiver, late.bytes);
    expect((await studyOf(first)).status).toBe('receiving');
    const after = await becomes(first, 'queued');
    expect(after.imageRevision).not.toBe(before.imageRevision);
    expect(await runsOf(after.studyKey)).toMatchObject([
      { number: 1, state: 'superseded', trigger: 'complete' },
      { number: 2, state: 'queued', trigger: 'late-images' },
    ]);
  });

  it('is not reopened by an object, a duplicate or a conflict', async () => {
    assemble();
    const image = minimalImage({ modality: 'CR', seed: 'shut' });
    await receiveFile(intake.receiver, image.bytes);
    const before = await becomes(image, 'queued');
    await receiveFile(
      intake.receiver,
      minimalObject({ kind: 'SR', seed: 'shut', of: image }).bytes,
    );
    await receiveFile(intake.receiver, image.bytes);
    const other = minimalImage({
      modality: 'CR',
      seed: 'shut',
      attributes: { PixelData: Buffer.alloc(256) },
    });
    expect((await receiveFile(intake.receiver, other.bytes)).outcome).toBe('conflict');
    expect(await studyOf(image)).toEqual(before);
  });

  it('sets a study without images aside with its reason, and takes it up when an image comes', async () => {
    assemble();
    const image = minimalImage({ modality: 'CR', seed: 'no-image' });
    await receiveFile(
      intake.receiver,
      minimalObject({ kind: 'SR', seed: 'no-image', of: image }).bytes,
    );
    const aside = await becomes(image, 'not-analysed');
    expect(aside).toMatchObject({ statusReason: REASON_NO_IMAGES, imageRevision: null });
    expect(await runsOf(aside.studyKey)).toEqual([]);
    await receiveFile(intake.receiver, image.bytes);
    expect(await becomes(image, 'queued')).toMatchObject({ statusReason: null });
  });

  it('keeps priors beyond the age limit untriaged, but triages what has no date or a future one', async () => {
    assemble({ ...intake.config.assembly, studyAgeLimitDays: 30 });
    const make = (seed: string, StudyDate: string | undefined) =>
      minimalImage({ modality: 'CR', seed, attributes: { StudyDate } });
    const old = make('old', '20010101');
    const future = make('future', '29991231');
    const undated = make('undated', undefined);
    for (const { bytes } of [old, future, undated]) await receiveFile(intake.receiver, bytes);
    const prior = await becomes(old, 'not-analysed');
    expect(prior.statusReason).toContain('older than 30 days');
    expect(await runsOf(prior.studyKey)).toEqual([]);
    await becomes(future, 'queued');
    await becomes(undated, 'queued');
    // Somebody may still ask for it.
    await intake.db.database
      .transaction()
      .execute((trx) => requestRun(trx, prior.studyKey, 'retry'));
    expect((await studyOf(old)).status).toBe('queued');
  });

  it('finds after a restart what fell due meanwhile, and closes each study once though two look', async () => {
    const image = minimalImage({ modality: 'CR', seed: 'restart' });
    await receiveFile(intake.receiver, image.bytes);
    await waitFor(async () => ((await studyOf(image)).quietUntil?.getTime() ?? 0) < Date.now(), {
      what: 'the quiet time to pass while nobody looks',
    });
    expect((await studyOf(image)).status).toBe('receiving');
    assemble();
    assemble();
    const study = await becomes(image, 'queued');
    expect(await runsOf(study.studyKey)).toHaveLength(1);
  });

  it('gives every further run a job id of its own and resolves the dead letter', async () => {
    assemble();
    const image = minimalImage({ modality: 'CR', seed: 'rerun' });
    await receiveFile(intake.receiver, image.bytes);
    const { studyKey } = await becomes(image, 'queued');
    const { database } = intake.db;
    const letter = { job: 'triage', studyKey, code: 'MODEL_FAILED', message: 'm', attempts: 4 };
    await database
      .insertInto('deadLetter')
      .values({ ...letter, jobId: 'letter', resolvedAt: null })
      .execute();
    const [run] = await runsOf(studyKey);
    await finishRun(studyKey, run?.runKey ?? '');
    const again = await database
      .transaction()
      .execute((trx) => requestRun(trx, studyKey, 'promotion'));
    expect(again.jobId).not.toBe(run?.jobId);
    expect(await studyOf(image)).toMatchObject({ status: 'queued' });
    const dead = database
      .selectFrom('deadLetter')
      .select('resolvedAt')
      .where('jobId', '=', 'letter');
    expect((await dead.executeTakeFirst())?.resolvedAt).toBeInstanceOf(Date);
    await expect(
      database.transaction().execute((trx) => requestRun(trx, '999999', 'retry')),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('goes on after the database was killed', async () => {
    assemble();
    const image = minimalImage({ modality: 'CR', seed: 'killed' });
    await receiveFile(intake.receiver, image.bytes);
    await intake.db.killAndRestart();
    await becomes(image, 'queued');
  });
});

describe('the sweep', () => {
  const sweep = async (standing: JobStanding) =>
    sweepRuns({
      database: intake.db.database,
      producer: { standingOf: async () => standing },
      logger: silent,
      olderThanMs: -1_000,
    });
  const sendOutbox = async (): Promise<void> => {
    await intake.db.database.updateTable('outbox').set({ sentAt: new Date() }).execute();
  };
  const closeAll = async (): Promise<void> => {
    await intake.db.database.updateTable('analysisRun').set({ state: 'analysed' }).execute();
  };

  it('sends again what the queue has forgotten, under the same id', async () => {
    assemble();
    await closeAll();
    const image = minimalImage({ modality: 'CR', seed: 'swept' });
    await receiveFile(intake.receiver, image.bytes);
    const { studyKey } = await becomes(image, 'queued');
    expect(await sweep('unknown')).toEqual({ resent: 0, rerun: 0 });
    await sendOutbox();
    expect(await sweep('open')).toEqual({ resent: 0, rerun: 0 });
    expect(await sweep('unknown')).toEqual({ resent: 1, rerun: 0 });
    const [run] = await runsOf(studyKey);
    const rows = await outboxOf(run?.jobId ?? '');
    expect(rows).toHaveLength(2);
    expect(rows[0]?.payload).toEqual(rows[1]?.payload);
  });

  it('begins anew once when a job ended without its run, then says that it failed', async () => {
    assemble();
    await closeAll();
    const image = minimalImage({ modality: 'CR', seed: 'halfway' });
    await receiveFile(intake.receiver, image.bytes);
    const { studyKey } = await becomes(image, 'queued');
    await sendOutbox();
    expect(await sweep('completed')).toEqual({ resent: 0, rerun: 1 });
    expect(await runsOf(studyKey)).toMatchObject([
      { state: 'superseded' },
      { state: 'queued', trigger: 'sweep' },
    ]);
    await sendOutbox();
    await sweep('completed');
    expect(await studyOf(image)).toMatchObject({
      status: 'failed',
      statusReason: 'the analysis ended twice without a result',
    });
  });
});
