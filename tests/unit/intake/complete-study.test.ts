import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestImages, isPrior } from '#intake/complete-study.ts';

const NOW = new Date('2026-03-31T12:00:00Z');

describe('the image revision', () => {
  it('is a digest over the sorted images, whatever order they came in', () => {
    const expected = createHash('sha256').update('1.2:aa\n1.3:bb\n').digest('hex');
    const images = [
      { sopInstanceUid: '1.3', sha256: 'bb' },
      { sopInstanceUid: '1.2', sha256: 'aa' },
    ];
    expect(digestImages(images)).toBe(expected);
    expect(digestImages(images.toReversed())).toBe(expected);
  });

  it('changes with any image added, removed or altered', () => {
    const image = fc.record({
      sopInstanceUid: fc.stringMatching(/^[0-9.]{1,20}$/),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    });
    const images = fc.uniqueArray(image, { selector: (one) => one.sopInstanceUid, minLength: 1 });
    fc.assert(
      fc.property(images, fc.nat(), (all, at) => {
        const without = all.toSpliced(at % all.length, 1);
        expect(digestImages(without)).not.toBe(digestImages(all));
      }),
    );
  });
});

describe('the age limit', () => {
  it.each([
    ['20260330', 30, false],
    ['20260301', 30, false],
    ['20260227', 30, true],
    ['2026.02.27', 30, true],
    ['19990101', undefined, false],
    ['29990101', 30, false],
    [null, 30, false],
    ['', 30, false],
    ['yesterday', 30, false],
  ])('of StudyDate %s with a limit of %s days: prior %s', (studyDate, limit, prior) => {
    expect(isPrior(studyDate, limit, NOW)).toBe(prior);
  });
});
