import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { runnableModel } from '../registry/registry.ts';
import type { RunInput, RunnableModel, RunResult, Runtime } from '../runtime/runtime.ts';
import type { AnalysisPlan, FrameResultOf, ModelFindings, StageTimings } from './analysis-types.ts';
import { Batcher } from './batcher.ts';
import { checkAtypicality } from './check-input.ts';
import type { OrderedFrame } from './frame-order.ts';
import type { OutputReader } from './output-reader.ts';
import type { PreparedInput } from './preparer.ts';

export type AnalysisRuntime = Pick<Runtime, 'run' | 'runBatch' | 'load' | 'processes'>;

interface Noted<Image> {
  readonly at: OrderedFrame<Image>;
}

interface ModelRunSurroundings {
  readonly runtime: AnalysisRuntime;
  readonly reader: Pick<OutputReader, 'read'>;
  /** Inputs that go to the runtime together. */
  readonly batch: number;
}

type Prepared = Extract<PreparedInput, { kind: 'prepared' }>;

/** One model on its way through the frames, which may come to it in any order. */
export class ModelRun<Image> {
  readonly plan: AnalysisPlan<Image>;
  readonly batch: number;
  readonly #runnable: RunnableModel;
  readonly #run: Runtime['run'];
  readonly #reader: Pick<OutputReader, 'read'>;
  readonly #batcher: Batcher;
  readonly #images: ReadonlySet<Image>;
  readonly #results: (Noted<Image> & { readonly result: FrameResultOf<Image> })[] = [];
  readonly #undecodable: (Noted<Image> & { readonly problem: RadTriageError })[] = [];
  readonly #declined: (Noted<Image> & { readonly reason: string })[] = [];
  readonly #timings: StageTimings = { decode: 0, preprocess: 0, inference: 0, postprocess: 0 };
  #failure: RadTriageError | undefined;
  #provider: string | undefined;

  constructor(
    plan: AnalysisPlan<Image>,
    { runtime, reader, batch }: ModelRunSurroundings,
    signal: AbortSignal | undefined,
  ) {
    this.plan = plan;
    this.batch = batch;
    this.#runnable = runnableModel(plan.model);
    this.#reader = reader;
    this.#run = (model, input) => runtime.run(model, input, signal);
    this.#batcher = new Batcher(this.#runnable, batch, (model, inputs) =>
      runtime.runBatch(model, inputs, signal),
    );
    this.#images = new Set(plan.images);
  }

  wants(image: Image): boolean {
    return this.#failure === undefined && this.#images.has(image);
  }

  fail(error: RadTriageError): void {
    this.#failure ??= error;
  }

  noteUndecodable(at: OrderedFrame<Image>, problem: RadTriageError): void {
    this.#undecodable.push({ at, problem });
  }

  flush(): void {
    this.#batcher.flush();
  }

  /** @param decodeMs what its decoding took */
  async see(at: OrderedFrame<Image>, input: PreparedInput, decodeMs: number): Promise<void> {
    this.#timings.decode += decodeMs;
    if (input.kind === 'failed') {
      this.noteUndecodable(at, new RadTriageError(input.code, input.message, input));
      return;
    }
    this.#timings.preprocess += input.ms;
    if (input.kind === 'declined') {
      this.#declined.push({ at, reason: input.reason });
      return;
    }
    try {
      await this.#analyse(at, input);
    } catch (thrown) {
      this.fail(toRadTriageError(thrown, 'MODEL_FAILED'));
    }
  }

  /** What has come together. */
  finish(): ModelFindings<Image> {
    const kept = this.#keptFrames();
    const inOrder = <T extends Noted<Image>>(noted: readonly T[]) =>
      noted.filter(kept).sort((a, b) => a.at.position - b.at.position);
    return {
      results: inOrder(this.#results).map(({ result }) => result),
      undecodable: inOrder(this.#undecodable).map(({ problem }) => problem),
      declined: inOrder(this.#declined).map(({ reason }) => reason),
      failure: this.#failure,
      provider: this.#provider,
      timings: this.#timings,
    };
  }

  /** A failure that another try may mend gets one, in another child process. */
  async #runTwice(input: RunInput): Promise<RunResult> {
    try {
      return await this.#batcher.run(input);
    } catch (first) {
      if (!toRadTriageError(first, 'MODEL_FAILED').retryable || !this.#isUnderWay()) throw first;
      return this.#run(this.#runnable, input);
    }
  }

  #isUnderWay(): boolean {
    return this.#failure === undefined;
  }

  async #analyse(at: OrderedFrame<Image>, input: Prepared): Promise<void> {
    const runs = await Promise.all(input.regions.map((region) => this.#runTwice([region])));
    if (!this.#isUnderWay()) return;
    const begin = performance.now();
    const { manifest } = this.plan.model;
    const outputs = runs.map((run) => run.outputs);
    const read = await this.#reader.read(manifest, { parts: input.parts, outputs });
    const reason = checkAtypicality(read.atypicality, manifest.inputCheck?.detector);
    this.#provider = runs[0]?.provider ?? this.#provider;
    this.#timings.inference += runs.reduce((sum, { ms }) => sum + ms, 0);
    this.#timings.postprocess += performance.now() - begin;
    if (reason !== undefined) {
      this.#declined.push({ at, reason });
      return;
    }
    const { image, frame } = at;
    this.#results.push({ at, result: { image, frame, ...read } });
  }

  /**
   * What a header says of its frames need not be true: after a frame that cannot be had, the rest of its image does
   * not count, whether or not it was under way already. So results never depend on how fast the processes are.
   */
  #keptFrames(): (noted: Noted<Image>) => boolean {
    const last = new Map<Image, number>();
    for (const { at } of this.#undecodable) {
      last.set(at.image, Math.min(at.frame, last.get(at.image) ?? at.frame));
    }
    return ({ at }) => at.frame <= (last.get(at.image) ?? at.frame);
  }
}
