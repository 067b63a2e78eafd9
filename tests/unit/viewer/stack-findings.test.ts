import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../viewer/src/reading/image-facts.ts';
import type { ImageStack } from '../../../viewer/src/reading/image-stacks.ts';
import type { Mark } from '../../../viewer/src/reading/marks.ts';
import {
  imageAt,
  marksInStack,
  nextMarkedImage,
  peakBars,
  peaksInStack,
} from '../../../viewer/src/reading/stack-findings.ts';

function stackOf(count: number): ImageStack {
  const images = Array.from({ length: count }, (_, place) => ({
    ...{ imageId: `image ${place}`, sopInstanceUid: `2.25.${place}`, frame: 1 },
    ...{ ...factsOf(undefined, null), columns: 8, rows: 8 },
  }));
  return { seriesInstanceUid: '2.25.9', modality: 'CT', title: 'Axial', images };
}

function markOn(sopInstanceUid: string | null, id: string): Mark {
  return {
    ...{ id, added: false, label: 'lesion', score: 0.7, modelId: 'm', seenBy: [] },
    ...{ sopInstanceUid, frame: null, box: null, originalBox: null, state: 'open', reason: '' },
  };
}

describe('findings of a stack', () => {
  const stack = stackOf(1000);
  const marks = [
    markOn('2.25.700', 'c'),
    markOn('2.25.3', 'a'),
    markOn('2.25.5000', 'of another series'),
    markOn(null, 'without a place'),
    markOn('2.25.699', 'b'),
  ];
  const placed = marksInStack(stack, marks);

  it('are those on its images, in their order', () => {
    expect(placed.map(({ mark, image }) => [mark.id, image])).toEqual([
      ['a', 3],
      ['b', 699],
      ['c', 700],
    ]);
  });

  it('are gone to one by one, and not round the end', () => {
    expect(nextMarkedImage(placed, 3, 1)).toBe(699);
    expect(nextMarkedImage(placed, 699, 1)).toBe(700);
    expect(nextMarkedImage(placed, 700, 1)).toBeNull();
    expect(nextMarkedImage(placed, 500, -1)).toBe(3);
    expect(nextMarkedImage(placed, 0, -1)).toBeNull();
    expect(nextMarkedImage([], 0, 1)).toBeNull();
  });

  it('are hit by a click that is near, where slices are thinner than a pixel', () => {
    const strip = { height: 500, count: 1000 };
    expect(imageAt(3, strip, placed)).toBe(3);
    expect(imageAt(100, strip, placed)).toBe(200);
    expect(imageAt(-20, strip, [])).toBe(0);
    expect(imageAt(900, strip, [])).toBe(999);
    // Where each slice is wide enough, the click alone counts.
    expect(imageAt(12, { height: 500, count: 50 }, placed)).toBe(1);
  });
});

describe('heat of a stack', () => {
  const heatmap = (image: number, peak: number) => ({
    ...{ id: `${image} ${peak}`, sopInstanceUid: `2.25.${image}`, frame: 1, modelId: 'm' },
    ...{ label: 'lesion', origin: 'model' as const, peak },
  });

  it('is the highest peak of each image', () => {
    const peaks = peaksInStack(stackOf(4), [heatmap(1, 0.4), heatmap(1, 0.9), heatmap(3, 0.2)]);
    expect(peaks).toEqual([null, 0.9, null, 0.2]);
  });

  it('loses no peak in bars, however long the stack', () => {
    const peaks = peaksInStack(stackOf(1000), [
      heatmap(0, 0.4),
      heatmap(999, 0.9),
      heatmap(2, 0.6),
    ]);
    const bars = peakBars(peaks);
    expect(bars.map(({ peak }) => peak)).toEqual([0.6, 0.9]);
    expect(bars.every(({ from, to }) => to > from && to <= 1000)).toBe(true);
    expect(peakBars([null, 0.5])).toEqual([{ from: 1, to: 2, peak: 0.5 }]);
    expect(peakBars([])).toEqual([]);
  });
});
