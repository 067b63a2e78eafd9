/**
 * Kills listener, database and worker at random while senders go on, and looks for everything that was answered with
 * Success: `npx --no-install node tests/chaos/run.ts [--kills 50] [--senders 8] [--seed N] [--rest-ms 12000]`.
 * Ends with 1 when anything is missing.
 */
import { parseArgs } from 'node:util';
import { VICTIMS } from './killer.ts';
import { type ChaosReport, runChaos } from './run-chaos.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '50' },
    senders: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() & 0x7fffffff) },
    'rest-ms': { type: 'string', default: '12000' },
  },
});

function secondsOf(milliseconds: readonly number[]): string {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return `${(median / 1000).toFixed(1)} | ${((sorted.at(-1) ?? 0) / 1000).toFixed(1)}`;
}

function print(report: ChaosReport): void {
  const lines = ['', '| killed | times | back after s, median | maximum |', '|---|---|---|---|'];
  for (const victim of VICTIMS) {
    const times = report.kills.filter((kill) => kill.victim === victim).map((k) => k.recoveryMs);
    lines.push(`| ${victim} | ${times.length} | ${secondsOf(times)} |`);
  }
  const { tally } = report;
  lines.push(
    '',
    `acknowledged: ${tally.acknowledged.size} instances of ${tally.studies.size} studies`,
    `under way at a kill: ${report.kills.reduce((sum, { busy }) => sum + busy, 0)}`,
    `sent again: ${tally.resent}`,
    `taken up from the journal: ${report.recovered}; unused slots cleared: ${report.cleared}`,
    `second copies found when files without a row were indexed: ${report.duplicates}`,
    `files in the archive: ${report.files}; in quarantine: ${report.quarantined}`,
    `whole run: ${report.seconds.toFixed(0)} s`,
    report.faults.length === 0 ? 'nothing was lost' : 'FAULTS:',
    ...report.faults,
    '',
  );
  process.stdout.write(lines.join('\n'));
}

const seed = Number(values.seed);
process.stdout.write(`seed ${seed}\n`);
const report = await runChaos({
  kills: Number(values.kills),
  senders: Number(values.senders),
  seed,
  restMs: Number(values['rest-ms']),
  onLog: (log) => process.stderr.write(log),
  onKill: ({ victim, busy, recoveryMs }, number) =>
    process.stdout.write(
      `${number}: ${victim}, ${busy} under way, back after ${(recoveryMs / 1000).toFixed(1)} s\n`,
    ),
});
print(report);
process.exitCode = report.faults.length === 0 ? 0 : 1;
