/**
 * `npm test`: the checks, then every test project, then one plain line of totals. A check counts as one test, so
 * that a red check can never hide behind green tests.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  success: boolean;
}

const totals = { passed: 0, failed: 0, skipped: 0 };

function runScript(name: string, args: readonly string[]): boolean {
  process.stdout.write(`\n=== ${name}\n`);
  return spawnSync('npx', ['--no-install', ...args], { stdio: 'inherit' }).status === 0;
}

function count(ok: boolean): void {
  if (ok) totals.passed += 1;
  else totals.failed += 1;
}

function runProject(project: string, directory: string): void {
  const report = join(directory, `${project}.json`);
  const ok = runScript(`tests: ${project}`, [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const result: VitestReport = JSON.parse(readFileSync(report, 'utf8'));
    totals.passed += result.numPassedTests;
    totals.skipped += result.numPendingTests;
    totals.failed += result.numFailedTests;
    // A suite that did not even load, or an unhandled error, has no failed test of its own.
    if (!ok && result.numFailedTests === 0) totals.failed += 1;
  } catch {
    totals.failed += 1;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'radtriage-tests-'));
try {
  count(runScript('check', ['node', 'tests/support/check.ts']));
  count(runScript('build', ['vite', 'build', 'viewer']));
  for (const project of ['unit', 'integration', 'integration-alone', 'e2e']) {
    runProject(project, directory);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
process.stdout.write(
  `\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`,
);
process.exit(totals.failed === 0 ? 0 : 1);
