import { describe, expect, it } from 'vitest';
import { type ChunkShape, FrameOrder } from '#models/analysis/frame-order.ts';

const EXPLICIT = '1.2.840.10008.1.2.1';
const JPEG_2000 = '1.2.840.10008.1.2.4.90';

interface Slice {
  readonly name: string;
  readonly stack: string;
  readonly frames: number;
  readonly pixels?: number;
  readonly compressed?: boolean;
}

function orderOf(slices: readonly Slice[], shape: Omit<ChunkShape, 'weight'>) {
  return new FrameOrder(
    slices,
    ({ name, stack, frames, pixels = 1, compressed = false }) => ({
      source: { transferSyntaxUid: compressed ? JPEG_2000 : EXPLICIT },
      facts: { values: {}, ageYears: undefined },
      numberOfFrames: frames,
      framePixels: pixels,
      name,
      stack,
    }),
    { weight: 10, ...shape },
  );
}

function chunksOf(order: FrameOrder<Slice>): string[] {
  const chunks: string[] = [];
  for (let chunk = order.next(); chunk !== undefined; chunk = order.next()) {
    const { own, frames } = chunk;
    const names = frames.map(({ image, frame }, i) => {
      const name = `${image.name}${image.frames > 1 ? frame : ''}`;
      return i < own.from || i >= own.to ? `(${name})` : name;
    });
    chunks.push(names.join(' '));
  }
  return chunks;
}

const stack = (name: string, letters: string): Slice[] =>
  [...letters].map((letter) => ({ name: letter, stack: name, frames: 1 }));

describe('the order of frames', () => {
  it('gives single frames, those of an image one after the other', () => {
    const slices = [...stack('s', 'a'), { name: 'b', stack: 's', frames: 3 }, ...stack('t', 'c')];
    const order = orderOf(slices, { length: 1, before: 0, after: 0 });
    expect(chunksOf(order)).toEqual(['a', 'b1', 'b2', 'b3', 'c']);
  });

  it('gives neighbours along with a chunk, and never those of another stack', () => {
    const order = orderOf([...stack('s', 'abcde'), ...stack('t', 'xyz')], {
      length: 2,
      before: 1,
      after: 2,
    });
    expect(chunksOf(order)).toEqual(['a b (c) (d)', '(b) c d (e)', '(d) e', 'x y (z)', '(y) z']);
  });

  it('joins frames only while they are small together', () => {
    const sizes = [4, 5, 2, 1, 30, 9, 1, 1];
    const slices = sizes.map((pixels, i) => ({ name: `${i}`, stack: 's', frames: 1, pixels }));
    const order = orderOf(slices, { length: 3, before: 0, after: 0 });
    expect(chunksOf(order)).toEqual(['0 1', '2 3', '4', '5 6', '7']);
  });

  it('joins fewer compressed frames', () => {
    const slices = ['a', 'b', 'c'].map((name) => ({ name, stack: 's', frames: 1 }));
    const order = orderOf(
      slices.map((slice) => ({ ...slice, compressed: slice.name !== 'c' })),
      { length: 3, before: 0, after: 0 },
    );
    expect(chunksOf(order)).toEqual(['a', 'b c']);
  });

  it('takes an image once, and leaves out the rest of one that is skipped', () => {
    const long = { name: 'b', stack: 's', frames: 2 ** 31 };
    const order = orderOf([long, long, ...stack('s', 'c')], { length: 1, before: 0, after: 2 });
    order.next();
    order.next();
    order.skipRest(long);
    expect(chunksOf(order)).toEqual(['c']);
  });
});
