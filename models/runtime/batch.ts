import type { OutputTensor } from './messages.ts';

type Outputs = Readonly<Record<string, OutputTensor>>;

/** Results of a batch may differ from those of single runs by the noise of another order of summation. */
const TOLERANCE = 1e-3;

/**
 * The outputs of each image of a batch: every output is cut along its first axis, which is as long as the batch.
 * @returns undefined when an output has another first axis: such a network cannot be run in batches
 */
export function splitBatch(
  outputs: Outputs,
  count: number,
): Record<string, OutputTensor>[] | undefined {
  const images = Array.from({ length: count }, (): Record<string, OutputTensor> => ({}));
  for (const [name, { data, dims }] of Object.entries(outputs)) {
    if (dims[0] !== count) return undefined;
    const length = data.length / count;
    for (const [index, image] of images.entries()) {
      image[name] = {
        data: data.subarray(index * length, (index + 1) * length),
        dims: [1, ...dims.slice(1)],
      };
    }
  }
  return images;
}

/** Whether all values are the same within float noise, relative to the largest of their output. */
export function agree(one: Outputs, other: Outputs): boolean {
  return Object.entries(one).every(([name, { data }]) => {
    const compared = other[name]?.data;
    if (compared?.length !== data.length) return false;
    const scale = data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-3);
    return data.every(
      (value, i) => Math.abs(value - (compared[i] ?? Number.NaN)) <= TOLERANCE * scale,
    );
  });
}

interface BatchTrial {
  /** Runs so many images at once. */
  run(data: Float32Array, count: number): Promise<Outputs>;
  /** Values of one image. */
  readonly imageLength: number;
  readonly maximumBatch: number;
}

/** Gaining less than this is not worth the waiting for images to fill a batch. */
const LEAST_GAIN = 1.1;
const ROUNDS = 3;

/**
 * Tries a network with one image at a time and with several: on the CPU several rarely gain.
 * @returns how many to take at once, with the reason where it is one
 */
export async function chooseBatch(
  trial: BatchTrial,
): Promise<{ batch: number; declined?: string | undefined }> {
  const { maximumBatch, imageLength } = trial;
  if (maximumBatch === 1) return { batch: 1 };
  try {
    const images = noise(imageLength * maximumBatch);
    const together = splitBatch(await trial.run(images, maximumBatch), maximumBatch);
    if (together === undefined) return { batch: 1, declined: 'an output is not one an image' };
    for (const [index, outputs] of together.entries()) {
      const single = images.subarray(index * imageLength, (index + 1) * imageLength);
      if (agree(await trial.run(single, 1), outputs)) continue;
      return { batch: 1, declined: 'results in a batch are not those of single images' };
    }
    const gain = await measureGain(trial, images);
    if (gain >= LEAST_GAIN) return { batch: maximumBatch };
    return { batch: 1, declined: `${maximumBatch} at once are ${gain.toFixed(2)} times as fast` };
  } catch (error) {
    return { batch: 1, declined: error instanceof Error ? error.message.slice(0, 200) : 'failed' };
  }
}

/** How many times as fast a batch is as its images one by one; the fastest rounds, interleaved. */
async function measureGain({ run, imageLength, maximumBatch }: BatchTrial, images: Float32Array) {
  let together = Number.POSITIVE_INFINITY;
  let single = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    await run(images, maximumBatch);
    const middle = performance.now();
    for (let index = 0; index < maximumBatch; index += 1) {
      await run(images.subarray(index * imageLength, (index + 1) * imageLength), 1);
    }
    together = Math.min(together, middle - begin);
    single = Math.min(single, performance.now() - middle);
  }
  return single / together;
}

/** The same numbers each time, from -1 to 1. */
function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 15) / 32_768 - 1;
  });
}
