import { describe, expect, it } from 'vitest';
import type { Review } from '#contracts/study.ts';
import {
  countSigned,
  judgementOf,
  signedReview,
} from '../../../viewer/src/reading/signed-verdicts.ts';

const NOTHING = { reason: null, label: null, sopInstanceUid: null, frame: null, box: null };
const REVIEW: Review = {
  ...{ id: 'r1', kind: 'reading', state: 'signed', reader: 'ada', readingMode: 'assist' },
  ...{ imageRevision: 'i1', seenVersion: 3, positive: true, comment: null, openedAt: null },
  ...{ createdAt: '2026-11-23T08:00:00.000Z', undoneAt: null },
  verdicts: [
    { ...NOTHING, findingId: 'a', verdict: 'confirm' },
    // The same place, as a second model saw it.
    { ...NOTHING, findingId: 'a2', verdict: 'confirm' },
    { ...NOTHING, findingId: 'b', verdict: 'reject', reason: 'fold' },
    { ...NOTHING, findingId: 'c', verdict: 'amend', label: 'Mass', box: [1, 2, 3, 4] },
    {
      ...{ findingId: null, verdict: 'add', reason: null, label: 'Nodule' },
      ...{ sopInstanceUid: '1.2', frame: 2, box: [5, 6, 7, 8] },
    },
    { ...NOTHING, findingId: null, verdict: 'add', label: 'withheld' },
  ],
};

describe('what was signed', () => {
  it('is the reading that stands, of a study that is read', () => {
    const undone: Review = { ...REVIEW, id: 'r0', state: 'undone' };
    const second: Review = { ...REVIEW, id: 's', kind: 'second-reading' };
    const reviews = [second, undone, REVIEW];
    expect(signedReview({ reviews, readingStatus: 'reviewed' })?.id).toBe('r1');
    expect(signedReview({ reviews, readingStatus: 'unread' })).toBeNull();
    expect(signedReview({ reviews: [undone], readingStatus: 'reviewed' })).toBeNull();
  });

  it('shows each verdict on its finding, and what the reader added in its place', () => {
    const { byFinding, added } = judgementOf(REVIEW);
    expect(byFinding.get('a')).toEqual({ verdict: 'confirm' });
    expect(byFinding.get('b')).toEqual({ verdict: 'reject', reason: 'fold' });
    expect(byFinding.get('c')).toEqual({ verdict: 'amend', label: 'Mass', box: [1, 2, 3, 4] });
    expect(added).toEqual([
      { addedId: 'r1-4', label: 'Nodule', sopInstanceUid: '1.2', frame: 2, box: [5, 6, 7, 8] },
    ]);
  });

  it('counts a place that several models saw once', () => {
    const counts = countSigned(REVIEW, [{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    expect(Object.fromEntries(counts)).toEqual({ confirm: 1, reject: 1, amend: 1, add: 2 });
  });
});
