/**
 * The long run: `node tests/fuzz/run.ts --cases 2000000 --seed 7 [--target NAME] [--path PATH]`. Prints what came of
 * the cases by class and outcome; ends with 1 when an invariant was broken.
 */
import { parseArgs } from 'node:util';
import { formatReport, fuzz } from './run-target.ts';
import { TARGETS } from './targets.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '200000' },
    seed: { type: 'string' },
    target: { type: 'string' },
    path: { type: 'string' },
  },
});
const seed = values.seed === undefined ? Date.now() & 0x7fffffff : Number(values.seed);
const chosen = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
const weight = chosen.reduce((sum, { cases }) => sum + cases, 0);
if (weight === 0) {
  process.stderr.write(
    `no such target; there are: ${TARGETS.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}
let failed = false;
let total = 0;
const started = performance.now();
for (const target of chosen) {
  const cases = Math.ceil((Number(values.cases) * target.cases) / weight);
  const path = values.path === undefined ? {} : { path: values.path };
  const report = await fuzz(target, { seed, cases, ...path });
  process.stdout.write(`${formatReport(report)}\n`);
  failed ||= report.failure !== undefined;
  total += report.cases;
}
const seconds = ((performance.now() - started) / 1000).toFixed(1);
const rss = (process.resourceUsage().maxRSS / 1024).toFixed(0);
process.stdout.write(`${total} cases in ${seconds} s, seed ${seed}, resident at most ${rss} MB\n`);
process.exit(failed ? 1 : 0);
