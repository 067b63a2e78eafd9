import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareOrder,
  decidePriority,
  type ModelOutcome,
  type OrderKey,
  orderPriority,
  type PriorityRule,
  priorityRank,
} from '#core/priority.ts';
import {
  anyOrder,
  anyOrderKey,
  anyOutcome,
  anyRule,
  anyTime,
  EPOCH,
  HOUR,
} from '#tests/support/priority-arbitraries.ts';

const RUNS = { numRuns: 500 };
const anyOutcomes = fc.array(anyOutcome, { maxLength: 4 });

describe('the AI may only raise', () => {
  it('never gives a less urgent class, a later key or another due time than the order alone', () => {
    fc.assert(
      fc.property(anyRule, anyOrder, anyTime, anyOutcomes, (rule, order, receivedAt, outcomes) => {
        const base = decidePriority(rule, { order, receivedAt }, []);
        const decided = decidePriority(rule, { order, receivedAt }, outcomes);
        expect(priorityRank(decided.priority)).toBeLessThanOrEqual(priorityRank(base.priority));
        expect(decided.rankAt).toBeLessThanOrEqual(base.rankAt);
        expect(decided.dueAt).toBe(base.dueAt);
        expect(decided.receivedAt).toBe(base.receivedAt);
        expect(decided.basePriority).toBe(order.priority);
      }),
      RUNS,
    );
  });

  it('never moves a study back in the list, at any time', () => {
    const anyNow = fc.integer({ min: 0, max: 72 }).map((hour) => EPOCH + hour * HOUR);
    fc.assert(
      fc.property(
        anyRule,
        anyOrder,
        anyTime,
        anyOutcomes,
        anyOrderKey,
        anyNow,
        (rule, order, receivedAt, outcomes, other, now) => {
          const base = decidePriority(rule, { order, receivedAt }, []);
          const decided = decidePriority(rule, { order, receivedAt }, outcomes);
          const before = Math.sign(compareOrder(base, other, now));
          const after = Math.sign(compareOrder(decided, other, now));
          expect(after).toBeLessThanOrEqual(before);
        },
      ),
      RUNS,
    );
  });

  it('changes nothing without a flag: no model, no score, a failure or a low score', () => {
    fc.assert(
      fc.property(anyRule, anyOrder, anyTime, anyOutcomes, (rule, order, receivedAt, outcomes) => {
        const unflagged = outcomes.map((outcome) => ({ ...outcome, flagged: false }));
        const base = decidePriority(rule, { order, receivedAt }, []);
        expect(decidePriority(rule, { order, receivedAt }, unflagged)).toEqual(base);
      }),
      RUNS,
    );
  });

  it('gives LOW only when the order says LOW', () => {
    fc.assert(
      fc.property(anyRule, anyOrder, anyTime, anyOutcomes, (rule, order, receivedAt, outcomes) => {
        const decided = decidePriority(rule, { order, receivedAt }, outcomes);
        if (decided.priority === 'LOW') expect(order.priority).toBe('LOW');
      }),
      RUNS,
    );
  });
});

describe('the order of the list', () => {
  it('lets no AI-raised study overtake one that has waited out its class', () => {
    fc.assert(
      fc.property(
        anyOrderKey,
        anyOrderKey,
        fc.integer({ min: 0, max: 48 }),
        (waiting, raised, hours) => {
          const now = waiting.dueAt + hours * HOUR;
          fc.pre(raised.basePriority !== 'STAT' && now < raised.dueAt);
          expect(compareOrder(waiting, raised, now)).toBeLessThan(0);
        },
      ),
      RUNS,
    );
  });

  it('orders the overdue by the order alone: the AI makes no difference among them', () => {
    fc.assert(
      fc.property(anyOrderKey, anyOrderKey, (a, b) => {
        const now = Math.max(a.dueAt, b.dueAt);
        const plain = (key: OrderKey): OrderKey => ({
          ...key,
          priority: key.basePriority,
          rankAt: key.receivedAt,
        });
        expect(compareOrder(a, b, now)).toBe(compareOrder(plain(a), plain(b), now));
      }),
      RUNS,
    );
  });

  it('is a total order at every moment', () => {
    fc.assert(
      fc.property(anyOrderKey, anyOrderKey, anyOrderKey, anyTime, (a, b, c, now) => {
        const sign = (x: OrderKey, y: OrderKey) => Math.sign(compareOrder(x, y, now));
        expect(sign(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0);
        if (sign(a, b) === 0) expect(sign(a, c)).toBe(sign(b, c));
      }),
      { numRuns: 2_000 },
    );
  });

  it('puts STAT by order first, then the overdue, then HIGH, MEDIUM and LOW', () => {
    const at = (hours: number, over: Partial<OrderKey>): OrderKey => ({
      basePriority: 'MEDIUM',
      priority: 'MEDIUM',
      receivedAt: EPOCH + hours * HOUR,
      dueAt: EPOCH + (hours + 4) * HOUR,
      rankAt: EPOCH + hours * HOUR,
      ...over,
    });
    const stat = at(6, { basePriority: 'STAT', priority: 'STAT' });
    const overdue = at(0, {});
    const raised = at(5, { priority: 'HIGH' });
    const medium = at(4, {});
    const low = at(3, { basePriority: 'LOW', priority: 'LOW', dueAt: EPOCH + 30 * HOUR });
    const list = [low, medium, raised, overdue, stat];
    list.sort((a, b) => compareOrder(a, b, EPOCH + 7 * HOUR));
    expect(list).toEqual([stat, overdue, raised, medium, low]);
  });
});

describe('a decision', () => {
  const rule: PriorityRule = {
    id: 'site',
    version: '7',
    longestWaitMinutes: { STAT: 15, HIGH: 60, MEDIUM: 240, LOW: 1_440 },
    raises: [
      { model: '*', priority: 'HIGH', headStartMinutes: 30 },
      { model: 'opacity', minimumScore: 0.9, priority: 'STAT', headStartMinutes: 60 },
    ],
  };
  const outcome = (score: number | null, flagged = true): ModelOutcome => ({
    modelId: 'opacity',
    modelVersion: '1.2',
    label: 'Lung opacity',
    flagged,
    score,
  });
  const study = { order: orderPriority('ROUTINE'), receivedAt: EPOCH };

  it('states its reason, its rule and the head start by score', () => {
    const decided = decidePriority(rule, study, [outcome(0.5)]);
    expect(decided).toMatchObject({
      basePriority: 'MEDIUM',
      priority: 'HIGH',
      reason: 'HIGH: Lung opacity, score 0.50 by opacity 1.2, raised from MEDIUM',
      ruleId: 'site',
      ruleVersion: '7',
      rankAt: EPOCH - 15 * 60_000,
      dueAt: EPOCH + 4 * HOUR,
    });
  });

  it('uses a line with a smallest score only from that score on', () => {
    expect(decidePriority(rule, study, [outcome(0.89)]).priority).toBe('HIGH');
    expect(decidePriority(rule, study, [outcome(0.9)]).priority).toBe('STAT');
    expect(decidePriority(rule, study, [outcome(null)]).priority).toBe('HIGH');
    expect(decidePriority(rule, study, [outcome(1, false)]).priority).toBe('MEDIUM');
  });

  it('shows where the ordering priority came from', () => {
    expect(orderPriority(' stat ')).toEqual({
      priority: 'STAT',
      source: 'RequestedProcedurePriority STAT',
    });
    expect(orderPriority('LOW').priority).toBe('LOW');
    expect(orderPriority(undefined).priority).toBe('MEDIUM');
    expect(orderPriority('whenever').source).toContain('ROUTINE assumed');
    // Not a word of ours, though every object has it.
    expect(orderPriority('constructor').priority).toBe('MEDIUM');
  });
});
