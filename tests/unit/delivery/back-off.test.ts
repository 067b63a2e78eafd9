import { describe, expect, it } from 'vitest';
import { nextPause } from '#delivery/back-off.ts';

const SETTINGS = { firstMs: 1_000, longestMs: 60_000 };

describe('the pause before the next try', () => {
  it('doubles from failure to failure, up to the longest', () => {
    const pauses = [1, 2, 3, 4, 7, 1_000].map((failures) => nextPause(failures, SETTINGS, () => 1));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  });

  it('lies in the upper half of that', () => {
    expect(nextPause(3, SETTINGS, () => 0)).toBe(2_000);
    const drawn = Array.from({ length: 200 }, () => nextPause(3, SETTINGS));
    for (const pause of drawn) expect(pause >= 2_000 && pause <= 4_000).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(100);
  });
});
