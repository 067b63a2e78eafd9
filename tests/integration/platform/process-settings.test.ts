import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const SETTINGS = resolve(import.meta.dirname, '../../../bin/process-settings.mjs');
const directory = temporaryDirectory();
afterAll(() => directory.remove());

const told = z.object({ flags: z.array(z.string()), argument: z.string(), pid: z.number() });

/** Starts a process that keeps to the settings of `name`, and is told with which flags it ends up. */
function start(name: string, flags: readonly string[] = []) {
  const path = join(directory.path, 'process.mjs');
  writeFileSync(
    path,
    `import { keepToSettings } from ${JSON.stringify(SETTINGS)};
    keepToSettings(process.argv[2]);
    console.log(JSON.stringify({ flags: process.execArgv, argument: process.argv[3], pid: process.pid }));`,
  );
  const out = execFileSync(process.execPath, [...flags, path, name, 'kept'], { encoding: 'utf8' });
  return told.parse(JSON.parse(out));
}

it('starts a worker anew with one thread for what V8 does beside it, and its arguments', () => {
  expect(start('worker')).toMatchObject({ flags: ['--v8-pool-size=1'], argument: 'kept' });
});

it('leaves the settings of whoever started it, and processes without any, alone', () => {
  expect(start('worker', ['--v8-pool-size=3'])).toMatchObject({ flags: ['--v8-pool-size=3'] });
  expect(start('web')).toMatchObject({ flags: [], argument: 'kept' });
});
