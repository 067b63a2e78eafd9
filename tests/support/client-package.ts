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
 * Puts a client that Debian does not have into a folder, from its registry. False when the registry does not answer,
 * after saying by name what is skipped: no test depends on the net.
 */
export function installClient(
  registry: keyof typeof COMMANDS,
  client: { name: string; folder: string },
): boolean {
  const [command, ...args] = COMMANDS[registry](client.name, client.folder);
  const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: LONGEST_MS });
  if (status === 0) return true;
  process.stderr.write(`SKIPPED, ${registry} does not give ${client.name}\n`);
  return false;
}
