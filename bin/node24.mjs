import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Plain JavaScript that Node 20 understands: everything else runs on the Node 24 that npm installs as a package. npm 11
 * also links it into node_modules/.bin; npm 10 may not, because two platform packages offer the same name.
 */
const NEEDED = 24;

export function runsOnNode24() {
  return Number(process.versions.node.split('.')[0]) >= NEEDED;
}

/** The folder of a `node` that is new enough: our own when this process runs on it already. */
export function node24Directory() {
  if (runsOnNode24()) return dirname(process.execPath);
  const name = `node-${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), 'bin');
  } catch {
    process.stderr.write(
      `Node ${NEEDED} is needed, this is ${process.version}. npm ci installs it on Linux (x64, arm64); elsewhere install it yourself.\n`,
    );
    process.exit(1);
  }
}

/** Runs a command that finds Node 24 as `node`, and ends as it ends. */
export function runWithNode24(command, args) {
  const path = `${node24Directory()}:${process.env.PATH ?? ''}`;
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  // Ctrl-C reaches the whole group by itself; a word to this process alone is passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    process.stderr.write(`${command}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
