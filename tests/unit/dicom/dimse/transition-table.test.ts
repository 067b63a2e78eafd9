import { describe, expect, test } from 'vitest';
import {
  ASSOCIATION_EVENTS,
  ASSOCIATION_STATES,
  findTransition,
  hasTransition,
  TRANSITION_TABLE,
} from '#dicom/dimse/transition-table.ts';

/** PS3.8 table 9-10, written down by state number: rows are events 1 to 19, columns states 1 to 13. */
const STANDARD = `
1   AE-1 -    -    -    -    -    -    -     -    -     -    -    -
2   -    -    -    AE-2 -    -    -    -     -    -     -    -    -
3   -    AA-1 AA-8 -    AE-3 AA-8 AA-8 AA-8  AA-8 AA-8  AA-8 AA-8 AA-6
4   -    AA-1 AA-8 -    AE-4 AA-8 AA-8 AA-8  AA-8 AA-8  AA-8 AA-8 AA-6
5   AE-5 -    -    -    -    -    -    -     -    -     -    -    -
6   -    AE-6 AA-8 -    AA-8 AA-8 AA-8 AA-8  AA-8 AA-8  AA-8 AA-8 AA-7
7   -    -    AE-7 -    -    -    -    -     -    -     -    -    -
8   -    -    AE-8 -    -    -    -    -     -    -     -    -    -
9   -    -    -    -    -    DT-1 -    AR-7  -    -     -    -    -
10  -    AA-1 AA-8 -    AA-8 DT-2 AR-6 AA-8  AA-8 AA-8  AA-8 AA-8 AA-6
11  -    -    -    -    -    AR-1 -    -     -    -     -    -    -
12  -    AA-1 AA-8 -    AA-8 AR-2 AR-8 AA-8  AA-8 AA-8  AA-8 AA-8 AA-6
13  -    AA-1 AA-8 -    AA-8 AA-8 AR-3 AA-8  AA-8 AR-10 AR-3 AA-8 AA-6
14  -    -    -    -    -    -    -    AR-4  AR-9 -     -    AR-4 -
15  -    -    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1  AA-1 AA-1  AA-1 AA-1 -
16  -    AA-2 AA-3 -    AA-3 AA-3 AA-3 AA-3  AA-3 AA-3  AA-3 AA-3 AA-2
17  -    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4 AA-4  AA-4 AA-4 AR-5
18  -    AA-2 -    -    -    -    -    -     -    -     -    -    AA-2
19  -    AA-1 AA-8 -    AA-8 AA-8 AA-8 AA-8  AA-8 AA-8  AA-8 AA-8 AA-7
`;

describe('the transition table of an association', () => {
  test('holds what PS3.8 table 9-10 holds, and nothing else', () => {
    const rows = STANDARD.trim().split('\n');
    expect(rows).toHaveLength(ASSOCIATION_EVENTS.length);
    rows.forEach((row, index) => {
      const [number, ...actions] = row.trim().split(/\s+/);
      const event = ASSOCIATION_EVENTS[index];
      expect(Number(number)).toBe(index + 1);
      if (event === undefined) throw new Error(`no event ${number}`);
      const ours = ASSOCIATION_STATES.map((state) => TRANSITION_TABLE[event][state] ?? '-');
      expect({ event, actions: ours }).toEqual({ event, actions });
    });
  });

  test('an illegal pair throws ILLEGAL_TRANSITION', () => {
    expect(hasTransition('idle', 'send-data')).toBe(false);
    expect(() => findTransition('idle', 'send-data', false)).toThrowError(
      expect.objectContaining({ code: 'ILLEGAL_TRANSITION' }),
    );
  });

  test('a release collision sends requestor and acceptor on different ways (AR-8)', () => {
    expect(findTransition('awaiting-release', 'release-rq', true).next).toBe(
      'collision-requestor-judging',
    );
    expect(findTransition('awaiting-release', 'release-rq', false).next).toBe(
      'collision-acceptor-awaiting',
    );
  });

  test('every state can be reached from idle', () => {
    const reached = new Set<string>(['idle']);
    for (let grew = true; grew; ) {
      grew = false;
      for (const state of ASSOCIATION_STATES) {
        if (!reached.has(state)) continue;
        for (const event of ASSOCIATION_EVENTS) {
          for (const requestor of [true, false]) {
            if (!hasTransition(state, event)) continue;
            const { next } = findTransition(state, event, requestor);
            if (!reached.has(next)) grew = true;
            reached.add(next);
          }
        }
      }
    }
    expect([...reached].sort()).toEqual([...ASSOCIATION_STATES].sort());
  });
});
