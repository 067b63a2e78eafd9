import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notificationPayloadSchema } from '#contracts/notification-payload.ts';
import {
  type Notifications,
  type NotificationsOptions,
  startNotifications,
  type Tried,
} from '#delivery/notifications/start-notifications.ts';
import { createLogger } from '#platform/logger/logger.ts';
import {
  dismissNotification,
  requestTest,
  resendNotification,
} from '#platform/notifications/manage-notifications.ts';
import {
  planFor,
  readNotifications,
  SECRET_VARIABLE,
  settingsFor,
  TEST_SECRET,
} from '#tests/support/notifications.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import {
  answerWith,
  type Behaviour,
  startReceiver,
  type WebhookReceiver,
} from '#tests/support/webhook-receiver.ts';

const ACT = { actor: 'anna', now: new Date() };
const silent: Behaviour = () => undefined;

let server: TestDatabase;
let opened: { close(): Promise<void> }[] = [];
let tried: Tried[];
/** The clock of the senders; it stands still unless a test moves it. */
let now: Date;

beforeAll(async () => {
  process.env[SECRET_VARIABLE] = TEST_SECRET;
  server = await startTestDatabase();
});
afterAll(async () => {
  delete process.env[SECRET_VARIABLE];
  await server.stop();
});
beforeEach(async () => {
  await server.database.deleteFrom('notification').execute();
  now = new Date();
  tried = [];
});
afterEach(async () => {
  // Senders first: they were opened last.
  for (const each of opened.reverse()) await each.close();
  opened = [];
});

async function receiver(...args: Parameters<typeof startReceiver>): Promise<WebhookReceiver> {
  const started = await startReceiver(...args);
  opened.push(started);
  return started;
}

function start(
  settings: NotificationsOptions['settings'],
  more: Partial<NotificationsOptions> = {},
): Notifications {
  const sender = startNotifications({
    ...{ database: server.database, settings },
    logger: createLogger({ level: 'silent', process: 'test' }),
    onTry: (each) => tried.push(each),
    now: () => now,
    random: () => 1,
    ...more,
  });
  opened.push(sender);
  return sender;
}

const urlOf = ({ port }: WebhookReceiver) => `http://127.0.0.1:${port}/hook?token=in-the-url`;
const read = async () => (await readNotifications(server.database))[0];
/** Plans one about a study of its own, due at once. */
const plan = (settings: NotificationsOptions['settings']) =>
  planFor(server.database, settings, { concludedAt: now });

const until = (what: string, condition: () => boolean | Promise<boolean>) =>
  waitFor(condition, { what });
const tries = (count: number) => until(`${count} tries`, () => tried.length >= count);

function pass(milliseconds: number, sender: Notifications): void {
  now = new Date(now.getTime() + milliseconds);
  sender.wake();
}

function audited() {
  return server.database
    .selectFrom('auditLog')
    .select(['action', 'actor', 'studyInstanceUid'])
    .where('action', 'like', 'notification.%')
    .orderBy('sequence')
    .execute();
}

describe('a notification', () => {
  it('is signed, keyed, without a name or a place, and recorded as sent', async () => {
    const hook = await receiver();
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook) }]);
    const run = await plan(settings);
    now = new Date(run.concludedAt.getTime() + 1_500);
    start(settings);
    await tries(1);
    const [request] = hook.requests;
    const { body = '', headers = {} } = request ?? {};
    const payload = notificationPayloadSchema.parse(JSON.parse(body));
    expect(payload).toMatchObject({
      ...{ version: 1, type: 'study-result', rule: 'pager', reasons: [run.priorityReason] },
      study: {
        studyInstanceUid: run.studyInstanceUid,
        ...{ accessionNumber: 'A-77', modality: 'DX', site: 'North', priority: 'HIGH' },
      },
      link: `https://triage.example/studies/${run.studyInstanceUid}`,
    });
    // A study that is seeded has a patient, an image, a frame, a box and a heatmap.
    for (const withheld of ['Phantom', 'sopInstanceUid', 'frame', 'box', '2.25.1"']) {
      expect(body).not.toContain(withheld);
    }
    const row = await read();
    expect(headers['idempotency-key']).toBe(row?.idempotencyKey);
    expect(payload.id).toBe(row?.idempotencyKey);
    const seconds = Math.floor(now.getTime() / 1_000);
    const digest = createHmac('sha256', TEST_SECRET).update(`${seconds}.${body}`).digest('hex');
    expect(headers['radtriage-signature']).toBe(`t=${seconds},v1=${digest}`);
    expect(row).toMatchObject({ state: 'sent', attempts: 1, sentAt: now, leaseId: null });
    expect(row).toMatchObject({ acknowledgedAt: null, lastError: null });
    expect(tried).toEqual([{ rule: 'pager', outcome: 'taken', seconds: 1.5 }]);
    expect((await audited()).at(-1)).toEqual({
      ...{ action: 'notification.sent', actor: 'worker' },
      studyInstanceUid: run.studyInstanceUid,
    });
  });

  it('is tried again later and later, under the same key with the same words, signed anew', async () => {
    const hook = await receiver(answerWith(500));
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook), retrySeconds: 10 }]);
    await plan(settings);
    const sender = start(settings);
    await tries(1);
    expect(await read()).toMatchObject({
      ...{ state: 'waiting', lastError: 'the receiver answered 500' },
      nextAttemptAt: new Date(now.getTime() + 10_000),
    });
    pass(9_999, sender);
    pass(1, sender);
    await tries(2);
    expect(await read()).toMatchObject({ nextAttemptAt: new Date(now.getTime() + 20_000) });
    hook.behave(answerWith(200));
    pass(20_000, sender);
    await tries(3);
    expect(await read()).toMatchObject({ state: 'sent', attempts: 3, lastError: null });
    const { requests } = hook;
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers['radtriage-signature'])).size).toBe(3);
  });

  it('is given up at its time, after a last try, and goes out when it is sent again by hand', async () => {
    const hook = await receiver(answerWith(503, '', { 'retry-after': '120' }));
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook), giveUpHours: 0.05 }]);
    await plan(settings);
    const sender = start(settings);
    await tries(1);
    expect(await read()).toMatchObject({ nextAttemptAt: new Date(now.getTime() + 120_000) });
    pass(120_000, sender);
    await tries(2);
    const row = await read();
    expect(row?.nextAttemptAt).toEqual(row?.giveUpAt);
    pass(60_000, sender);
    await tries(3);
    expect(await read()).toMatchObject({
      ...{ state: 'dead', attempts: 3, lastError: 'the receiver answered 503' },
    });
    hook.behave(answerWith(204));
    const key = row?.notificationKey ?? '';
    const { rules } = settings;
    await resendNotification(server.database, { key, rules }, { actor: 'anna', now });
    sender.wake();
    await tries(4);
    expect(await read()).toMatchObject({ state: 'sent', attempts: 1 });
    expect(new Set(hook.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect((await audited()).slice(-3).map(({ action, actor }) => [action, actor])).toEqual([
      ['notification.given-up', 'worker'],
      ['notification.resent', 'anna'],
      ['notification.sent', 'worker'],
    ]);
  });

  it('is given up at once when its receiver is gone for good, and stays so until then', async () => {
    const hook = await receiver(answerWith(410));
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook) }]);
    await plan(settings);
    start(settings);
    await tries(1);
    const row = await read();
    expect(row).toMatchObject({ state: 'dead', lastError: 'the receiver answered 410' });
    await dismissNotification(server.database, row?.notificationKey ?? '', ACT);
    expect(await read()).toMatchObject({ state: 'dismissed' });
    await expect(
      dismissNotification(server.database, row?.notificationKey ?? '', ACT),
    ).rejects.toThrow('cannot take the event dismissed');
  });

  it('follows no redirect to an inner address, and reaches none by itself', async () => {
    const inner = await receiver();
    const hook = await receiver(
      answerWith(302, '', { location: `http://localhost:${inner.port}` }),
    );
    const settings = settingsFor(
      [
        { name: 'redirected', url: urlOf(hook) },
        { name: 'inner', url: `http://localhost:${inner.port}/` },
      ],
      { plainHttpHosts: ['127.0.0.1', 'localhost'] },
    );
    await plan(settings);
    start(settings);
    await tries(2);
    const errors = (await readNotifications(server.database)).map(({ lastError }) => lastError);
    expect(errors).toEqual([
      'the receiver answered 302, and no redirect is followed',
      expect.stringContaining('ADDRESS_FORBIDDEN: '),
    ]);
    expect(inner.connections()).toBe(0);
  });

  it('waits for a secret that is missing or too short, and takes the one of the moment', async () => {
    const folder = temporaryDirectory();
    const secretFile = join(folder.path, 'secret');
    const hook = await receiver();
    const rule = { name: 'pager', url: urlOf(hook), secret: { file: secretFile } };
    const settings = settingsFor([rule]);
    await plan(settings);
    const sender = start(settings);
    await tries(1);
    expect((await read())?.lastError).toBe(`CONFIG_INVALID: ${secretFile} cannot be read (ENOENT)`);
    writeFileSync(secretFile, 'short\n');
    pass(10_000, sender);
    await tries(2);
    expect((await read())?.lastError).toContain('has less than 16 characters');
    expect(hook.connections()).toBe(0);
    writeFileSync(secretFile, `${TEST_SECRET}\n`);
    pass(20_000, sender);
    await tries(3);
    expect(await read()).toMatchObject({ state: 'sent' });
    rmSync(folder.path, { recursive: true });
  });

  it('is not recorded as sent when an administrator dismissed it meanwhile', async () => {
    const answers: ServerResponse[] = [];
    const hook = await receiver((response) => answers.push(response));
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook) }]);
    await plan(settings);
    const sender = start(settings);
    await until('the request', () => answers.length === 1);
    await dismissNotification(server.database, (await read())?.notificationKey ?? '', ACT);
    // What comes after it is sent after its answer was taken down, or not.
    await plan(settings);
    answers[0]?.end();
    sender.wake();
    await until('the next request', () => answers.length === 2);
    answers[1]?.end();
    await tries(1);
    const rows = await readNotifications(server.database);
    expect(rows.map(({ state, sentAt }) => [state, sentAt])).toEqual([
      ['dismissed', null],
      ['sent', now],
    ]);
  });

  it('waits for a rule that is not configured any more until its time is over', async () => {
    const hook = await receiver();
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook) }]);
    await plan(settings);
    const sender = start(settingsFor([{ name: 'other', url: urlOf(hook) }]));
    pass(23 * 3_600_000, sender);
    await plan(settingsFor([{ name: 'other', url: urlOf(hook) }]));
    sender.wake();
    await tries(1);
    expect(await read()).toMatchObject({ rule: 'pager', state: 'waiting' });
    pass(3_600_000, sender);
    await until('it to be given up', async () => (await read())?.state === 'dead');
    expect((await read())?.lastError).toBe('the rule is not in the configuration any more');
    const key = (await read())?.notificationKey ?? '';
    await expect(resendNotification(server.database, { key, rules: [] }, ACT)).rejects.toThrow(
      'has no notification rule pager',
    );
  });

  it('of a test is marked as one, and tells of no study', async () => {
    const hook = await receiver();
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook) }]);
    const [rule] = settings.rules;
    if (rule === undefined) throw new Error('no rule');
    await requestTest(server.database, rule, { actor: 'anna', now });
    start(settings);
    await tries(1);
    const payload = notificationPayloadSchema.parse(JSON.parse(hook.requests[0]?.body ?? ''));
    expect(payload).toMatchObject({ type: 'test', study: null, findings: [] });
    expect(tried).toEqual([{ rule: 'pager', outcome: 'taken', seconds: undefined }]);
  });
});

describe('an answer that acknowledges', () => {
  const acknowledging = answerWith(200, '{"acknowledgedBy":" Dr. Weber ","more":1}');

  it('counts where the rule says so', async () => {
    const hook = await receiver(acknowledging);
    const settings = settingsFor([
      { name: 'pager', url: urlOf(hook), receiverMayAcknowledge: true },
    ]);
    const run = await plan(settings);
    start(settings);
    await tries(1);
    const acknowledgedBy = 'pager: Dr. Weber';
    expect(await read()).toMatchObject({ state: 'sent', acknowledgedBy, acknowledgedAt: now });
    expect((await audited()).at(-1)).toEqual({
      ...{ action: 'notification.acknowledged', actor: acknowledgedBy },
      studyInstanceUid: run.studyInstanceUid,
    });
  });

  it('does not where it does not, or names nobody', async () => {
    const hook = await receiver(acknowledging);
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook) }]);
    await plan(settings);
    const sender = start(settings);
    await tries(1);
    const answers = ['', 'thanks', '{"acknowledgedBy":""}', '{"acknowledgedBy":"a\\nb"}', '[]'];
    const trusting = settingsFor([
      { name: 'pager', url: urlOf(hook), receiverMayAcknowledge: true },
    ]);
    await sender.close();
    const other = start(trusting);
    for (const [index, answer] of answers.entries()) {
      hook.behave(answerWith(200, answer));
      await plan(trusting);
      other.wake();
      await tries(index + 2);
    }
    const rows = await readNotifications(server.database);
    expect(rows).toHaveLength(answers.length + 1);
    for (const { state, acknowledgedBy } of rows) {
      expect([state, acknowledgedBy]).toEqual(['sent', null]);
    }
  });
});

describe('several receivers and senders', () => {
  it('do not wait for one that never answers', async () => {
    const stuck = await receiver(silent);
    const quick = await receiver();
    const settings = settingsFor([
      { name: 'stuck', url: urlOf(stuck), timeoutSeconds: 100 },
      { name: 'quick', url: urlOf(quick) },
    ]);
    for (let count = 0; count < 6; count += 1) await plan(settings);
    const sender = start(settings);
    await until('all of the quick one', () => quick.requests.length === 6);
    await plan(settings);
    sender.wake();
    await until('the next of the quick one', () => quick.requests.length === 7);
    expect(stuck.requests).toHaveLength(4);
    expect(tried.every(({ rule }) => rule === 'quick')).toBe(true);
  });

  it('send each notification once, however many processes look', async () => {
    const hook = await receiver();
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook) }]);
    for (let count = 0; count < 30; count += 1) await plan(settings);
    for (let count = 0; count < 4; count += 1) start(settings);
    await tries(30);
    const keys = hook.requests.map(({ headers }) => headers['idempotency-key']);
    expect([keys.length, new Set(keys).size]).toEqual([30, 30]);
  });

  it('lose nothing when one is killed while it sends: another takes it once its lease has run out', async () => {
    const hook = await receiver(silent);
    const rules = [{ name: 'pager', url: urlOf(hook), timeoutSeconds: 100 }];
    const settings = settingsFor(rules);
    await plan(settings);
    const script = join(import.meta.dirname, 'notification-sender.ts');
    const child = spawn(process.execPath, [script, server.url, JSON.stringify(rules)]);
    await until('the request of the other process', () => hook.requests.length === 1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    hook.behave(answerWith(200));
    const sender = start(settings);
    const claimed = await read();
    expect(claimed).toMatchObject({ state: 'waiting', attempts: 1 });
    const left = (claimed?.leaseUntil?.getTime() ?? 0) - now.getTime();
    pass(left - 1_000, sender);
    // Another one goes out meanwhile: the sender looks, and leaves the first one alone.
    await plan(settings);
    sender.wake();
    await tries(1);
    expect((await read())?.state).toBe('waiting');
    pass(1_000, sender);
    await until('the one that was left behind', async () => (await read())?.state === 'sent');
    expect(await read()).toMatchObject({ attempts: 2 });
    const keys = hook.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toBe(claimed?.idempotencyKey);
    expect(keys.filter((key) => key === keys[0])).toHaveLength(2);
  });

  it('let go of what was under way when they are closed, and the next one takes it', async () => {
    const hook = await receiver(silent);
    const settings = settingsFor([{ name: 'pager', url: urlOf(hook), timeoutSeconds: 100 }]);
    await plan(settings);
    const first = start(settings);
    await until('the request', () => hook.requests.length === 1);
    await first.close();
    expect(await read()).toMatchObject({ state: 'waiting', leaseId: null, lastError: null });
    hook.behave(answerWith(200));
    start(settings);
    await until('it to be sent', async () => (await read())?.state === 'sent');
    const [one, two] = hook.requests.map(({ headers }) => headers['idempotency-key']);
    expect(one).toBe(two);
  });
});
