import { describe, expect, it } from 'vitest';
import { FROC_RATES, frocAtRates, frocCurve, type MarkedImage } from '#core/statistics/froc.ts';

const IMAGES: readonly MarkedImage[] = [
  { cluster: 0, lesions: [0.9, undefined], falseMarks: [0.8] },
  { cluster: 1, lesions: [0.5], falseMarks: [] },
  { cluster: 2, lesions: [], falseMarks: [0.6, 0.5] },
  { cluster: 2, lesions: [], falseMarks: [] },
];

describe('FROC', () => {
  it('counts lesions once and false marks an image, equal values together', () => {
    expect(frocCurve(IMAGES)).toEqual([
      { threshold: Infinity, falseMarksPerImage: 0, sensitivity: 0 },
      { threshold: 0.9, falseMarksPerImage: 0, sensitivity: 1 / 3 },
      { threshold: 0.8, falseMarksPerImage: 0.25, sensitivity: 1 / 3 },
      { threshold: 0.6, falseMarksPerImage: 0.5, sensitivity: 1 / 3 },
      { threshold: 0.5, falseMarksPerImage: 0.75, sensitivity: 2 / 3 },
    ]);
  });

  it('tells the sensitivity that each rate of false marks allows', () => {
    const found = frocAtRates(IMAGES, { repeats: 200, seed: 1 });
    expect(found.map((rate) => rate.falseMarksPerImage)).toEqual(FROC_RATES);
    expect(found.map((rate) => rate.hit)).toEqual([1, 1, 1, 2, 2]);
    expect(found.every((rate) => rate.lesions === 3)).toBe(true);
    for (const { sensitivity, interval } of found) {
      expect(interval?.[0]).toBeLessThanOrEqual(sensitivity);
      expect(interval?.[1]).toBeGreaterThanOrEqual(sensitivity);
    }
  });

  it('resamples patients, not lesions: lesions of one patient widen the interval', () => {
    const lesions = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? 0.9 : undefined));
    const spread = lesions.map(
      (lesion, cluster): MarkedImage => ({ cluster, lesions: [lesion], falseMarks: [] }),
    );
    // The same lesions, twenty hit or missed together.
    const gathered = [0, 1, 2, 3, 4, 5].map(
      (cluster): MarkedImage => ({
        cluster,
        lesions: new Array<number | undefined>(10).fill(cluster % 2 === 0 ? 0.9 : undefined),
        falseMarks: [],
      }),
    );
    const width = (images: readonly MarkedImage[]) => {
      const [rate] = frocAtRates(images, { repeats: 1000, seed: 2 });
      return (rate?.interval?.[1] ?? 0) - (rate?.interval?.[0] ?? 0);
    };
    expect(width(gathered)).toBeGreaterThan(2 * width(spread));
  });
});
