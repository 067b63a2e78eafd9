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
  readonly ms: number;
}

interface Decoded {
  readonly seen: readonly SeenFrame[];
  readonly failures: ReadonlyMap<number, RadTriageError>;
  readonly reduced: DecodedFrame | undefined;
  readonly trapped: boolean;
}

async function decodeAll({ frames, limits, reduced: wanted }: PrepareRequest): Promise<Decoded> {
  const seen: SeenFrame[] = [];
  const failures = new Map<number, RadTriageError>();
  let reduced: DecodedFrame | undefined;
  let trapped = false;
  for (const [index, { source, frame, facts }] of frames.entries()) {
    const begin = performance.now();
    try {
      const decoded = await decodeFrame(source, frame, limits);
      if (index === wanted?.index) reduced = reduceFrame(decoded, wanted.longestSide);
      seen.push({ index, facts, image: sourceImage(decoded), ms: performance.now() - begin });
    } catch (thrown) {
      trapped ||= hasTrapped(thrown);
      failures.set(index, toRadTriageError(thrown, 'PIXELS_UNDECODABLE'));
    }
  }
  return { seen, failures, reduced, trapped };
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

/** Each frame that could be decoded, with its neighbours in order. */
function groupsOf(seen: readonly SeenFrame[], preparation: Preparation) {
  const neighbours = new NeighbourWindow<SeenFrame>(
    preparation.input.slices ?? { before: 0, after: 0 },
  );
  const groups = [...seen.flatMap((frame) => neighbours.push(frame)), ...neighbours.end()];
  return new Map(groups.map(({ group, item }) => [item, group]));
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

async function answer(request: PrepareRequest): Promise<PrepareReply> {
  const { own, preparations } = request;
  const { seen, failures, reduced, trapped } = await decodeAll(request);
  const output = new Output(request.offset);
  const groups = preparations.map((preparation) => groupsOf(seen, preparation));
  const frames: FrameReply[] = [];
  for (let index = own.from; index < own.to; index += 1) {
    const frame = seen.find((one) => one.index === index);
    if (frame === undefined) {
      const missing = new RadTriageError('INTERNAL', 'a frame was not decoded');
      frames.push(failureOf(failures.get(index) ?? missing));
      continue;
    }
    const prepared = preparations.map((preparation, i) =>
      prepareGroup(groups[i]?.get(frame) ?? [frame], preparation, output),
    );
    frames.push({ kind: 'decoded', ms: frame.ms, prepared });
  }
  if (reduced !== undefined) output.write(reduced.values);
  const spent = trapped || isSpent();
  const { id } = request;
  return { id, spent, frames, reduced: reduced && withoutSamples(reduced) };
}

process.on('message', (request: PrepareRequest) => {
  // What goes wrong outside of a single frame ends this process, and with it the request.
  void answer(request).then((reply) => process.send?.(reply));
});

// Without its parent it has nothing to live for.
process.on('disconnect', () => process.exit());
