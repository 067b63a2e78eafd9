import type { Heatmap, StudyDetail } from '#contracts/study.ts';

/** The newest run that came to an end: older ones belong to the past. */
export function lastRun(study: Pick<StudyDetail, 'analysisRuns'>) {
  return study.analysisRuns.find((run) => run.finishedAt !== null);
}

/**
 * The score from which the model flags a study for what the heatmap is of. null where the map is in another unit than the
 * score: an explanation's share has no operating point.
 */
export function operatingPointOf(
  study: Pick<StudyDetail, 'analysisRuns'>,
  heatmap: Pick<Heatmap, 'modelId' | 'label' | 'unit'> | null,
): number | null {
  if (heatmap?.unit !== 'score') return null;
  const run = lastRun(study)?.models.find((each) => each.modelId === heatmap.modelId);
  const label = run?.labels.find((each) => each.label === heatmap.label);
  return label?.threshold ?? run?.threshold ?? null;
}
