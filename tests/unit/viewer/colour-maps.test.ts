import { describe, expect, it } from 'vitest';
import {
  COLOUR_MAPS,
  colourOf,
  cssColour,
  legendGradient,
  nextColourMap,
} from '../../../viewer/src/reading/colour-maps.ts';
import { loadWish, saveWish } from '../../../viewer/src/reading/overlay-store.ts';
import { COLOUR_VISIONS, difference, labOf } from '../../support/colour-vision.ts';

const SCORES = Array.from({ length: 101 }, (_, step) => step / 100);
const EACH = COLOUR_MAPS.flatMap((map) => COLOUR_VISIONS.map((vision) => [map, vision] as const));

describe('colours of heat', () => {
  it.each(EACH)('%s grows lighter with each step of the score under %s', (map, vision) => {
    const lightness = SCORES.map((score) => labOf(colourOf(score, map), vision)[0]);
    for (const [step, value] of lightness.entries()) {
      // Colours are whole numbers: a step of a hundredth may round down by a little.
      expect(value - (lightness[step - 1] ?? -1), `at ${step}`).toBeGreaterThan(-0.3);
    }
    for (let step = 5; step < lightness.length; step++) {
      expect(lightness[step] ?? 0, `at ${step}`).toBeGreaterThan((lightness[step - 5] ?? 0) + 0.2);
    }
  });

  it.each(EACH)('%s tells scores that are 0.1 apart under %s', (map, vision) => {
    for (let step = 10; step < SCORES.length; step++) {
      const lower = labOf(colourOf((step - 10) / 100, map), vision);
      const higher = labOf(colourOf(step / 100, map), vision);
      expect(difference(lower, higher), `up to ${step}`).toBeGreaterThan(4.6);
    }
  });

  it.each(COLOUR_MAPS)('%s is nowhere grey, as the image is', (map) => {
    for (const score of SCORES) {
      const [, a, b] = labOf(colourOf(score, map));
      expect(Math.hypot(a, b), `at ${score}`).toBeGreaterThan(20);
    }
  });

  it.each(COLOUR_MAPS)('%s clamps what lies beyond 0 and 1, and is that of its legend', (map) => {
    expect(colourOf(-3, map)).toEqual(colourOf(0, map));
    expect(colourOf(7, map)).toEqual(colourOf(1, map));
    expect(legendGradient(map)).toContain(cssColour(colourOf(1, map)));
  });

  it('are gone through one by one, round the end', () => {
    const passed = COLOUR_MAPS.map(nextColourMap);
    expect(passed.toSorted()).toEqual([...COLOUR_MAPS].sort());
    expect(passed.at(-1)).toBe(COLOUR_MAPS[0]);
  });
});

describe('how a reader wants heatmaps drawn', () => {
  const store = new Map<string, string>();
  const storage = {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => void store.set(key, value),
  };

  it('is kept for each reader, and of no use when it is none of ours', () => {
    const fresh = { drawn: 'heat', colours: 'inferno', opacity: 0.35 };
    expect(loadWish(storage, 'ann')).toEqual(fresh);
    saveWish(storage, 'ann', { drawn: 'contour', colours: 'viridis', opacity: 0.6 });
    expect(loadWish(storage, 'ann')).toEqual({
      ...{ drawn: 'contour', colours: 'viridis', opacity: 0.6 },
    });
    expect(loadWish(storage, 'bob')).toEqual(fresh);
    for (const odd of ['', 'null', '[]', '{"colours":"jet","opacity":7}']) {
      expect(loadWish({ getItem: () => odd }, 'ann')).toEqual(fresh);
    }
  });
});
