import fc from 'fast-check';
import {
  type ModelOutcome,
  type OrderKey,
  PRIORITIES,
  type Priority,
  type PriorityRule,
} from '#core/priority.ts';

export const HOUR = 3_600_000;
/** A day in which all generated studies come in. */
export const EPOCH = Date.UTC(2026, 0, 1);

const priority = fc.constantFrom(...PRIORITIES);
const raising = fc.constantFrom<Priority>('STAT', 'HIGH', 'MEDIUM');
const MODELS = ['opacity', 'lesion'];

/** Any rule that a site may write: longer waits for less urgent classes, raises to anything but LOW. */
export const anyRule: fc.Arbitrary<PriorityRule> = fc.record({
  id: fc.constant('generated'),
  version: fc.constant('1'),
  longestWaitMinutes: fc
    .array(fc.integer({ min: 1, max: 2_000 }), { minLength: 4, maxLength: 4 })
    .map((minutes) => {
      const [stat = 1, high = 1, medium = 1, low = 1] = minutes.sort((a, b) => a - b);
      return { STAT: stat, HIGH: high, MEDIUM: medium, LOW: low };
    }),
  raises: fc.array(
    fc.record(
      {
        model: fc.constantFrom('*', ...MODELS),
        minimumScore: fc.double({ min: 0, max: 1, noNaN: true }),
        priority: raising,
        headStartMinutes: fc.integer({ min: 0, max: 600 }),
      },
      { requiredKeys: ['model', 'priority', 'headStartMinutes'] },
    ),
    { maxLength: 4 },
  ),
});

export const anyOutcome: fc.Arbitrary<ModelOutcome> = fc.record({
  modelId: fc.constantFrom(...MODELS),
  modelVersion: fc.constant('1'),
  label: fc.constant('finding'),
  flagged: fc.boolean(),
  score: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null }),
});

export const anyOrder = fc.record({ priority, source: fc.constant('order') });

/** Seconds, so that equal times are common; sometimes due at the very moment of the look. */
export const anyTime = fc
  .integer({ min: 0, max: 24 * 60 })
  .map((minute) => EPOCH + minute * 60_000);

/** Whole milliseconds, as the database keeps them. */
export const anyOrderKey: fc.Arbitrary<OrderKey> = fc
  .record({
    basePriority: priority,
    candidate: priority,
    receivedAt: anyTime,
    waitMinutes: fc.integer({ min: 1, max: 600 }),
    headStartMinutes: fc.integer({ min: 0, max: 120 }),
  })
  .map(({ basePriority, candidate, receivedAt, waitMinutes, headStartMinutes }) => ({
    basePriority,
    priority:
      PRIORITIES.indexOf(candidate) < PRIORITIES.indexOf(basePriority) ? candidate : basePriority,
    receivedAt,
    dueAt: receivedAt + waitMinutes * 60_000,
    rankAt: receivedAt - headStartMinutes * 60_000,
  }));
