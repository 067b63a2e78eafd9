import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { type AnalysableModel, analyseImage, sliceOf } from '#models/analysis/analyse-image.ts';
import type { Slice } from '#models/preprocess/preprocess.ts';
import { sourceImage } from '#models/preprocess/source-image.ts';
import type { SourceImage } from '#models/preprocess/window.ts';
import { isUsable, runnableModel } from '#models/registry/registry.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import { NeighbourWindow } from './neighbour-window.ts';
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
  const finished: ModelAnalysis[] = [];
  for (const analysis of analyses) finished.push(await analysis.finish());
  return finished;
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

/** A frame on its way to the network, with what its channels are made of. */
interface FrameSlice extends FrameOfImage {
  readonly slice: Slice;
}

/** One model on its way through a study. */
class RunningAnalysis {
  readonly plan: RunnablePlan;
  readonly #model: AnalysableModel;
  readonly #run: Runtime['run'];
  readonly #images: ReadonlySet<TriageImage>;
  readonly #neighbours: NeighbourWindow<FrameSlice>;
  readonly #results: FrameResult[] = [];
  readonly #undecodable: RadTriageError[] = [];
  readonly #declined: string[] = [];
  readonly #timings: StageTimings = { decode: 0, preprocess: 0, inference: 0, postprocess: 0 };
  #series: string | undefined;
  #failure: RadTriageError | undefined;
  #provider: string | undefined;

  constructor(plan: RunnablePlan, runtime: Pick<Runtime, 'run'>) {
    const { manifest } = plan.model;
    this.plan = plan;
    this.#model = { manifest, runnable: runnableModel(plan.model) };
    this.#run = (model, tensor) => runtime.run(model, tensor);
    this.#images = new Set(plan.images);
    this.#neighbours = new NeighbourWindow(manifest.input.slices ?? { before: 0, after: 0 });
  }

  wants(image: TriageImage): boolean {
    return this.#failure === undefined && this.#images.has(image);
  }

  noteUndecodable(problem: RadTriageError | undefined): void {
    if (problem !== undefined) this.#undecodable.push(problem);
  }

  async see(task: DecodeTask, source: SourceImage): Promise<void> {
    this.#timings.decode += task.ms;
    const { image, frame } = task;
    const { seriesInstanceUid } = image.row;
    if (this.#series !== seriesInstanceUid) await this.#analyseAll(this.#neighbours.end());
    this.#series = seriesInstanceUid;
    const facts = image.facts ?? { values: {}, ageYears: undefined };
    const slice = sliceOf(source, facts, this.#model.manifest);
    await this.#analyseAll(this.#neighbours.push({ image, frame, slice }));
  }

  async #analyseAll(groups: readonly { group: FrameSlice[]; item: FrameSlice }[]): Promise<void> {
    for (const { group, item } of groups) {
      if (this.#failure !== undefined) return;
      await this.#tryTwice(() => this.#analyse(item, group));
    }
  }

  /** A failure that another try may mend gets one, in a new child process; after that this model is done. */
  async #tryTwice(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (first) {
      const error = toRadTriageError(first, 'MODEL_FAILED');
      try {
        if (!error.retryable) throw error;
        await work();
      } catch (second) {
        this.#failure = toRadTriageError(second, 'MODEL_FAILED');
      }
    }
  }

  async #analyse({ image, frame }: FrameOfImage, group: readonly FrameSlice[]): Promise<void> {
    const slices = group.map(({ slice }) => slice);
    const { outcome, provider, timings } = await analyseImage(this.#model, slices, this.#run);
    this.#provider = provider ?? this.#provider;
    this.#timings.preprocess += timings.preprocess;
    this.#timings.inference += timings.inference;
    this.#timings.postprocess += timings.postprocess;
    if (outcome.kind === 'declined') {
      this.#declined.push(outcome.reason);
      return;
    }
    this.#results.push({ image, frame, ...outcome.result });
  }

  async finish(): Promise<ModelAnalysis> {
    await this.#analyseAll(this.#neighbours.end());
    return {
      plan: this.plan,
      results: this.#results,
      undecodable: this.#undecodable,
      declined: this.#declined,
      failure: this.#failure,
      provider: this.#provider,
      timings: this.#timings,
    };
  }
}
