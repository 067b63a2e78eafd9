/**
 * `npm run check`: format, lint, types, boundaries, dead code. Every step runs, so that one look shows all faults;
 * the exit code is 1 when any step failed.
 */
import { spawnSync } from 'node:child_process';

/** Fewer modules than this and dependency-cruiser has not understood the sources: its green would mean nothing. */
const MINIMUM_MODULES = 120;

interface CruiseResult {
  summary: {
    violations: { from: string; to: string; rule: { name: string; severity: string } }[];
    totalCruised: number;
  };
}

function run(command: string, args: string[], quiet = false): { ok: boolean; output: string } {
  const result = spawnSync('npx', ['--no-install', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: quiet ? ['ignore', 'pipe', 'inherit'] : 'inherit',
  });
  return { ok: result.status === 0, output: result.stdout ?? '' };
}

function cruise(...paths: string[]): CruiseResult['summary'] {
  const { output } = run(
    'depcruise',
    ['--config', '.dependency-cruiser.mjs', '-T', 'json', ...paths],
    true,
  );
  const result: CruiseResult = JSON.parse(output);
  return result.summary;
}

function checkBoundaries(): boolean {
  const found = new Set(
    cruise('tests/support/boundary-fixture').violations.map((v) => v.rule.name),
  );
  const planted = ['owner-of-pg', 'boundary-listener', 'boundary-core'];
  const missed = planted.filter((name) => !found.has(name));
  if (missed.length > 0) {
    process.stdout.write(`planted violations were not found: ${missed.join(', ')}\n`);
    return false;
  }
  const { totalCruised, violations } = cruise('services', 'queue', 'models', 'test-data', 'viewer');
  if (totalCruised < MINIMUM_MODULES) {
    process.stdout.write(
      `only ${totalCruised} modules seen, at least ${MINIMUM_MODULES} expected\n`,
    );
    return false;
  }
  process.stdout.write(`${totalCruised} modules, ${planted.length} planted violations found\n`);
  for (const { rule, from, to } of violations) {
    process.stdout.write(`${rule.severity} ${rule.name}: ${from} -> ${to}\n`);
  }
  return violations.length === 0;
}

/** Types are checked anew only where something changed since the last check in this folder. */
function checkTypes(project: string, cache: string): boolean {
  const buildInfo = `.cache/${cache}.tsbuildinfo`;
  return run('tsc', ['--noEmit', '--incremental', '--tsBuildInfoFile', buildInfo, '-p', project])
    .ok;
}

const STEPS: readonly [name: string, step: () => boolean][] = [
  ['format and lint', () => run('biome', ['check', '.']).ok],
  ['types (server)', () => checkTypes('tsconfig.json', 'server')],
  ['types (viewer)', () => checkTypes('viewer/tsconfig.json', 'viewer')],
  ['boundaries', checkBoundaries],
  ['dead code', () => run('knip', []).ok],
];

const failed: string[] = [];
for (const [name, step] of STEPS) {
  process.stdout.write(`\n== ${name}\n`);
  if (!step()) failed.push(name);
}
process.stdout.write(
  failed.length === 0 ? '\ncheck: all clean\n' : `\ncheck: failed: ${failed.join(', ')}\n`,
);
process.exit(failed.length === 0 ? 0 : 1);
