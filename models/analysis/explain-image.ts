import { shownFrom } from '../explain/explanation.ts';
import type { ScoreInputs } from '../explain/network-input.ts';
import { defaultOcclusion, explainByOcclusion } from '../explain/occlusion.ts';
import { defaultRise, explainByRise } from '../explain/rise.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { ImageHeatmap } from '../postprocess/read-image.ts';
import { readOutputs } from '../postprocess/read-outputs.ts';
import { cellTransform, mapToStored } from '../preprocess/place.ts';
import type { PreparedImage } from '../preprocess/preprocess.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { AnalysableModel } from './analyse-image.ts';

/** A score that is to be explained. */
export interface ScoreToExplain {
  readonly prepared: PreparedImage;
  /** Which of the manifest's labels. */
  readonly label: number;
  readonly score: number;
  /** Names the image: the same seed gives the same map. */
  readonly seed: string;
}

/**
 * Where in the image a score comes from, by hiding parts of it, within the manifest's budget of time. Undefined when
 * the manifest wants no explanation, or when the time was up before the map could mean anything.
 * @throws RadTriageError as the runtime
 */
export async function explainImage(
  { manifest, runnable }: AnalysableModel,
  task: ScoreToExplain,
  run: Runtime['run'],
): Promise<ImageHeatmap | undefined> {
  const [part] = task.prepared.parts;
  const { explanation } = manifest;
  if (part === undefined || explanation === undefined) return undefined;
  const { tensor, place } = part;
  const [, channels, rows, columns] = tensor.dims;
  const score: ScoreInputs = async (inputs) => {
    const scores: number[] = [];
    for (const data of inputs) {
      const { outputs } = await run(runnable, { data, dims: tensor.dims });
      scores.push(readOutputs(outputs, manifest).labels[task.label]?.score ?? 0);
    }
    return scores;
  };
  const input = { data: tensor.data, channels, rows, columns };
  const { seed, score: whole } = task;
  const job = { input, score: whole, budgetMs: explanation.budgetMs, batch: 1, seed };
  const explained = await explainBy(explanation, job, score);
  if (!explained.sufficient) return undefined;
  const { values, origin } = explained;
  const map = { values, rows: explained.rows, columns: explained.columns };
  return {
    ...mapToStored({ ...map, transform: cellTransform(place, map) }, place),
    peak: values.reduce((most, value) => Math.max(most, value), 0),
    threshold: shownFrom(explained),
    origin,
  };
}

type Explain = typeof explainByOcclusion;

async function explainBy(
  { method, grid, ...settings }: NonNullable<Manifest['explanation']>,
  job: Parameters<Explain>[0],
  score: ScoreInputs,
): ReturnType<Explain> {
  const size = grid && { grid: { rows: grid[0], columns: grid[1] } };
  if (method === 'occlusion') {
    return explainByOcclusion(job, score, { ...defaultOcclusion(job.input), ...size });
  }
  const masks = 'masks' in settings ? settings.masks : undefined;
  return explainByRise(job, score, {
    ...defaultRise(job.input),
    ...size,
    ...(masks === undefined ? {} : { masks }),
  });
}
