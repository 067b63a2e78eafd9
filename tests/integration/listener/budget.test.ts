import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ListenerProcess, startListenerProcess } from '#tests/support/listener-process.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const directory = temporaryDirectory();
let db: TestDatabase;
let listener: ListenerProcess;
beforeAll(async () => {
  db = await startTestDatabase();
  listener = await startListenerProcess({
    directory: directory.path,
    databaseUrl: db.url,
    config: { dicom: { port: 0 } },
  });
});
afterAll(async () => {
  await listener.end('SIGKILL');
  await db.stop();
  directory.remove();
});

test('a listener that was started by hand keeps within its memory budget, under the number it was given', async () => {
  const of = (what: string): string[] =>
    readFileSync(`/proc/${listener.process.pid}/${what}`, 'utf8').split('\0');
  expect(of('cmdline')).toContain('--max-semi-space-size=4');
  expect(of('environ')).toContain('MALLOC_ARENA_MAX=2');
  await listener.end('SIGTERM');
  expect(listener.process.exitCode).toBe(0);
});
