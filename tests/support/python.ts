import { spawnSync } from 'node:child_process';

/** Debian's own Python: the one that apt-get's python3-* packages belong to. */
export const PYTHON = '/usr/bin/python3';

/** Like missingPeer, for Python modules: true when a suite has to be skipped, after saying what to install. */
export function missingPython(...modules: string[]): boolean {
  const { status } = spawnSync(PYTHON, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
  if (status === 0) return false;
  const packages = modules.map(pythonPackage).join(' ');
  const message = `Python modules missing: ${modules.join(', ')} (install: apt-get install ${packages})`;
  if (process.env['RADTRIAGE_REQUIRE_PEERS'] === '1') throw new Error(message);
  process.stderr.write(`SKIPPED, ${message}\n`);
  return true;
}

/** The Debian package that holds a Python module. */
export function pythonPackage(module: string): string {
  return `python3-${module === 'PIL' ? 'pil' : module}`;
}
