import { type AnalysisEngine, analyseImages } from '#models/analysis/analyse-images.ts';
import type { CopyOrder } from '#models/analysis/analysis-types.ts';
import { isUsable } from '#models/registry/registry.ts';
import type { TriageBlobs } from './dependencies.ts';
import { sourceOf } from './read-images.ts';
import type { ModelAnalysis, ModelPlan, RunnablePlan, TriageImage } from './triage-types.ts';

export interface StudyAnalysis {
  readonly engine: AnalysisEngine;
  readonly blobs: Pick<TriageBlobs, 'pathOf'>;
  /** Ends the analysis when its time is up. */
  readonly signal?: AbortSignal | undefined;
  readonly thumbnail?: CopyOrder<TriageImage> | undefined;
}

function isRunnable(plan: ModelPlan): plan is RunnablePlan {
  return isUsable(plan.model) && plan.images.length > 0;
}

/** Runs every plan that can be run over the images of a study. @throws RadTriageError as models/analysis does */
export async function analyseStudy(
  plans: readonly ModelPlan[],
  { engine, blobs, signal, thumbnail }: StudyAnalysis,
): Promise<ModelAnalysis[]> {
  const runnable = plans.filter(isRunnable);
  const findings = await analyseImages(runnable, engine, {
    describe: ({ row, facts }: TriageImage) => ({
      source: sourceOf(row, blobs),
      facts: facts ?? { values: {}, ageYears: undefined },
      numberOfFrames: row.numberOfFrames ?? 1,
      framePixels: (row.rows ?? Infinity) * (row.columns ?? Infinity),
      name: row.sopInstanceUid,
      stack: row.seriesInstanceUid,
    }),
    signal,
    copy: thumbnail,
  });
  return findings.flatMap((found, i) => {
    const plan = runnable[i];
    return plan === undefined ? [] : [{ plan, ...found }];
  });
}
