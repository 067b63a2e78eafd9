import { test } from 'vitest';
import { propertyRun } from '#tests/support/property-run.ts';
import { type FuzzTarget, formatReport, fuzz } from './run-target.ts';

/** On a machine that is busy the share of a run is cut short rather than failed. */
const LIMIT_MS = 60_000;

/** The share of a normal test run: each target's own number of cases, with a seed that is printed. */
export function testTargets(targets: readonly FuzzTarget[]): void {
  test.each(targets.map((target) => ({ name: target.name, target })))(
    '$name keep their promises whatever bytes come',
    { timeout: 3 * LIMIT_MS },
    async ({ target }) => {
      const { seed = 0 } = propertyRun();
      const report = await fuzz(target, { seed, limitMs: LIMIT_MS });
      const [summary] = formatReport(report).split('\n');
      process.stdout.write(`${summary}\n`);
      if (report.failure !== undefined) throw new Error(report.failure);
      if (report.cases === 0) throw new Error('no case was run');
    },
  );
}
