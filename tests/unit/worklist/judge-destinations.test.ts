import { describe, expect, it } from 'vitest';
import type { DestinationCounts } from '#platform/deliveries/count-deliveries.ts';
import { judgeDestinations, judgeResults } from '#worklist/administration/judge-destinations.ts';

const now = new Date('2026-01-01T12:00:00Z');
const well: DestinationCounts = {
  ...{ name: 'pacs', waiting: 0, dead: 0, sentLastDay: 3, uncommitted: 0, unanswered: 0 },
  ...{ oldestWaiting: null, lastSentAt: now, reachableSince: now, lastContactAt: now },
  ...{ lastError: null, lastErrorAt: null, nextAttemptAt: null },
};
const waiting = (minutes: number): Partial<DestinationCounts> => ({
  waiting: 2,
  oldestWaiting: new Date(now.getTime() - minutes * 60_000),
});
const judged = (change: Partial<DestinationCounts>) =>
  judgeDestinations([{ ...well, ...change }], ['pacs'], now).map(({ level, what }) => [
    level,
    what,
  ]);

describe('problems with destinations', () => {
  it('are none while everything is sent, or waits for a moment', () => {
    expect(judged({})).toEqual([]);
    expect(judged({ ...waiting(9), reachableSince: null, lastError: 'down' })).toEqual([]);
  });

  it('are dead letters, what waits for long, and promises that were never given', () => {
    expect(judged({ dead: 1 })).toEqual([['fault', '1 object did not reach the destination pacs']]);
    expect(judged(waiting(11))).toEqual([['warning', '2 objects wait for the destination pacs']]);
    expect(judged({ unanswered: 4 })).toEqual([
      ['warning', 'The destination pacs never promised to keep 4 objects'],
    ]);
    expect(
      judgeDestinations(
        [{ ...well, ...waiting(11), reachableSince: null, lastError: 'E' }],
        ['pacs'],
        now,
      ),
    ).toMatchObject([{ place: 'destinations', detail: 'The oldest for over ten minutes. E.' }]);
  });

  it('are what waits for a destination that is gone, at once and once', () => {
    for (const minutes of [1, 11]) {
      expect(judgeDestinations([{ ...well, ...waiting(minutes) }], ['vna'], now)).toMatchObject([
        { level: 'warning', what: '2 objects wait for the destination pacs, which is gone' },
      ]);
    }
    expect(judgeDestinations([well], [], now)).toEqual([]);
  });

  it('tell of results that could not be made, only when there are any', () => {
    expect(judgeResults(0)).toEqual([]);
    expect(judgeResults(2)).toMatchObject([
      { level: 'fault', what: '2 results could not be made into objects', place: 'destinations' },
    ]);
  });
});
