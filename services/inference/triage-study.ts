import { toRadTriageError } from '#core/errors.ts';
import { analyseImages } from './analyse-images.ts';
import { beginRun, type TriageJob } from './begin-run.ts';
import { concludeRun } from './conclude-run.ts';
import type { TriageDependencies } from './dependencies.ts';
import { planModels } from './plan-models.ts';
import { decodeFrame, readImages } from './read-images.ts';
import { storeResult } from './store-result.ts';
import { type FrameKeeper, keepThumbnailFrame } from './thumbnail.ts';
import type { FrameOfImage } from './triage-types.ts';

/**
 * The triage job. It may run more than once for a run and then does its work again, until one of them has stored the
 * result; a run that has ended, or that newer images or a newer run have superseded, is left alone.
 *
 * @throws RadTriageError retryable: MODEL_FAILED, ANALYSIS_TIMEOUT (each after one more try here), STORAGE_FAILED,
 *   DATABASE_UNAVAILABLE
 */
export async function triageStudy(job: TriageJob, dependencies: TriageDependencies): Promise<void> {
  const { database, registry, runtime, rule, logger } = dependencies;
  const begun = await beginRun(database, job);
  if (begun === undefined) return;

  const images = await readImages(begun.images, dependencies.blobs);
  const plans = planModels(await registry.list(), images);
  const active = plans.filter((plan) => plan.model.role === 'active');
  const thumbnail = keepThumbnailFrame(images);
  const decode = (frame: FrameOfImage) => decodeFrame(frame, dependencies);
  const analyses = await analyseImages(active, (frame) => thumbnail.watch(decode(frame)), runtime);

  const conclusion = concludeRun(plans, analyses, images);
  if (conclusion.failure !== undefined) throw conclusion.failure;
  const thumbnailBlob = await storeThumbnail(thumbnail, decode, dependencies);
  const state = await storeResult(database, job, { conclusion, rule, thumbnailBlob });
  const { runKey, traceId } = job;
  logger.info({ runKey, traceId, state, images: images.length }, 'study triaged');
}

/** A study without a thumbnail is still a study: a failure is logged, no more. */
async function storeThumbnail(
  thumbnail: FrameKeeper,
  decode: Parameters<FrameKeeper['frame']>[0],
  { blobs, renderThumbnail, logger }: TriageDependencies,
): Promise<string | undefined> {
  try {
    const frame = await thumbnail.frame(decode);
    if (frame === undefined) return undefined;
    return await blobs.put(await renderThumbnail(frame));
  } catch (thrown) {
    logger.warn({ code: toRadTriageError(thrown).code, err: thrown }, 'no thumbnail');
    return undefined;
  }
}
