import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { applyModalityLut, type DecodedFrame, toGrey } from '#dicom/pixels/decoded-frame.ts';
import { windowFor } from '#models/manifest/select-image.ts';
import { readOutputs } from '#models/postprocess/read-outputs.ts';
import { preprocess } from '#models/preprocess/preprocess.ts';
import type { SourceImage } from '#models/preprocess/window.ts';
import { isUsable, runnableModel } from '#models/registry/registry.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import type {
  DecodeTask,
  FrameOfImage,
  FrameResult,
  ModelAnalysis,
  ModelPlan,
  RunnablePlan,
  StageTimings,
  TriageImage,
} from './triage-types.ts';

/** Decodes one frame; a failure is part of the answer, so that one image does not sink its study. */
export type DecodeFrame = (frame: FrameOfImage) => Promise<DecodeTask>;

/** Runs every plan over its images: each frame is decoded once, the next one while the networks see this one. */
export async function analyseImages(
  plans: readonly ModelPlan[],
  decode: DecodeFrame,
  runtime: Pick<Runtime, 'run'>,
): Promise<ModelAnalysis[]> {
  const analyses = plans.filter(isRunnable).map((plan) => new RunningAnalysis(plan, runtime));
  const frames = new FrameOrder(analyses.flatMap((analysis) => analysis.plan.images));
  let ahead = startDecoding(frames.next(), decode);
  for (let task = await ahead; task !== undefined; task = await ahead) {
    // What a header says of its frames need not be true: after a frame that cannot be had, the rest is not tried.
    if (task.decoded === undefined) frames.skipRest(task.image);
    ahead = startDecoding(frames.next(), decode);
    await analyseFrame(task, analyses);
  }
  return analyses.map((analysis) => analysis.finish());
}

/** The frames of the images, one after the other; never listed as a whole, since a header may claim millions. */
class FrameOrder {
  readonly #images: TriageImage[];
  #frame = 0;

  constructor(images: readonly TriageImage[]) {
    this.#images = [...new Set(images)];
  }

  next(): FrameOfImage | undefined {
    const [image] = this.#images;
    if (image === undefined) return undefined;
    this.#frame += 1;
    const frame = this.#frame;
    if (frame >= (image.row.numberOfFrames ?? 1)) this.skipRest(image);
    return { image, frame };
  }

  skipRest(image: TriageImage): void {
    if (this.#images[0] !== image) return;
    this.#images.shift();
    this.#frame = 0;
  }
}

function isRunnable(plan: ModelPlan): plan is RunnablePlan {
  return isUsable(plan.model) && plan.images.length > 0;
}

function startDecoding(
  frame: FrameOfImage | undefined,
  decode: DecodeFrame,
): Promise<DecodeTask | undefined> {
  return frame === undefined ? Promise.resolve(undefined) : decode(frame);
}

async function analyseFrame(task: DecodeTask, analyses: readonly RunningAnalysis[]): Promise<void> {
  const wanting = analyses.filter((analysis) => analysis.wants(task.image));
  const source = task.decoded === undefined ? task.problem : trySourceImage(task.decoded);
  for (const analysis of wanting) {
    if (source === undefined || source instanceof RadTriageError) analysis.noteUndecodable(source);
    else await analysis.see(task, source);
  }
}

/** Some colour images have no values to analyse: that is the image's problem alone. */
function trySourceImage(frame: DecodedFrame): SourceImage | RadTriageError {
  try {
    return sourceImage(frame);
  } catch (thrown) {
    return toRadTriageError(thrown, 'PIXELS_UNDECODABLE');
  }
}

function sourceImage(frame: DecodedFrame): SourceImage {
  const grey = toGrey(frame);
  const { rows, columns, photometricInterpretation } = grey;
  return {
    values: applyModalityLut(grey),
    rows,
    columns,
    photometricInterpretation:
      photometricInterpretation === 'MONOCHROME1' ? 'MONOCHROME1' : 'MONOCHROME2',
  };
}

/** One model on its way through a study. */
class RunningAnalysis {
  readonly plan: RunnablePlan;
  readonly #runtime: Pick<Runtime, 'run'>;
  readonly #images: ReadonlySet<TriageImage>;
  readonly #results: FrameResult[] = [];
  readonly #undecodable: RadTriageError[] = [];
  readonly #timings: StageTimings = { decode: 0, preprocess: 0, inference: 0, postprocess: 0 };
  #failure: RadTriageError | undefined;
  #provider: string | undefined;

  constructor(plan: RunnablePlan, runtime: Pick<Runtime, 'run'>) {
    this.plan = plan;
    this.#runtime = runtime;
    this.#images = new Set(plan.images);
  }

  wants(image: TriageImage): boolean {
    return this.#failure === undefined && this.#images.has(image);
  }

  noteUndecodable(problem: RadTriageError | undefined): void {
    if (problem !== undefined) this.#undecodable.push(problem);
  }

  /** A failure that another try may mend gets one, in a new child process; after that this model is done. */
  async see(task: DecodeTask, source: SourceImage): Promise<void> {
    this.#timings.decode += task.ms;
    try {
      await this.#run(task, source);
    } catch (first) {
      const error = toRadTriageError(first, 'MODEL_FAILED');
      try {
        if (!error.retryable) throw error;
        await this.#run(task, source);
      } catch (second) {
        this.#failure = toRadTriageError(second, 'MODEL_FAILED');
      }
    }
  }

  async #run({ image, frame }: DecodeTask, source: SourceImage): Promise<void> {
    const { model } = this.plan;
    const { input } = model.manifest;
    const facts = image.facts ?? { values: {}, ageYears: undefined };
    const begin = performance.now();
    const tensor = preprocess(source, input, windowFor(input, facts));
    const prepared = performance.now();
    const { outputs, provider, ms } = await this.#runtime.run(runnableModel(model), tensor);
    const ran = performance.now();
    const result = readOutputs(outputs, model.manifest, source);
    this.#provider = provider;
    this.#timings.preprocess += prepared - begin;
    this.#timings.inference += ms;
    this.#timings.postprocess += performance.now() - ran;
    this.#results.push({ image, frame, ...result });
  }

  finish(): ModelAnalysis {
    return {
      plan: this.plan,
      results: this.#results,
      undecodable: this.#undecodable,
      failure: this.#failure,
      provider: this.#provider,
      timings: this.#timings,
    };
  }
}
