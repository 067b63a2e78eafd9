import { describe, expect, it } from 'vitest';
import { INSTANCE_STANDINGS, nextStanding, STANDING_EVENTS } from '#core/instance-standing.ts';
import {
  nextQuarantineState,
  QUARANTINE_DECISIONS,
  QUARANTINE_STATES,
} from '#core/quarantine-state.ts';
import { hidesLaterCopies, isRejectionCode, REJECTION_TITLES } from '#core/rejection.ts';

const ILLEGAL = expect.objectContaining({ code: 'ILLEGAL_TRANSITION' });

describe('the table of standings', () => {
  const LEGAL = [
    ['current', 'replaced', 'superseded'],
    ['current', 'withdrawn', 'withdrawn'],
    ['current', 'undone', 'conflict'],
    ['conflict', 'adopted', 'current'],
    ['conflict', 'dismissed', 'dismissed'],
    ['dismissed', 'undone', 'conflict'],
    ['superseded', 'reinstated', 'current'],
    ['withdrawn', 'reinstated', 'current'],
  ] as const;

  it.each(LEGAL)('%s, %s: %s', (standing, event, next) => {
    expect(nextStanding(standing, event)).toBe(next);
  });

  it('throws for every other pair', () => {
    const legal = new Set(LEGAL.map(([standing, event]) => `${standing} ${event}`));
    for (const standing of INSTANCE_STANDINGS) {
      for (const event of STANDING_EVENTS) {
        if (legal.has(`${standing} ${event}`)) continue;
        expect(() => nextStanding(standing, event), `${standing} ${event}`).toThrowError(ILLEGAL);
      }
    }
  });
});

describe('the table of quarantine', () => {
  it('lets every decision be taken back, and none be taken twice', () => {
    for (const state of QUARANTINE_STATES) {
      for (const decision of QUARANTINE_DECISIONS) {
        const isLegal = (state === 'waiting') !== (decision === 'undo');
        if (isLegal) expect(QUARANTINE_STATES).toContain(nextQuarantineState(state, decision));
        else expect(() => nextQuarantineState(state, decision)).toThrowError(ILLEGAL);
      }
    }
  });
});

describe('titles that reject', () => {
  it('are the four of IHE; only what outlived its retention comes back', () => {
    expect(Object.keys(REJECTION_TITLES).filter(isRejectionCode)).toHaveLength(4);
    for (const other of ['113000', '', 'toString', '113001 ']) {
      expect(isRejectionCode(other)).toBe(false);
    }
    expect(['113001', '113037', '113038'].filter(isRejectionCode).every(hidesLaterCopies)).toBe(
      true,
    );
    expect(hidesLaterCopies('113039')).toBe(false);
  });
});
