import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { PYTHON } from './python.ts';

const ROOT = resolve(import.meta.dirname, '../..');
export const EXAMPLE_DOCS = join(ROOT, 'docs/models');
export const STAND_INS = join(ROOT, 'tests/integration/models/stand-ins');

/** Runs Python in a folder, with stand-ins for the libraries that the worked examples convert from. */
export function runPython(cwd: string, given: readonly string[]) {
  const env = { ...process.env, PYTHONPATH: STAND_INS, PYTHONDONTWRITEBYTECODE: '1' };
  const run = spawnSync(PYTHON, given, { encoding: 'utf8', env, cwd });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

/** Runs an example's conversion script, and gives the model folder that it wrote below `cwd`. */
export function convertExample(cwd: string, example: string, given: readonly string[]): string {
  const folder = join(cwd, 'converted', example);
  const script = join(EXAMPLE_DOCS, example, 'convert.py');
  const run = runPython(cwd, [script, ...given, '--out', folder]);
  if (run.status === 0) return folder;
  throw new Error(`the conversion of ${example} failed: ${run.stderr}`);
}
