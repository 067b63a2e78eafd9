import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadedRuns, nextToLoad } from '../../../viewer/src/reading/neighbours.ts';

function orderOf(options: {
  count: number;
  index: number;
  direction: 1 | -1;
  window: number;
}): number[] {
  const settled = new Set([options.index]);
  const order: number[] = [];
  for (;;) {
    const next = nextToLoad({ ...options, isSettled: (index) => settled.has(index) });
    if (next === null) return order;
    settled.add(next);
    order.push(next);
  }
}

describe('what is loaded next of a stack', () => {
  it('lies ahead of the reader first, and now and then behind', () => {
    const order = orderOf({ count: 100, index: 50, direction: 1, window: 100 });
    expect(order.slice(0, 8)).toEqual([51, 52, 53, 49, 54, 55, 56, 48]);
    const back = orderOf({ count: 100, index: 50, direction: -1, window: 100 });
    expect(back.slice(0, 5)).toEqual([49, 48, 47, 51, 46]);
  });

  it('is every image of a stack that fits into memory, each once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.nat(), fc.boolean(), (count, at, forward) => {
        const index = at % count;
        const order = orderOf({ count, index, direction: forward ? 1 : -1, window: count });
        const all = Array.from({ length: count }, (_, place) => place);
        expect([...order, index].toSorted((a, b) => a - b)).toEqual(all);
      }),
    );
  });

  it('stays within the window of a stack that does not fit', () => {
    const order = orderOf({ count: 1000, index: 500, direction: 1, window: 40 });
    expect(order).toHaveLength(39);
    expect([Math.min(...order), Math.max(...order)]).toEqual([491, 530]);
  });

  it('is nothing when all is settled', () => {
    expect(orderOf({ count: 1, index: 0, direction: 1, window: 16 })).toEqual([]);
    expect(orderOf({ count: 9, index: 3, direction: 1, window: 0 })).toEqual([]);
  });
});

describe('the loading bar', () => {
  it('draws runs', () => {
    const loaded = new Set([0, 1, 2, 5, 8, 9]);
    expect(loadedRuns(10, (index) => loaded.has(index))).toEqual([
      { start: 0, length: 3 },
      { start: 5, length: 1 },
      { start: 8, length: 2 },
    ]);
    expect(loadedRuns(3, () => false)).toEqual([]);
  });
});
