import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../viewer/src/reading/image-facts.ts';
import type { ImageStack } from '../../../viewer/src/reading/image-stacks.ts';
import {
  counterpart,
  daysBefore,
  type Prior,
  rankPriors,
} from '../../../viewer/src/reading/prior-choice.ts';
import { wordsOfInterval } from '../../../viewer/src/reading/prior-words.ts';

const current = {
  studyDate: '20260112',
  receivedAt: '2026-01-12T10:00:00Z',
  modality: 'DX',
  bodyPartExamined: 'CHEST',
};

function prior(uid: string, columns: Partial<Prior>): Prior {
  return {
    studyInstanceUid: uid,
    studyDescription: null,
    ...current,
    ...{ accessionNumber: null, site: 'A', status: 'analysed', readingStatus: 'unread' },
    ...{ imageCount: 1, receivedAt: '2026-01-01T10:00:00Z' },
    ...columns,
  };
}

const ranked = (others: readonly Prior[]) =>
  rankPriors(others, current).map(({ studyInstanceUid }) => studyInstanceUid);

describe('priors', () => {
  it('are the earlier ones alone; of the same or an unknown day, those received earlier', () => {
    expect(
      ranked([
        prior('later', { studyDate: '20260113' }),
        prior('same day, later', { receivedAt: '2026-01-12T11:00:00Z' }),
        prior('same day, earlier', { receivedAt: '2026-01-12T09:00:00Z' }),
        prior('unknown, later', { studyDate: null, receivedAt: '2026-01-12T11:00:00Z' }),
        prior('before', { studyDate: '2025.12.31', receivedAt: '2026-02-01T00:00:00Z' }),
        prior('unknown, earlier', { studyDate: 'last week' }),
      ]),
    ).toEqual(['same day, earlier', 'before', 'unknown, earlier']);
  });

  it('come by modality and body part, then by modality, then by body part, the newest first', () => {
    const others = [
      prior('CT of the head', { modality: 'CT', bodyPartExamined: 'HEAD', studyDate: '20260110' }),
      prior('CT of the chest', { modality: 'CT', studyDate: '20260111' }),
      prior('hand', { bodyPartExamined: 'HAND', studyDate: '20260109' }),
      prior('old chest', { studyDate: '20190101', modality: 'CR' }),
      prior('chest', { studyDate: '20251001', bodyPartExamined: 'chest ' }),
    ];
    expect(ranked(others)).toEqual([
      ...['chest', 'old chest', 'hand', 'CT of the chest', 'CT of the head'],
    ]);
  });

  it('say how long ago they were', () => {
    const words = (studyDate: string | null) => wordsOfInterval({ studyDate }, current);
    expect(words('20260112')).toBe('of the same day');
    expect(words('20260111')).toBe('1 day earlier');
    expect(words('20251212')).toBe('31 days earlier');
    expect(words('20241112')).toBe('14 months earlier');
    expect(words('20190301')).toBe('7 years earlier');
    expect(words(null)).toBe('date unknown');
    expect(daysBefore({ studyDate: '20250230' }, { studyDate: '20261399' })).toBeNull();
  });
});

describe('the image of a prior that is compared', () => {
  const image = (view: string | null, place: number) => ({
    ...factsOf(undefined, null),
    ...{ view, imageId: `${place}`, sopInstanceUid: `${place}`, frame: 1, columns: 1, rows: 1 },
  });
  const stackOf = (name: string, views: readonly (string | null)[]): ImageStack => ({
    ...{ seriesInstanceUid: name, modality: 'DX', title: name },
    images: views.map(image),
  });

  it('is the same view', () => {
    const stacks = [stackOf('a', ['PA']), stackOf('b', ['LL'])];
    const lateral = { image: image('LL', 0), index: 0, count: 1 };
    expect(counterpart(lateral, stacks, 'DX')).toEqual({ stack: 1, image: 0 });
    const oblique = { image: image('OBL', 0), index: 0, count: 1 };
    expect(counterpart(oblique, stacks, 'DX')).toEqual({ stack: 0, image: 0 });
    expect(counterpart(null, stacks, 'DX')).toEqual({ stack: 0, image: 0 });
  });

  it('is the same share of a stack', () => {
    const stacks = [
      stackOf(
        'a',
        Array.from({ length: 101 }, () => null),
      ),
    ];
    const slice = { image: image(null, 0), index: 15, count: 61 };
    expect(counterpart(slice, stacks, 'CT')).toEqual({ stack: 0, image: 25 });
  });
});
