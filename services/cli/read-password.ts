import { createInterface } from 'node:readline/promises';

/** One line from standard input: from a pipe for scripts, without echo concerns for a person at a prompt. */
export async function readPassword(what = 'Password'): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(
      process.stdin.isTTY ? `${what} (it is shown while you type): ` : '',
    );
  } finally {
    reader.close();
  }
}
