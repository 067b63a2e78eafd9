import { expect } from 'vitest';
import type { Instance } from './instance.ts';

export const PASSWORD = 'correct-horse-battery';

/** Creates an account as an administrator would, on the command line. */
export async function addUser(
  instance: Instance,
  name: string,
  ...roles: [string, ...string[]]
): Promise<void> {
  const result = await instance.cli(['user', 'add', name, '--role', ...roles], `${PASSWORD}\n`);
  expect(result.stderr + result.stdout).toContain('created');
  expect(result.code).toBe(0);
}
