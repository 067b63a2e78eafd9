import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { waitFor } from '../../support/wait-for.ts';

const readyLine = z.object({ ready: z.literal(true), http: z.object({ url: z.string() }) });

describe('npx radtriage', () => {
  it('starts the system, which ends when npx is told to end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'radtriage-npx-'));
    const args = ['radtriage', 'up', '--data', folder, '--dicom-port', '0', '--http-port', '0'];
    const npx = spawn('npx', args, {
      cwd: resolve(import.meta.dirname, '../../..'),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { http } = await new Promise<z.output<typeof readyLine>>((done, fail) => {
      createInterface({ input: npx.stdout }).on('line', (line) => {
        if (line.startsWith('{')) done(readyLine.parse(JSON.parse(line)));
      });
      npx.once('exit', (code) => fail(new Error(`npx ended with ${code}`)));
    });
    expect((await fetch(`${http.url}/api/health`)).ok).toBe(true);
    npx.kill('SIGTERM');
    // It goes last, when the database has stopped too.
    const gone = () => !existsSync(join(folder, 'run.json'));
    await waitFor(gone, { what: 'the system to end', deadlineMs: 40_000 });
    await expect(fetch(`${http.url}/api/health`)).rejects.toThrow();
    rmSync(folder, { recursive: true });
  });
});
