import { readNeighbourhood } from '#inference/explain-frame.ts';
import type { FrameOfImage } from '#inference/triage-types.ts';
import { type AnalysableModel, analyseImage } from '#models/analysis/analyse-image.ts';
import { explainImage, highestPart, scoreInputsOf } from '#models/analysis/explain-image.ts';
import { mapOverInput } from '#models/analysis/map-over-input.ts';
import { judgeMaps } from '#models/explain/judge-maps.ts';
import type { PlacedMap } from '#models/preprocess/place.ts';
import type { PreparedImage } from '#models/preprocess/preprocess.ts';
import { runnableModel } from '#models/registry/registry.ts';
import type { JudgedMapRecord } from '#quality/evaluation/judged-map.ts';
import type { LeadingFrame } from './leading-frame.ts';
import { decodeFrame, type Scorer } from './score-image.ts';

/** Steps of a curve: each deletes or inserts as many pixels as another. */
export const FAITHFULNESS_STEPS = 16;
/** Inputs held at once. */
const BATCH = 4;

interface Question {
  readonly labelId: string;
  /** Orders pixels of one importance, and draws the random maps. */
  readonly seed: string;
}

/**
 * Prepares the frame as the triage job did, takes the map that a reader is shown of it, and follows the score while
 * pixels are deleted and inserted in the map's order.
 * @param scorer its model with the explanation, where the manifest wants one
 * @returns null when there is no map
 * @throws RadTriageError as the runtime and the decoder
 */
export async function judgeFrame(
  leading: LeadingFrame,
  { labelId, seed }: Question,
  scorer: Scorer,
): Promise<JudgedMapRecord['curves']> {
  const { manifest } = scorer.model;
  const model: AnalysableModel = { manifest, runnable: runnableModel(scorer.model) };
  const label = manifest.labels.findIndex(({ id }) => id === labelId);
  const run = scorer.engine.runtime.run.bind(scorer.engine.runtime);
  const { sopInstanceUid } = leading.image.row;
  const wanted = { sopInstanceUid, frame: leading.frame };
  const decode = (frame: FrameOfImage) => decodeFrame(frame, scorer);
  const slices = await readNeighbourhood(model, leading.images, wanted, decode);
  const { outcome } = await analyseImage(model, slices, run);
  if (outcome.kind === 'declined') return null;
  const { prepared, result } = outcome;
  const task = { prepared, label, seed: `${sopInstanceUid}/${leading.frame}/${labelId}` };
  const map = result.labels[label]?.heatmap ?? (await explainImage(model, task, run))?.heatmap;
  if (map === undefined) return null;
  return await judgeMap(map, prepared, {
    score: scoreInputsOf(model, label, run),
    channels: manifest.input.channels,
    seed,
  });
}

/** Of an image in tiles, on the one whose score is that of the image. */
async function judgeMap(
  map: PlacedMap,
  { parts }: PreparedImage,
  {
    score,
    channels,
    seed,
  }: { score: ReturnType<typeof scoreInputsOf>; channels: number; seed: string },
): Promise<JudgedMapRecord['curves']> {
  const part = await highestPart(parts, score);
  if (part === undefined) return null;
  const input = { data: part.tensor.data, channels, ...part.place.input };
  const maps = { map: mapOverInput(map, part.place) };
  const options = { score, steps: FAITHFULNESS_STEPS, batch: BATCH, seed };
  const judged = new Map(
    (await judgeMaps(input, maps, options)).map((one) => [one.name, one.curves]),
  );
  const curves = (name: string) => {
    const { deletion = [], insertion = [] } = judged.get(name) ?? {};
    return { deletion: [...deletion], insertion: [...insertion] };
  };
  return { map: curves('map'), centre: curves('centre'), random: curves('random') };
}
