import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { analyseStudy } from './analyse-images.ts';
import { beginRun, type TriageJob } from './begin-run.ts';
import { concludeRun } from './conclude-run.ts';
import type { TriageDependencies } from './dependencies.ts';
import { planModels } from './plan-models.ts';
import { readImages } from './read-images.ts';
import { storeResult } from './store-result.ts';
import { type ThumbnailFrame, thumbnailFrame } from './thumbnail.ts';
import type { ModelAnalysis, ModelPlan } from './triage-types.ts';

/**
 * The triage job. It may run more than once for a run and then does its work again, until one of them has stored the
 * result; a run that has ended, or that newer images or a newer run have superseded, is left alone.
 *
 * @throws RadTriageError retryable: MODEL_FAILED, ANALYSIS_TIMEOUT, ANALYSIS_MEMORY (each after one more try here, but
 *   for the time of the whole job), STORAGE_FAILED, DATABASE_UNAVAILABLE
 */
export async function triageStudy(job: TriageJob, dependencies: TriageDependencies): Promise<void> {
  const { database, registry, blobs, rule, notificationRules, logger } = dependencies;
  const begun = await beginRun(database, job);
  if (begun === undefined) return;

  const images = await readImages(begun.images, blobs);
  const plans = planModels(await registry.list(), images);
  const active = plans.filter((plan) => plan.model.role === 'active');
  const thumbnail = thumbnailFrame(images, blobs);
  const analyses = await analyseInTime(active, thumbnail, dependencies);

  const conclusion = concludeRun(plans, analyses, images);
  if (conclusion.failure !== undefined) throw conclusion.failure;
  const thumbnailBlob = await storeThumbnail(thumbnail, dependencies);
  const result = { conclusion, rule, thumbnailBlob, notificationRules };
  const state = await storeResult(database, job, result);
  const { runKey, traceId } = job;
  logger.info({ runKey, traceId, state, images: images.length }, 'study triaged');
}

/** @throws RadTriageError ANALYSIS_TIMEOUT when the study takes longer than a job may */
async function analyseInTime(
  plans: readonly ModelPlan[],
  thumbnail: ThumbnailFrame,
  { engine, blobs, jobTimeoutMs }: TriageDependencies,
): Promise<ModelAnalysis[]> {
  const time = new AbortController();
  const timer = setTimeout(() => {
    const message = `the study took longer than the ${jobTimeoutMs} ms that a job may take`;
    time.abort(new RadTriageError('ANALYSIS_TIMEOUT', message));
  }, jobTimeoutMs);
  try {
    const { signal } = time;
    return await analyseStudy(plans, { engine, blobs, signal, thumbnail: thumbnail.order });
  } finally {
    clearTimeout(timer);
  }
}

/** A study without a thumbnail is still a study: a failure is logged, no more. */
async function storeThumbnail(
  thumbnail: ThumbnailFrame,
  { engine, blobs, renderThumbnail, logger }: TriageDependencies,
): Promise<string | undefined> {
  try {
    const frame = await thumbnail.take(engine.preparer);
    if (frame === undefined) return undefined;
    return await blobs.put(await renderThumbnail(frame));
  } catch (thrown) {
    logger.warn({ code: toRadTriageError(thrown).code, err: thrown }, 'no thumbnail');
    return undefined;
  }
}
