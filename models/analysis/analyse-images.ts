import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { runnableModel } from '../registry/registry.ts';
import type { AnalysedImage, AnalysisPlan, CopyOrder, ModelFindings } from './analysis-types.ts';
import { type FrameChunk, FrameOrder, type OrderedFrame } from './frame-order.ts';
import { type AnalysisRuntime, ModelRun } from './model-run.ts';
import type { OutputReader } from './output-reader.ts';
import type { PreparedFrames, Preparer, PrepareTask } from './preparer.ts';

/** What an analysis works with: a preparer, and a runtime that was given its arenas. */
export interface AnalysisEngine {
  readonly preparer: Pick<Preparer, 'prepare' | 'processes'>;
  readonly runtime: AnalysisRuntime;
  readonly reader: Pick<OutputReader, 'read'>;
}

export interface AnalysisOptions<Image> {
  describe(image: Image): AnalysedImage;
  /** Ends the analysis; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** A small copy of one frame, made along the way if that frame is decoded anyway. */
  readonly copy?: CopyOrder<Image> | undefined;
  /** Told of each frame that is done, for a progress bar. */
  readonly onFrame?: (() => void) | undefined;
}

/** Of a stack, whose neighbours have to be decoded too. */
const STACK_CHUNK = { length: 8, weight: Number.POSITIVE_INFINITY };
/** Single frames are prepared several at once while they are small: the messages of one cost more than its work. */
const SINGLE_CHUNK = { length: 8, weight: 8 * 512 * 512, before: 0, after: 0 };
/** Several inputs of a quick network go to its process together, for the same reason. */
const MESSAGE_MS = 20;
const MESSAGE_INPUTS = 8;

/**
 * Runs every plan over its images: each frame is decoded once for all models that see single images, several at once
 * and ahead of the networks. Works without a database; nothing large passes through this process.
 * @throws RadTriageError STORAGE_FAILED when an image cannot be reached, and the signal's reason; what else goes wrong
 *   is part of the findings
 */
export async function analyseImages<Image>(
  plans: readonly AnalysisPlan<Image>[],
  engine: AnalysisEngine,
  options: AnalysisOptions<Image>,
): Promise<ModelFindings<Image>[]> {
  const runs: ModelRun<Image>[] = [];
  for (const plan of plans) runs.push(await startRun(plan, engine, options.signal));
  const isStacked = ({ plan }: ModelRun<Image>) => plan.model.manifest.input.slices !== undefined;
  const single = runs.filter((run) => !isStacked(run));
  // A stack's neighbours are those among the images that its own model takes.
  for (const group of [single, ...runs.filter(isStacked).map((run) => [run])]) {
    await new Passage(group, engine, options).run();
  }
  const findings: ModelFindings<Image>[] = [];
  for (const run of runs) findings.push(run.finish());
  options.signal?.throwIfAborted();
  return findings;
}

async function startRun<Image>(
  plan: AnalysisPlan<Image>,
  { runtime, reader }: AnalysisEngine,
  signal: AbortSignal | undefined,
): Promise<ModelRun<Image>> {
  const runnable = runnableModel(plan.model);
  try {
    const { batch, runMs } = await runtime.load(runnable);
    const quick = Math.min(MESSAGE_INPUTS, Math.floor(MESSAGE_MS / runMs));
    return new ModelRun(plan, { runtime, reader, batch: Math.max(batch, quick) }, signal);
  } catch {
    // It is loaded again, and fails again, for its first image.
    return new ModelRun(plan, { runtime, reader, batch: 1 }, signal);
  }
}

/** The way of all frames through the models of one group. */
class Passage<Image> {
  readonly #runs: readonly ModelRun<Image>[];
  readonly #engine: AnalysisEngine;
  readonly #options: AnalysisOptions<Image>;
  readonly #order: FrameOrder<Image>;
  /** Chunks being prepared at most: one for each process, and the next one. */
  readonly #mostPreparing: number;
  /** Frames prepared and not done, beyond which none is begun: enough to keep all networks busy. */
  readonly #mostPrepared: number;
  readonly #underWay = new Set<Promise<void>>();
  #preparing = 0;
  #prepared = 0;
  #exhausted = false;
  /** Resolved when a chunk has been prepared or is done, and then made anew. */
  #moved = Promise.withResolvers<void>();
  #problem: unknown;

  constructor(
    runs: readonly ModelRun<Image>[],
    engine: AnalysisEngine,
    options: AnalysisOptions<Image>,
  ) {
    this.#runs = runs;
    this.#engine = engine;
    this.#options = options;
    const slices = runs.length === 1 ? runs[0]?.plan.model.manifest.input.slices : undefined;
    const shape = slices ? { ...STACK_CHUNK, ...slices } : SINGLE_CHUNK;
    const images = runs.flatMap(({ plan }) => plan.images);
    this.#order = new FrameOrder(images, options.describe, shape);
    const batch = Math.max(1, ...runs.map((run) => run.batch));
    const { preparer, runtime } = engine;
    this.#mostPreparing = preparer.processes + 1;
    this.#mostPrepared = (runtime.processes + 1) * batch;
  }

  async run(): Promise<void> {
    for (let chunk = this.#order.next(); chunk !== undefined; chunk = this.#order.next()) {
      while (this.#isFull()) await this.#moved.promise;
      if (this.#problem !== undefined || this.#options.signal?.aborted) break;
      this.#start(chunk);
    }
    this.#exhausted = true;
    this.#flushIfStalled();
    // What is under way holds shared memory: it ends before anything else begins.
    await Promise.all(this.#underWay);
    this.#options.signal?.throwIfAborted();
    if (this.#problem !== undefined) throw this.#problem;
  }

  #start(chunk: FrameChunk<Image>): void {
    const wanting = this.#runs.filter((run) => chunk.frames.some(({ image }) => run.wants(image)));
    if (wanting.length === 0) return;
    const done = this.#pass(chunk, wanting).catch((error: unknown) => {
      this.#problem ??= error;
    });
    const ended = done.finally(() => {
      this.#underWay.delete(ended);
      for (let i = chunk.own.from; i < chunk.own.to; i += 1) this.#options.onFrame?.();
      this.#move();
    });
    this.#underWay.add(ended);
    this.#flushIfStalled();
  }

  #isFull(): boolean {
    return this.#preparing >= this.#mostPreparing || this.#prepared >= this.#mostPrepared;
  }

  #move(): void {
    this.#flushIfStalled();
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  async #pass(chunk: FrameChunk<Image>, runs: readonly ModelRun<Image>[]): Promise<void> {
    const handOver = this.#awaitInputs();
    try {
      const { signal } = this.#options;
      const task = this.#taskOf(chunk, runs);
      const prepared = await this.#engine.preparer.prepare(task, signal);
      this.#prepared += prepared.frames.length;
      try {
        const seen = this.#analyse(chunk, prepared, runs);
        handOver();
        await Promise.all(seen);
      } finally {
        this.#prepared -= prepared.frames.length;
        prepared.release();
      }
    } catch (thrown) {
      handOver();
      await this.#survive(chunk, runs, thrown);
    } finally {
      handOver();
    }
  }

  /** Tells that inputs are on their way to the batches; what is given back, that they are there. */
  #awaitInputs(): () => void {
    let isAwaited = true;
    this.#preparing += 1;
    return () => {
      if (!isAwaited) return;
      isAwaited = false;
      this.#preparing -= 1;
      this.#move();
    };
  }

  /**
   * A process that ended takes all its frames with it: the faultless ones get another chance.
   * @throws what is no fault of the frames
   */
  async #survive(
    chunk: FrameChunk<Image>,
    runs: readonly ModelRun<Image>[],
    thrown: unknown,
  ): Promise<void> {
    const error = toRadTriageError(thrown, 'INTERNAL');
    if (error.code !== 'PIXELS_UNDECODABLE' || this.#options.signal?.aborted) throw thrown;
    const own = chunk.frames.slice(chunk.own.from, chunk.own.to);
    if (own.length > 1) await this.#passEach(chunk, runs);
    else for (const at of own) this.#noteUndecodable(at, error, runs);
  }

  async #passEach(chunk: FrameChunk<Image>, runs: readonly ModelRun<Image>[]): Promise<void> {
    const { frames, own } = chunk;
    const { before = 0, after = 0 } = runs[0]?.plan.model.manifest.input.slices ?? {};
    for (let index = own.from; index < own.to; index += 1) {
      const begin = Math.max(0, index - before);
      const from = index - begin;
      const part = frames.slice(begin, index + after + 1);
      await this.#pass({ frames: part, own: { from, to: from + 1 } }, runs);
    }
  }

  #taskOf(chunk: FrameChunk<Image>, runs: readonly ModelRun<Image>[]): PrepareTask {
    const { copy } = this.#options;
    const index = chunk.frames.findIndex(
      ({ image, frame }, i) => i >= chunk.own.from && i < chunk.own.to && isOf(copy, image, frame),
    );
    return {
      frames: chunk.frames.map(({ described, frame }) => ({
        source: described.source,
        frame: frame - 1,
        facts: described.facts,
      })),
      own: chunk.own,
      preparations: runs.map(({ plan }) => {
        const { input, inputCheck } = plan.model.manifest;
        return { input, inputCheck };
      }),
      reduced:
        copy === undefined || index < 0 ? undefined : { index, longestSide: copy.longestSide },
    };
  }

  /** Hands each own frame to the models; what it gives ends when they are done with it. */
  #analyse(
    chunk: FrameChunk<Image>,
    prepared: PreparedFrames,
    runs: readonly ModelRun<Image>[],
  ): Promise<void>[] {
    if (prepared.reduced !== undefined) this.#options.copy?.keep(prepared.reduced);
    const own = chunk.frames.slice(chunk.own.from, chunk.own.to);
    return own.flatMap((at, i) => {
      const frame = prepared.frames[i];
      if (frame?.kind !== 'decoded') {
        const { code, message, details } = frame ?? NO_ANSWER;
        this.#noteUndecodable(at, new RadTriageError(code, message, { details }), runs);
        return [];
      }
      return runs.flatMap((run, n) => {
        const input = frame.prepared[n];
        return input !== undefined && run.wants(at.image) ? [run.see(at, input, frame.ms)] : [];
      });
    });
  }

  /** @throws RadTriageError the problem itself where another try may help */
  #noteUndecodable(
    at: OrderedFrame<Image>,
    problem: RadTriageError,
    runs: readonly ModelRun<Image>[],
  ): void {
    if (problem.retryable) throw problem;
    this.#order.skipRest(at.image);
    for (const run of runs) if (run.wants(at.image)) run.noteUndecodable(at, problem);
  }

  /** Inputs that wait for their batch to fill wait in vain when no more can come before they are done. */
  #flushIfStalled(): void {
    if (this.#preparing > 0) return;
    if (!this.#exhausted && !this.#isFull()) return;
    for (const run of this.#runs) run.flush();
  }
}

const NO_ANSWER = { code: 'INTERNAL', message: 'no answer for a frame', details: {} } as const;

function isOf<Image>(copy: CopyOrder<Image> | undefined, image: Image, frame: number): boolean {
  return copy !== undefined && copy.image === image && copy.frame === frame;
}
