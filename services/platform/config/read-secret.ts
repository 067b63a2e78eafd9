import { readFile } from 'node:fs/promises';
import { RadTriageError } from '#core/errors.ts';
import { environmentVariable } from './config.ts';
import type { SecretSource } from './secret-source.ts';

/**
 * Reads a secret anew each time: a changed file counts without a restart.
 * @throws RadTriageError CONFIG_INVALID when it is missing, empty, or more than one line
 */
export async function readSecret({ file, variable }: SecretSource): Promise<string> {
  const name = file ?? `the environment variable ${variable}`;
  const text = file === undefined ? environmentVariable(variable ?? '') : await readText(file);
  const secret = (text ?? '').trim();
  if (secret === '') throw new RadTriageError('CONFIG_INVALID', `${name} holds no secret`);
  if (/[\r\n]/.test(secret)) {
    throw new RadTriageError('CONFIG_INVALID', `${name} holds more than one line`);
  }
  return secret;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no reason';
    throw new RadTriageError('CONFIG_INVALID', `${file} cannot be read (${reason})`, {
      cause: error,
    });
  }
}
