import { spawnSync } from 'node:child_process';
import { PYTHON } from './python.ts';

const COMMANDS = {
  npm: (name: string, folder: string) =>
    [
      'npm',
      ...['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', name],
    ] as const,
  pip: (name: string, folder: string) =>
    [
      PYTHON,
      ...['-m', 'pip', 'install', '--quiet', '--retries', '0', '--timeout', '15'],
      ...['--target', folder, name],
    ] as const,
};
const LONGEST_MS = 120_000;

/**
 * Puts a client that Debian does not have into a folder, from its registry. False when the registry does not give it,
 * after saying by name what is skipped. With RADTRIAGE_REQUIRE_PEERS=1 that is a failure for npm, without which nothing
 * of this runs; Python's registry is not asked for anything else.
 */
export function installClient(
  registry: keyof typeof COMMANDS,
  client: { name: string; folder: string },
): boolean {
  const [command, ...args] = COMMANDS[registry](client.name, client.folder);
  const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: LONGEST_MS });
  if (status === 0) return true;
  if (registry === 'npm' && process.env['RADTRIAGE_REQUIRE_PEERS'] === '1') {
    throw new Error(`peer missing: npm does not give ${client.name}`);
  }
  process.stderr.write(`SKIPPED, ${registry} does not give ${client.name}\n`);
  return false;
}
