import { describe, expect, it } from 'vitest';
import { type PlayOptions, playStudy } from '#intake/rule-tester/play-study.ts';
import { rulesOf, type TestImage } from '#tests/support/completeness.ts';

const RULES = rulesOf(`
id: t
version: "1"
defaults: { longestWaitMinutes: 1 }
rules:
  - { name: three, match: { modality: CT }, demand: { images: 3 }, signals: { associationReleased: true } }
`);

function play(
  images: readonly (TestImage & { at: number; kind?: 'object' })[],
  over: Partial<PlayOptions> = {},
) {
  const arrivals = images.map(({ at, kind, number, ...facts }, index) => ({
    at: at * 1_000,
    object: {
      path: String(index),
      sopInstanceUid: `1.${index}`,
      kind: kind ?? ('image' as const),
      facts: { seriesInstanceUid: '1.2', modality: 'CT', ...facts },
      instanceNumber: number,
      changedAt: 0,
    },
  }));
  const { closings, evidence } = playStudy(arrivals, {
    rules: RULES,
    site: '',
    studyDescription: undefined,
    quietSeconds: (modality) => (modality === 'MR' ? 20 : 10),
    ...over,
  });
  const told = closings.map(({ at, images: here, completion }) => [
    at / 1_000,
    here,
    completion.by,
  ]);
  return { told, evidence };
}

describe('the rule tester', () => {
  it('closes with the image that meets the demand, and after the quiet time for one that comes later', () => {
    expect(play([{ at: 0 }, { at: 1 }, { at: 2 }, { at: 3 }]).told).toEqual([
      [2, 3, 'demand'],
      [13, 4, 'quiet'],
    ]);
  });

  it('takes order of arrival from the times, not from the list', () => {
    expect(play([{ at: 2 }, { at: 1 }, { at: 0 }]).told).toEqual([[2, 3, 'demand']]);
  });

  it('closes by quiet between images that are far apart, and at once with the missing one', () => {
    expect(play([{ at: 0 }, { at: 1 }, { at: 30 }]).told).toEqual([
      [11, 2, 'quiet'],
      [30, 3, 'demand'],
    ]);
  });

  it('closes at the longest wait while images drip in', () => {
    const drip = Array.from({ length: 9 }, (_, index) => ({ at: index * 9, modality: 'US' }));
    expect(play(drip).told).toEqual([
      [60, 7, 'longest-wait'],
      [82, 9, 'quiet'],
    ]);
  });

  it('waits the longest quiet time of the modalities that came', () => {
    const both = [
      { at: 0, modality: 'MR' },
      { at: 1, modality: 'US' },
    ];
    expect(play(both).told).toEqual([[21, 2, 'quiet']]);
  });

  it('hears a signal after the last image', () => {
    const signal = { kind: 'association-released', afterMs: 500 } as const;
    expect(play([{ at: 0 }, { at: 1 }], { signal }).told).toEqual([[1.5, 2, 'signal']]);
    const mpps = { kind: 'mpps-completed', afterMs: 500 } as const;
    expect(play([{ at: 0, modality: 'US' }], { signal: mpps }).told).toEqual([[0.5, 1, 'signal']]);
  });

  it('begins to wait anew with the first image after an object, and knows a study of objects alone', () => {
    const [object, image] = [{ at: 0, kind: 'object' as const }, { at: 5 }];
    expect(play([object, image]).told).toEqual([[15, 1, 'quiet']]);
    expect(play([object]).told).toEqual([[10, 0, 'quiet']]);
    expect(play([object, image]).evidence).toMatchObject({ images: 1, objects: 1 });
  });
});
