import type { Kysely, Selectable } from 'kysely';
import { type RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import type { ExplainedImage } from '#models/analysis/explain-image.ts';
import { isUsable, type UsableModel } from '#models/registry/registry.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import type { ExplanationTable } from '#platform/database/analysis-tables.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { hastenResults } from '#platform/study-results/request-results.ts';
import type { JobPayload } from '#queue/contracts.ts';
import { lockRun, readImageRows } from './begin-run.ts';
import type { TriageDependencies } from './dependencies.ts';
import { explainFrame } from './explain-frame.ts';
import { planModels } from './plan-models.ts';
import { readImages, sourceOf } from './read-images.ts';
import { insertHeatmap } from './store-result.ts';
import type { FrameOfImage, ImageRow } from './triage-types.ts';

export type ExplainJob = JobPayload<'explain'>;

export interface ExplainDependencies
  extends Pick<TriageDependencies, 'database' | 'registry' | 'blobs' | 'logger'> {
  readonly decoder: Pick<PixelDecoder, 'decode'>;
  /** Not the one that results are waited for in. */
  readonly runtime: Pick<Runtime, 'run'>;
  /** Resolves when nothing runs here that somebody waits for. */
  readonly whenIdle?: (() => Promise<void>) | undefined;
}

type Explanation = Selectable<ExplanationTable>;

interface WaitingExplanation extends Explanation {
  readonly modelId: string;
  readonly modelVersion: string;
  readonly modelSha256: string;
}

interface OpenExplanations {
  readonly waiting: readonly WaitingExplanation[];
  readonly images: readonly ImageRow[];
}

/**
 * The job after a result: makes the heatmaps that the run wrote down as wanted, one by one, and stores each with the
 * model's run. Score, flag, priority and the study's version stay as they are: a reader who has the study open can sign
 * it off. It may run more than once; what is settled is left alone.
 *
 * @throws RadTriageError retryable, unless it is the last try: the runtime or the store failed
 */
export async function explainStudy(
  job: ExplainJob,
  dependencies: ExplainDependencies,
  isLastTry: boolean,
): Promise<void> {
  const { database, registry, blobs, logger, whenIdle } = dependencies;
  const opened = await database.transaction().execute((trx) => openExplanations(trx, job));
  if (opened === undefined || opened.waiting.length === 0) return;
  const models = (await registry.list()).filter(isUsable);
  const images = await readImages(opened.images, blobs);
  for (const wanted of opened.waiting) {
    const model = models.find((candidate) => isSame(candidate, wanted));
    // Before the time of its budget begins.
    await whenIdle?.();
    const begin = performance.now();
    try {
      const taken = model && planModels([model], images)[0]?.images;
      const explained =
        model && taken && (await explainFrame(model, taken, wanted, meansOf(dependencies)));
      await settle(database, wanted, explained ?? 'superseded');
    } catch (thrown) {
      const error = toRadTriageError(thrown, 'MODEL_FAILED');
      if (error.retryable && !isLastTry) throw error;
      await settle(database, wanted, error);
    }
    const { runKey, traceId } = job;
    const ms = Math.round(performance.now() - begin);
    logger.info({ runKey, traceId, modelId: wanted.modelId, ms }, 'score explained');
  }
  await hastenResults(database, job.runKey);
}

function isSame({ role, manifest }: UsableModel, wanted: WaitingExplanation): boolean {
  const { id, version, sha256 } = manifest;
  const { modelId, modelVersion, modelSha256 } = wanted;
  const isVersion = id === modelId && version === modelVersion && sha256 === modelSha256;
  return isVersion && role === 'active';
}

/** Undefined when there is nothing to do any more: newer images or a newer run have come. */
async function openExplanations(
  trx: Kysely<DatabaseSchema>,
  job: ExplainJob,
): Promise<OpenExplanations | undefined> {
  const locked = await lockRun(trx, job);
  if (locked === undefined) return undefined;
  if (!locked.isCurrent) {
    await trx
      .updateTable('explanation')
      .set({ state: 'superseded', finishedAt: new Date() })
      .where('runKey', '=', job.runKey)
      .where('state', '=', 'queued')
      .execute();
    return undefined;
  }
  const waiting = await trx
    .selectFrom('explanation')
    .innerJoin('modelRun', 'modelRun.modelRunKey', 'explanation.modelRunKey')
    .selectAll('explanation')
    .select(['modelRun.modelId', 'modelRun.modelVersion', 'modelRun.modelSha256'])
    .where('explanation.runKey', '=', job.runKey)
    .where('state', '=', 'queued')
    .orderBy('explanationId')
    .execute();
  return { waiting, images: await readImageRows(trx, job.studyKey) };
}

function meansOf({ runtime, decoder, blobs }: ExplainDependencies) {
  return {
    decode: ({ image, frame }: FrameOfImage) =>
      decoder.decode({ ...sourceOf(image.row, blobs), frame: frame - 1 }),
    run: (...given: Parameters<Runtime['run']>) => runtime.run(...given),
  };
}

type Outcome = ExplainedImage | 'superseded' | RadTriageError;

function columnsOf(outcome: Outcome) {
  if (outcome === 'superseded') return { state: 'superseded' } as const;
  if (outcome instanceof Error) {
    return { state: 'failed', reason: `${outcome.code}: ${outcome.message}` } as const;
  }
  const { heatmap, masks, plannedMasks, ms } = outcome;
  const state: Explanation['state'] = heatmap === undefined ? 'insufficient' : 'done';
  return { state, masks, plannedMasks, milliseconds: ms };
}

async function settle(
  database: Database,
  wanted: WaitingExplanation,
  outcome: Outcome,
): Promise<void> {
  await database.transaction().execute(async (trx) => {
    const { explanationId, modelRunKey, studyKey, label, sopInstanceUid, frame } = wanted;
    const { numUpdatedRows } = await trx
      .updateTable('explanation')
      .set({ ...columnsOf(outcome), finishedAt: new Date() })
      .where('explanationId', '=', explanationId)
      .where('state', '=', 'queued')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    if (typeof outcome === 'object' && 'heatmap' in outcome && outcome.heatmap !== undefined) {
      const place = { modelRunKey, studyKey, label, sopInstanceUid, frame };
      await insertHeatmap(trx, place, outcome.heatmap);
    }
    const { studyInstanceUid } = await trx
      .selectFrom('study')
      .select('studyInstanceUid')
      .where('studyKey', '=', studyKey)
      .executeTakeFirstOrThrow();
    await notifyChange(trx, studyInstanceUid);
  });
}

/** After the last try. The result stands, unexplained. */
export async function giveUpExplanations(
  database: Database,
  job: ExplainJob,
  { code, message }: RadTriageError,
): Promise<void> {
  await database
    .updateTable('explanation')
    .set({ state: 'failed', reason: `${code}: ${message}`, finishedAt: new Date() })
    .where('runKey', '=', job.runKey)
    .where('state', '=', 'queued')
    .execute();
  await hastenResults(database, job.runKey);
}
