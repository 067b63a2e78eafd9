import { createInterface } from 'node:readline/promises';
import { RadTriageError } from '#core/errors.ts';

/**
 * Goes on only after a yes, typed or from a pipe.
 * @throws RadTriageError REQUEST_INVALID for any other answer, and when nobody answers
 */
export async function confirm(question: string): Promise<void> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const closed = new Promise<string>((resolve) => reader.once('close', () => resolve('')));
    const answer = await Promise.race([reader.question(`${question} [y/N] `), closed]);
    if (/^(y|yes)$/i.test(answer.trim())) return;
  } finally {
    reader.close();
  }
  throw new RadTriageError(
    'REQUEST_INVALID',
    'not confirmed: nothing was changed (--yes confirms)',
  );
}
