import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { reduceFrame } from '#dicom/images/reduce-frame.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { hasTrapped, isSpent } from '#dicom/pixels/decoder-health.ts';
import { withoutSamples } from '#dicom/pixels/decoder-messages.ts';
import { FIRST_DESCRIPTOR } from '#isolation/child-program.ts';
import { writeValues } from '#isolation/shared-values.ts';
import { sourceImage } from '../preprocess/source-image.ts';
import type { SourceImage } from '../preprocess/window.ts';
import { NeighbourWindow } from './neighbour-window.ts';
import { prepareForModel, sliceOf } from './prepare-for-model.ts';
import type {
  FrameReply,
  FrameToPrepare,
  Preparation,
  PreparedReply,
  PrepareReply,
  PrepareRequest,
} from './prepare-messages.ts';

/**
 * The process that makes network inputs of frames: it decodes them, and so is held to all that a decoder is held to
 * (services/dicom/pixels/decoder-process.ts). It keeps nothing between requests but the compiled codecs.
 */

interface SeenFrame {
  readonly index: number;
  readonly facts: FrameToPrepare['facts'];
  readonly image: SourceImage;
}

/** Writes into the shared file, one thing behind the other. */
class Output {
  #offset: number;

  constructor(offset: number) {
    this.#offset = offset;
  }

  write(values: NodeJS.ArrayBufferView): number {
    const bytes = writeValues(FIRST_DESCRIPTOR, values, this.#offset);
    this.#offset += bytes;
    return bytes;
  }
}

function prepareGroup(
  group: readonly SeenFrame[],
  preparation: Preparation,
  output: Output,
): PreparedReply {
  const begin = performance.now();
  try {
    const slices = group.map(({ image, facts }) => sliceOf(image, facts, preparation.input));
    const prepared = prepareForModel(preparation, slices);
    if (typeof prepared === 'string') {
      return { kind: 'declined', reason: prepared, ms: performance.now() - begin };
    }
    const { source, mean } = prepared;
    const parts = prepared.parts.map(({ tensor, place }) => ({
      place,
      bytes: output.write(tensor.data),
    }));
    return { kind: 'prepared', source, mean, parts, ms: performance.now() - begin };
  } catch (thrown) {
    return failureOf(toRadTriageError(thrown, 'PIXELS_UNDECODABLE'));
  }
}

function failureOf({ code, message, details }: RadTriageError) {
  return {
    kind: 'failed' as const,
    code,
    message: message.slice(0, 1000),
    details: { ...details },
  };
}

/** The frames of a request on their way: each is prepared as soon as its neighbours are there, and then let go. */
class Frames {
  readonly #request: PrepareRequest;
  readonly #output: Output;
  readonly #stacks: readonly NeighbourWindow<SeenFrame>[];
  readonly #decoded = new Map<number, { ms: number; prepared: PreparedReply[] }>();
  readonly #failures = new Map<number, RadTriageError>();

  constructor(request: PrepareRequest, output: Output) {
    const { preparations } = request;
    // What is written has to come in the order in which the answer lists it.
    if (preparations.length > 1 && preparations.some(({ input }) => input.slices !== undefined)) {
      throw new RangeError('a stack is prepared for one model at a time');
    }
    this.#request = request;
    this.#output = output;
    this.#stacks = preparations.map(
      ({ input }) => new NeighbourWindow<SeenFrame>(input.slices ?? { before: 0, after: 0 }),
    );
  }

  see(frame: SeenFrame, ms: number): void {
    this.#decoded.set(frame.index, { ms, prepared: [] });
    for (const [i, stack] of this.#stacks.entries()) this.#prepare(stack.push(frame), i);
  }

  fail(index: number, error: RadTriageError): void {
    this.#failures.set(index, error);
  }

  end(): FrameReply[] {
    for (const [i, stack] of this.#stacks.entries()) this.#prepare(stack.end(), i);
    const { from, to } = this.#request.own;
    return Array.from({ length: to - from }, (_, i) => {
      const decoded = this.#decoded.get(from + i);
      if (decoded !== undefined) return { kind: 'decoded', ...decoded };
      const missing = new RadTriageError('INTERNAL', 'a frame was not decoded');
      return failureOf(this.#failures.get(from + i) ?? missing);
    });
  }

  #prepare(groups: ReturnType<NeighbourWindow<SeenFrame>['push']>, which: number): void {
    const preparation = this.#request.preparations[which];
    const { from, to } = this.#request.own;
    for (const { group, item } of groups) {
      if (preparation === undefined || item.index < from || item.index >= to) continue;
      this.#decoded.get(item.index)?.prepared.push(prepareGroup(group, preparation, this.#output));
    }
  }
}

async function answer(request: PrepareRequest): Promise<PrepareReply> {
  const { id, limits, reduced: wanted } = request;
  const output = new Output(request.offset);
  const frames = new Frames(request, output);
  let reduced: DecodedFrame | undefined;
  let trapped = false;
  for (const [index, { source, frame, facts }] of request.frames.entries()) {
    const begin = performance.now();
    try {
      const decoded = await decodeFrame(source, frame, limits);
      if (index === wanted?.index) reduced = reduceFrame(decoded, wanted.longestSide);
      const image = sourceImage(decoded);
      frames.see({ index, facts, image }, performance.now() - begin);
    } catch (thrown) {
      trapped ||= hasTrapped(thrown);
      frames.fail(index, toRadTriageError(thrown, 'PIXELS_UNDECODABLE'));
    }
  }
  const replies = frames.end();
  if (reduced !== undefined) output.write(reduced.values);
  const spent = trapped || isSpent();
  return { id, spent, frames: replies, reduced: reduced && withoutSamples(reduced) };
}

process.on('message', (request: PrepareRequest) => {
  // What goes wrong outside of a single frame ends this process, and with it the request.
  void answer(request).then((reply) => process.send?.(reply));
});

// Without its parent it has nothing to live for.
process.on('disconnect', () => process.exit());
