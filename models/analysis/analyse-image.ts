import type { Manifest } from '../manifest/schema.ts';
import { type ImageResult, readImage } from '../postprocess/read-image.ts';
import type { PreparedImage, Slice } from '../preprocess/preprocess.ts';
import type { RunnableModel, RunResult, Runtime } from '../runtime/runtime.ts';
import { checkAtypicality } from './check-input.ts';
import { prepareForModel } from './prepare-for-model.ts';

export interface AnalysableModel {
  readonly manifest: Manifest;
  readonly runnable: RunnableModel;
}

/** What one image came to. A declined one is outside the model's intended use and has no score. */
export type ImageOutcome =
  | { readonly kind: 'analysed'; readonly result: ImageResult; readonly prepared: PreparedImage }
  | { readonly kind: 'declined'; readonly reason: string };

export interface ImageAnalysis {
  readonly outcome: ImageOutcome;
  /** Undefined when nothing ran. */
  readonly provider: string | undefined;
  /** Milliseconds. */
  readonly timings: {
    readonly preprocess: number;
    readonly inference: number;
    readonly postprocess: number;
  };
}

/**
 * Checks, prepares, runs and reads one image that is decoded already, in this process. Whole studies go through
 * analyseImages.
 * @param slices the image, or with `input.slices` its neighbours and itself in order
 * @throws RadTriageError as the runtime, and MODEL_FAILED when the outputs are not what the manifest says
 */
export async function analyseImage(
  model: AnalysableModel,
  slices: readonly Slice[],
  run: Runtime['run'],
): Promise<ImageAnalysis> {
  const { manifest, runnable } = model;
  const begin = performance.now();
  const prepared = prepareForModel(manifest, slices);
  const preprocess = performance.now() - begin;
  if (typeof prepared === 'string') {
    const timings = { preprocess, inference: 0, postprocess: 0 };
    return { outcome: { kind: 'declined', reason: prepared }, provider: undefined, timings };
  }
  const runs: RunResult[] = [];
  for (const { tensor } of prepared.parts) runs.push(await run(runnable, tensor));
  const ran = performance.now();
  const outcome = read(manifest, prepared, runs);
  return {
    outcome,
    provider: runs[0]?.provider,
    timings: {
      preprocess,
      inference: runs.reduce((sum, { ms }) => sum + ms, 0),
      postprocess: performance.now() - ran,
    },
  };
}

function read(
  manifest: Manifest,
  prepared: PreparedImage,
  runs: readonly RunResult[],
): ImageOutcome {
  const result = readImage(
    manifest,
    prepared,
    runs.map(({ outputs }) => outputs),
  );
  const reason = checkAtypicality(result.atypicality, manifest.inputCheck?.detector);
  if (reason !== undefined) return { kind: 'declined', reason };
  return { kind: 'analysed', result, prepared };
}
