import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSecret } from '#platform/config/read-secret.ts';

const folder = mkdtempSync(join(tmpdir(), 'radtriage-secret-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a secret', () => {
  it('is the one line of its file, read anew each time', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'first\n');
    expect(await readSecret({ file })).toBe('first');
    writeFileSync(file, 'second\n');
    expect(await readSecret({ file })).toBe('second');
  });

  it('is told to be missing by where it should be, never by what is there', async () => {
    const file = join(folder, 'two-lines');
    writeFileSync(file, 'user\npassword\n');
    await expect(readSecret({ file })).rejects.toThrow(`${file} holds more than one line`);
    const absent = join(folder, 'absent');
    await expect(readSecret({ file: absent })).rejects.toThrow('cannot be read (ENOENT)');
    const variable = 'NO_SUCH_VARIABLE_OF_A_TEST';
    await expect(readSecret({ variable })).rejects.toThrow(`${variable} holds no secret`);
  });
});
