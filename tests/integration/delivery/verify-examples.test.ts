import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notificationPayloadSchema } from '#contracts/notification-payload.ts';
import { signatureOf } from '#delivery/notifications/sign.ts';
import { startNotifications } from '#delivery/notifications/start-notifications.ts';
import { loadConfig } from '#platform/config/config.ts';
import { createLogger } from '#platform/logger/logger.ts';
import {
  planFor,
  readNotifications,
  SECRET_VARIABLE,
  settingsFor,
  TEST_SECRET,
} from '#tests/support/notifications.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { PYTHON } from '#tests/support/python.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const GUIDE = readFileSync(resolve(import.meta.dirname, '../../../docs/notifications.md'), 'utf8');

function blockOf(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(GUIDE)?.[1];
  if (found === undefined) throw new Error(`the guide has no example in ${language}`);
  return found;
}

const folder = temporaryDirectory();
const children: ChildProcess[] = [];
let server: TestDatabase;
beforeAll(async () => {
  process.env[SECRET_VARIABLE] = TEST_SECRET;
  server = await startTestDatabase();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await server.stop();
  delete process.env[SECRET_VARIABLE];
  folder.remove();
});

/** Runs an example as a reader of the guide would. */
async function run(file: string, command: string, source: string) {
  const path = join(folder.path, file);
  writeFileSync(path, source);
  const port = await findFreePort();
  const env = { ...process.env, SECRET: TEST_SECRET, PORT: String(port) };
  const child = spawn(command, [path], { env });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await waitFor(() => output.includes('ready'), { what: `${file} to be ready` });
  const said = () => output.split('\n').filter((line) => line.startsWith('act on'));
  return { port, said, end: () => child.kill('SIGKILL') && once(child, 'exit') };
}

describe('the guide to notifications', () => {
  it.each([
    ['receiver.mjs', process.execPath, 'js'],
    ['receiver.py', PYTHON, 'python'],
  ])('has a receiver that takes what is genuine and nothing else: %s', async (...example) => {
    const [file, command, language] = example;
    const receiver = await run(file, command, blockOf(language));
    const url = `http://127.0.0.1:${receiver.port}/`;
    const settings = settingsFor([{ name: language, url }]);
    const told = await planFor(server.database, settings);
    const logger = createLogger({ level: 'silent', process: 'test' });
    const sender = startNotifications({ database: server.database, settings, logger });
    const row = await waitFor(
      async () => {
        const rows = await readNotifications(server.database);
        return rows.find(({ rule, state }) => rule === language && state === 'sent');
      },
      { what: 'the example to take it' },
    );
    await sender.close();
    await waitFor(() => receiver.said().length === 1, { what: 'the example to act on it' });
    expect(receiver.said()[0]).toBe(
      `act on study-result HIGH ${told.priorityReason} https://triage.example/studies/${told.studyInstanceUid}`,
    );

    const body = '{"type":"test","study":null,"reasons":["é"],"link":"x"}';
    const post = async (signature: string | undefined, key: string, sent = body) => {
      const headers: Record<string, string> = { 'idempotency-key': key };
      if (signature !== undefined) headers['radtriage-signature'] = signature;
      return (await fetch(url, { method: 'POST', headers, body: sent })).status;
    };
    const now = new Date();
    const good = signatureOf(TEST_SECRET, body, now);
    const minutesOff = (minutes: number) =>
      signatureOf(TEST_SECRET, body, new Date(now.getTime() + minutes * 60_000));
    expect(await post(undefined, 'k1')).toBe(401);
    expect(await post('t=1,v1=00', 'k1')).toBe(401);
    expect(await post(signatureOf('another-secret-altogether', body, now), 'k1')).toBe(401);
    expect(await post(good, 'k1', `${body} `)).toBe(401);
    expect(await post(minutesOff(-6), 'k1')).toBe(401);
    expect(await post(minutesOff(6), 'k1')).toBe(401);
    expect(receiver.said()).toHaveLength(1);
    expect(await post(good, 'k1')).toBe(200);
    expect(await post(good, 'k1')).toBe(200);
    expect(await post(good, row.idempotencyKey)).toBe(200);
    expect(await post(minutesOff(-4), 'k2')).toBe(200);
    await waitFor(() => receiver.said().length === 3, { what: 'each key once' });
    expect(receiver.said()[1]).toBe('act on test - é x');
    await receiver.end();
  });

  it('shows a configuration that is accepted and a message that keeps the contract', async () => {
    const file = join(folder.path, 'radtriage.yaml');
    writeFileSync(file, blockOf('yaml'));
    const { rules } = loadConfig({ environment: { RADTRIAGE_CONFIG: file } }).notifications;
    expect(rules.map(({ name }) => name)).toEqual(['chest-pager']);
    const message: unknown = JSON.parse(blockOf('json'));
    expect(notificationPayloadSchema.parse(message)).toEqual(message);
  });
});
