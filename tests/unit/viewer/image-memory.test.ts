import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createImageMemory } from '../../../viewer/src/reading/image-memory.ts';

describe('memory of images', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('knows what is loaded and what failed; what comes after all has not failed', () => {
    const memory = createImageMemory();
    memory.noteFailed('a');
    memory.noteLoaded('b');
    expect([memory.hasFailed('a'), memory.isLoaded('b')]).toEqual([true, true]);
    memory.noteLoaded('a');
    expect([memory.hasFailed('a'), memory.isLoaded('a')]).toEqual([false, true]);
    memory.noteGone('a');
    expect([memory.hasFailed('a'), memory.isLoaded('a')]).toEqual([false, false]);
  });

  it('tells of a thousand images a few times, not a thousand', () => {
    const memory = createImageMemory();
    let told = 0;
    const stop = memory.subscribe(() => {
      told += 1;
    });
    for (let place = 0; place < 1000; place += 1) memory.noteLoaded(`image ${place}`);
    vi.runAllTimers();
    expect([told, memory.version()]).toEqual([1, 1]);
    stop();
    memory.noteGone('image 1');
    vi.runAllTimers();
    expect(told).toBe(1);
  });
});
