import { createHash } from 'node:crypto';
import { planModels } from '#inference/plan-models.ts';
import { readImages } from '#inference/read-images.ts';
import type { FrameResult, ModelPlan, TriageImage } from '#inference/triage-types.ts';
import { OUTSIDE_INTENDED_USE } from '#models/analysis/check-input.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import { selectImage } from '#models/manifest/select-image.ts';
import type { FrameScores, SliceName } from '#quality/evaluation/score-record.ts';
import type { SeriesCandidate } from './candidates.ts';
import { fileSha256 } from './open-image.ts';
import {
  analyse,
  blobs,
  type ImageOutcome,
  outcomeOf,
  type Scorer,
  tellValue,
} from './score-image.ts';

export interface SeriesOutcome extends ImageOutcome {
  /** In the model's order: those that it takes, or all of a series that it does not take. */
  readonly slices: SliceName[];
}

/** Lower-case hex SHA-256 over the files of a series, whatever order they are given in. @throws when one cannot be read */
export async function seriesSha256({ slices }: SeriesCandidate): Promise<string> {
  const digests: string[] = [];
  for (const { path, archived } of slices)
    digests.push(archived?.sha256 ?? (await fileSha256(path)));
  return createHash('sha256').update(digests.sort().join('\n')).digest('hex');
}

/** The images of a series as the triage job reads and orders them. */
export function readSeries({ slices }: SeriesCandidate): Promise<TriageImage[]> {
  return readImages(
    slices.map(({ row }) => row),
    blobs,
  );
}

/**
 * Scores one series: selection, order and neighbours are the triage job's own.
 * @throws RadTriageError what is wrong with the model or the machine
 */
export async function scoreSeries(series: SeriesCandidate, scorer: Scorer): Promise<SeriesOutcome> {
  const images = await readSeries(series);
  const names = new Map(series.slices.map(({ row, name }) => [row.sopInstanceUid, name]));
  const slicesOf = (own: readonly TriageImage[]): SliceName[] =>
    own.map(({ row: { sopInstanceUid } }) => ({
      file: names.get(sopInstanceUid) ?? '',
      sopInstanceUid,
    }));
  const [plan] = planModels([scorer.model], images);
  if (plan === undefined || plan.images.length === 0) {
    return { ...notTaken(plan, images, scorer.model.manifest), slices: slicesOf(images) };
  }
  const analysis = await analyse(plan.images, scorer);
  const places = new Map(plan.images.map((image, place) => [image, place]));
  const scoresOf = (result: FrameResult): FrameScores => ({
    frame: result.frame,
    slice: places.get(result.image) ?? 0,
    scores: Object.fromEntries(
      scorer.model.manifest.labels.map(({ id }, label) => [id, result.labels[label]?.score ?? 0]),
    ),
  });
  const left = images.length - plan.images.length;
  const notes = [
    plan.note,
    left === 0 ? undefined : `${left} of ${images.length} images are not for this model`,
  ];
  return { ...outcomeOf(analysis, notes, scoresOf), slices: slicesOf(plan.images) };
}

function notTaken(
  plan: ModelPlan | undefined,
  images: readonly TriageImage[],
  manifest: Manifest,
): ImageOutcome {
  if (plan?.declined !== undefined) {
    const reason = plan.declined.replace(`${OUTSIDE_INTENDED_USE}: `, '');
    return { outcome: 'declined', reason, frames: [] };
  }
  const reasons = images.map(({ facts, problem }) => {
    const selection = facts && selectImage(manifest, facts);
    if (selection === undefined) return problem?.code ?? 'header not read';
    return selection.selected ? '' : tellValue(selection.reason, facts);
  });
  return { outcome: 'does-not-fit', reason: [...new Set(reasons)].sort().join(', '), frames: [] };
}
