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
  /** Names the image: the same seed gives the same map. */
  readonly seed: string;
}

/** What an explanation came to. */
export interface ExplainedImage {
  /** Undefined when the time was up before the map could mean anything. */
  readonly heatmap: ImageHeatmap | undefined;
  /** Masked images that were scored, of those planned. */
  readonly masks: number;
  readonly plannedMasks: number;
  readonly ms: number;
}

/**
 * Where in the image a score comes from, by hiding parts of it, within the manifest's budget of time. Undefined when
 * the manifest wants no explanation. Of an image in tiles, the highest one is explained.
 * @throws RadTriageError as the runtime
 */
export async function explainImage(
  { manifest, runnable }: AnalysableModel,
  task: ScoreToExplain,
  run: Runtime['run'],
): Promise<ExplainedImage | undefined> {
  const { explanation, input: wanted } = manifest;
  const [rows, columns] = wanted.size;
  const { channels } = wanted;
  const score = scoreInputsOf({ manifest, runnable }, task.label, run);
  const part = await highestPart(task.prepared.parts, score);
  if (part === undefined || explanation === undefined) return undefined;
  const { tensor, place } = part;
  const input = { data: tensor.data, channels, rows, columns };
  const { seed } = task;
  const job = { input, score: part.score, budgetMs: explanation.budgetMs, batch: 1, seed };
  const explained = await explainBy(explanation, job, score);
  const { values, origin, masks, plannedMasks, ms } = explained;
  const counted = { masks, plannedMasks, ms };
  if (!explained.sufficient) return { heatmap: undefined, ...counted };
  const map = { values, rows: explained.rows, columns: explained.columns };
  const heatmap = {
    ...mapToStored({ ...map, transform: cellTransform(place, map) }, place),
    peak: values.reduce((most, value) => Math.max(most, value), 0),
    threshold: shownFrom(explained),
    origin,
  };
  return { heatmap, ...counted };
}

/** The score that a model gives to inputs for one of its labels, as it is shown. */
export function scoreInputsOf(
  { manifest, runnable }: AnalysableModel,
  label: number,
  run: Runtime['run'],
): ScoreInputs {
  const dims = [1, manifest.input.channels, ...manifest.input.size] as const;
  return async (inputs) => {
    const scores: number[] = [];
    for (const data of inputs) {
      const { outputs } = await run(runnable, { data, dims });
      scores.push(readOutputs(outputs, manifest).labels[label]?.score ?? 0);
    }
    return scores;
  };
}

type Part = PreparedImage['parts'][number];

/** Of an image in tiles the one whose score is that of the image. */
export async function highestPart(
  parts: readonly Part[],
  score: ScoreInputs,
): Promise<(Part & { score: number }) | undefined> {
  const scores = await score(parts.map(({ tensor }) => tensor.data));
  const scored = parts.map((part, i) => ({ ...part, score: scores[i] ?? 0 }));
  return scored.toSorted((a, b) => b.score - a.score)[0];
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
