/**
 * `npm test`: the checks, then every test project, then one plain line of totals. A check counts as one test, so
 * that a red check can never hide behind green tests. What failed is told again at the end, where it is looked for.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: readonly {
    name: string;
    status: string;
    message: string;
    assertionResults: readonly {
      status: string;
      fullName: string;
      failureMessages: readonly string[] | null;
    }[];
  }[];
}

const totals = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

function runScript(name: string, args: readonly string[]): boolean {
  process.stdout.write(`\n=== ${name}\n`);
  return spawnSync('npx', ['--no-install', ...args], { stdio: 'inherit' }).status === 0;
}

function fail(what: string): void {
  totals.failed += 1;
  failures.push(what);
}

function runStep(name: string, args: readonly string[]): void {
  if (runScript(name, args)) totals.passed += 1;
  else fail(name);
}

const MESSAGE_LINES = 12;

function failuresOf({ testResults }: VitestReport): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [`${file}\n${begin(message)}`] : [];
    return failed.map(
      ({ fullName, failureMessages }) =>
        `${file}: ${fullName}\n${begin((failureMessages ?? []).join('\n'))}`,
    );
  });
}

function begin(text: string): string {
  const lines = text.split('\n').slice(0, MESSAGE_LINES);
  return lines.map((line) => `    ${line.slice(0, 300)}`).join('\n');
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
    failures.push(...failuresOf(result));
    if (!ok && result.numFailedTests === 0) fail(`${project}: no test failed, and yet the run did`);
  } catch (error) {
    fail(`${project}: no report (${String(error)})`);
  }
}

const directory = mkdtempSync(join(tmpdir(), 'radtriage-tests-'));
try {
  runStep('check', ['node', 'tests/support/check.ts']);
  runStep('build', ['vite', 'build', 'viewer']);
  for (const project of ['unit', 'integration', 'integration-alone', 'e2e']) {
    runProject(project, directory);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
for (const failure of failures) process.stdout.write(`\nFAILED ${failure}\n`);
process.stdout.write(
  `\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`,
);
process.exit(totals.failed === 0 ? 0 : 1);
