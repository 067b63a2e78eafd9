import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agree, chooseBatch, splitBatch } from '#models/runtime/batch.ts';

/** A network whose score is the sum of an image, and that takes a time of its own for each run and image. */
function network(times: { run: number; image: number }) {
  return async (data: Float32Array, count: number) => {
    vi.advanceTimersByTime(times.run + count * times.image);
    const length = data.length / count;
    const sums = Float32Array.from({ length: count }, (_, i) =>
      data.subarray(i * length, (i + 1) * length).reduce((sum, value) => sum + value, 0),
    );
    return { score: { data: sums, dims: [count, 1] } };
  };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('choosing how many images go into one run', () => {
  it('takes several where that is faster', async () => {
    const run = network({ run: 10, image: 1 });
    expect(await chooseBatch({ run, imageLength: 6, maximumBatch: 8 })).toEqual({ batch: 8 });
  });

  it('takes one where several gain nothing, and says how little', async () => {
    const run = network({ run: 1, image: 100 });
    expect(await chooseBatch({ run, imageLength: 6, maximumBatch: 8 })).toEqual({
      batch: 1,
      declined: '8 at once are 1.01 times as fast',
    });
  });

  it('tries nothing where the manifest allows one', async () => {
    const run = vi.fn(network({ run: 1, image: 1 }));
    expect(await chooseBatch({ run, imageLength: 6, maximumBatch: 1 })).toEqual({ batch: 1 });
    expect(run).not.toHaveBeenCalled();
  });

  it('takes one where a batch gives other results, or cannot be run', async () => {
    const single = network({ run: 1, image: 1 });
    const mixing = async (data: Float32Array, count: number) => {
      const { score } = await single(data, count);
      return { score: { ...score, data: score.data.map((value) => value * count) } };
    };
    expect(await chooseBatch({ run: mixing, imageLength: 6, maximumBatch: 2 })).toMatchObject({
      batch: 1,
      declined: 'results in a batch are not those of single images',
    });
    const fixed = async () => {
      throw new Error('invalid dimensions for input: image');
    };
    expect(await chooseBatch({ run: fixed, imageLength: 6, maximumBatch: 2 })).toEqual({
      batch: 1,
      declined: 'invalid dimensions for input: image',
    });
  });
});

describe('the outputs of a batch', () => {
  it('are cut along the first axis', () => {
    const boxes = { data: Float32Array.from([1, 2, 3, 4, 5, 6]), dims: [2, 1, 3] };
    expect(splitBatch({ boxes }, 2)?.map(({ boxes: one }) => [...(one?.data ?? [])])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(splitBatch({ boxes }, 2)?.[1]?.['boxes']?.dims).toEqual([1, 1, 3]);
    expect(splitBatch({ boxes }, 3)).toBeUndefined();
  });

  it('agree within float noise, and never with what is no number', () => {
    const output = (...values: number[]) => ({
      one: { data: Float32Array.from(values), dims: [1] },
    });
    expect(agree(output(1, 100), output(1.00001, 100.01))).toBe(true);
    expect(agree(output(1, 2), output(1, 2.01))).toBe(false);
    expect(agree(output(Number.NaN), output(Number.NaN))).toBe(false);
    expect(agree(output(1, 2), output(1))).toBe(false);
  });
});
