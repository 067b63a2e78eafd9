import { defineConfig } from 'vitest/config';

/**
 * Integration tests that measure (time, memory, an event loop) or starve what they test. They run after the others,
 * one file at a time: beside another suite their figures would be that suite's.
 */
const ALONE = [
  'acceptance/chaos',
  'acceptance/road',
  'intake/assemble-studies',
  'intake/journal-faults',
  'listener/budget',
  'listener/crowds-and-shutdown',
  'listener/hostile-classes',
  'listener/hostile-peers',
  'listener/storm',
  'models/explanation',
  'models/output-reader',
  'models/runtime',
  'inference/explain',
  'worklist/events',
  'worklist/dicomweb-peers',
  'worklist/store-peers',
].map((name) => `tests/integration/${name}.test.ts`);

const INTEGRATION_TIMEOUTS = { testTimeout: 120_000, hookTimeout: 120_000 };

/**
 * Four projects: `unit` is pure and fast; `integration` starts real peers, several suites side by side, since most of
 * their time is waiting; `integration-alone` are those that must not be disturbed; `e2e` drives a real Chromium.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts', 'tests/fuzz/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: ALONE,
          ...INTEGRATION_TIMEOUTS,
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'integration-alone',
          include: ALONE,
          ...INTEGRATION_TIMEOUTS,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // A page waits for its server most of the time: two files side by side, one for each core of a small machine.
          maxWorkers: 2,
        },
      },
    ],
  },
});
