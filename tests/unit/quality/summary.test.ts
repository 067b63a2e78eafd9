import { describe, expect, it } from 'vitest';
import { proportionSchema } from '#contracts/quality.ts';
import { toProportion } from '#quality/summary.ts';

describe('a proportion', () => {
  it('carries its interval', () => {
    const proportion = proportionSchema.parse(toProportion(95, 100));
    expect(proportion).toEqual({
      count: 95,
      total: 100,
      estimate: 0.95,
      interval: [expect.closeTo(0.8882, 4), expect.closeTo(0.9785, 4)],
    });
  });

  it('of nothing has neither estimate nor interval', () => {
    expect(toProportion(0, 0)).toEqual({ count: 0, total: 0, estimate: null, interval: null });
  });
});
