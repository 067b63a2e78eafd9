import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acknowledgementSchema, notificationsSchema } from '#contracts/notifications.ts';
import { siteStatusSchema } from '#contracts/site-status.ts';
import { studyDetailSchema } from '#contracts/study.ts';
import { worklistSchema } from '#contracts/worklist.ts';
import type { Database } from '#platform/database/connect.ts';
import { planFor, readNotifications, settingsFor } from '#tests/support/notifications.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import type { Caller } from '#tests/support/web-server.ts';
import { startWebSite, type WebSite } from '#tests/support/web-site.ts';

const RULES = [
  {
    name: 'pager',
    url: 'https://pager.example/hook?key=secret',
    when: { findings: ['Pneumothorax'], priorityAtLeast: 'HIGH', modalities: ['DX', 'CR'] },
    secret: { variable: 'PAGER_SECRET' },
  },
  {
    name: 'board',
    url: 'https://board.example/',
    when: { flagged: true },
    secret: { variable: 'BOARD_SECRET' },
  },
];
const settings = settingsFor(RULES);
let site: WebSite;
let database: Database;
let admin: Caller;
let radiologist: Caller;
let other: Caller;

beforeAll(async () => {
  const notifications = { pageUrl: 'https://triage.example', rules: RULES };
  site = await startWebSite({ notifications });
  database = site.database;
  admin = await site.callerFor('admin', 'anna');
  radiologist = await site.callerFor('radiologist', 'rosa');
  other = await site.callerFor('radiologist', 'otto');
});
afterAll(async () => {
  await site.stop();
});

/** As the sender would have left it. */
async function markAll(
  studyKey: string,
  columns: { state: 'sent' | 'dead'; sentAt?: Date; lastError?: string; attempts?: number },
): Promise<void> {
  await database
    .updateTable('notification')
    .set(columns)
    .where('studyKey', '=', studyKey)
    .where('state', '=', 'waiting')
    .execute();
}

async function detailOf(uid: string) {
  const answer = await radiologist(`/api/studies/${uid}`);
  expect(answer.status).toBe(200);
  return studyDetailSchema.parse(await answer.json());
}

async function itemOf(uid: string) {
  const { items } = worklistSchema.parse(await (await radiologist('/api/worklist')).json());
  return items.find(({ studyInstanceUid }) => studyInstanceUid === uid);
}

async function acknowledge(caller: Caller, uid: string) {
  const path = `/api/studies/${uid}/notifications/acknowledge`;
  return caller(path, { method: 'POST' });
}

const adminView = async () =>
  notificationsSchema.parse(await (await admin('/api/admin/notifications')).json());

describe('a study that somebody was told of', () => {
  test('says so on list and page, seen when it is opened, acknowledged when somebody says so', async () => {
    const run = await planFor(database, { rules: settings.rules.slice(1) });
    const { studyKey, studyInstanceUid: uid } = run;
    expect((await itemOf(uid))?.notification).toMatchObject({ state: 'waiting', sentAt: null });
    const early = acknowledgementSchema.parse(await (await acknowledge(radiologist, uid)).json());
    expect(early).toMatchObject({ acknowledged: 0, notifications: [{ acknowledgedAt: null }] });

    const sentAt = new Date();
    await markAll(studyKey, { state: 'sent', sentAt });
    const before = await detailOf(uid);
    expect(before.notification).toMatchObject({
      ...{ state: 'unacknowledged', sentAt: sentAt.toISOString() },
      ...{ seenAt: null, acknowledgedAt: null },
    });
    expect((await radiologist(`/api/studies/${uid}/open`, { method: 'POST' })).status).toBe(200);
    expect((await other(`/api/studies/${uid}/open`, { method: 'POST' })).status).toBe(200);
    const seen = await detailOf(uid);
    expect(seen.notifications).toMatchObject([{ seenBy: 'token:rosa', acknowledgedAt: null }]);
    expect(seen.notification).toMatchObject({ state: 'unacknowledged' });

    expect((await acknowledge(admin, uid)).status).toBe(403);
    const answer = await acknowledge(other, uid);
    expect(acknowledgementSchema.parse(await answer.json())).toMatchObject({ acknowledged: 1 });
    const again = acknowledgementSchema.parse(await (await acknowledge(radiologist, uid)).json());
    expect(again).toMatchObject({
      acknowledged: 0,
      notifications: [{ acknowledgedBy: 'token:otto' }],
    });
    const after = await detailOf(uid);
    expect(after.notification).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: 'token:otto',
    });
    // What a reader has on the screen does not go stale by it.
    expect(after.version).toBe(before.version);
    const audit = await database
      .selectFrom('auditLog')
      .select(['actor', 'details'])
      .where('action', '=', 'notification.acknowledged')
      .where('studyInstanceUid', '=', uid)
      .orderBy('sequence')
      .execute();
    expect(audit.map(({ actor, details }) => [actor, details['rules']])).toEqual([
      ['token:rosa', []],
      ['token:otto', ['board']],
      ['token:rosa', []],
    ]);
  });

  test('shows first what nobody acknowledged, then what was not sent', async () => {
    const study = await seedStudy(database, { modality: 'DX' });
    const uid = study.studyInstanceUid;
    const { studyKey } = await planFor(database, { rules: settings.rules.slice(0, 1) }, { study });
    await markAll(studyKey, { state: 'dead', lastError: 'the receiver answered 500', attempts: 9 });
    expect((await itemOf(uid))?.notification).toMatchObject({ state: 'not-sent' });
    await planFor(database, { rules: settings.rules.slice(1) }, { study, number: 2 });
    await markAll(studyKey, { state: 'sent', sentAt: new Date() });
    expect((await itemOf(uid))?.notification).toMatchObject({ state: 'unacknowledged' });
    await acknowledge(radiologist, uid);
    expect((await itemOf(uid))?.notification).toMatchObject({ state: 'not-sent' });
  });

  test('that nobody was told of says nothing', async () => {
    const { studyInstanceUid } = await seedStudy(database);
    expect(await detailOf(studyInstanceUid)).toMatchObject({
      ...{ notification: null, notifications: [] },
    });
  });
});

describe('what an administrator sees of notifications', () => {
  test('are the rules in words, the dead first, and how long things took', async () => {
    await database.deleteFrom('notification').execute();
    const concludedAt = new Date(Date.now() - 3_600_000);
    const later = (seconds: number) => new Date(concludedAt.getTime() + seconds * 1_000);
    const lastImageAt = later(-30);
    for (const seconds of [1, 2, 3, 4, 5]) {
      const run = await planFor(
        database,
        { rules: settings.rules.slice(1) },
        { concludedAt, lastImageAt },
      );
      await markAll(run.studyKey, { state: 'sent', sentAt: later(seconds) });
      if (seconds === 5) continue;
      const acknowledged = { acknowledgedBy: 'rosa', acknowledgedAt: later(60 * seconds) };
      await database
        .updateTable('notification')
        .set(acknowledged)
        .where('studyKey', '=', run.studyKey)
        .execute();
    }
    const dead = await planFor(database, { rules: settings.rules.slice(0, 1) }, { concludedAt });
    await markAll(dead.studyKey, { state: 'dead', lastError: 'no way', attempts: 4 });
    await planFor(database, { rules: settings.rules.slice(1) }, { concludedAt });
    await database.updateTable('notification').set({ waitingSince: concludedAt }).execute();

    const { rules, items, counts } = await adminView();
    expect(counts).toEqual({ waiting: 1, sent: 5, dead: 1, dismissed: 0 });
    expect(rules).toMatchObject([
      {
        ...{ name: 'pager', receiver: 'https://pager.example', waiting: 0, dead: 1, sent: 0 },
        when: 'flagged: Pneumothorax, priority HIGH or more urgent, modality DX or CR',
        times: { resultToSent: { count: 0, median: null, p95: null } },
      },
      {
        ...{ name: 'board', when: 'anything flagged', waiting: 1, dead: 0, sent: 5 },
        unacknowledged: 1,
        times: {
          resultToSent: { count: 5, median: 3, p95: expect.closeTo(4.8, 6) },
          lastImageToSent: { count: 5, median: 33, p95: expect.closeTo(34.8, 6) },
          resultToAcknowledged: { count: 4, median: 150, p95: expect.closeTo(231, 6) },
          lastImageToAcknowledged: { count: 4, median: 180, p95: expect.closeTo(261, 6) },
        },
      },
    ]);
    expect(JSON.stringify(rules)).not.toContain('secret');
    expect(items.map(({ state }) => state).slice(0, 3)).toEqual(['dead', 'waiting', 'sent']);
    expect(items[0]).toMatchObject({
      ...{ rule: 'pager', studyInstanceUid: dead.studyInstanceUid, test: false, attempts: 4 },
      ...{ lastError: 'no way', nextAttemptAt: null, configured: true },
    });
    expect(Date.parse(items[1]?.giveUpAt ?? '')).toBe(later(24 * 3_600).getTime());
  });

  test('are problems, and figures', async () => {
    const { problems, held } = siteStatusSchema.parse(
      await (await admin('/api/admin/status')).json(),
    );
    const named = problems.filter(({ place }) => place === 'notifications');
    expect(named.map(({ level, what }) => [level, what])).toEqual([
      ['fault', '1 notification was given up'],
      ['warning', '1 notification has been waiting for over five minutes'],
    ]);
    expect(held).toMatchObject({ notificationsDead: 1, notificationsLate: 1 });
    const figures = await (await admin('/metrics')).text();
    expect(figures).toContain('radtriage_notifications{state="unacknowledged"} 1');
    expect(figures).toContain('radtriage_notifications{state="waiting"} 1');
    expect(figures).toContain('radtriage_held{what="notifications_given_up"} 1');
  });

  test('can be sent again and dismissed, once each, and every rule tested', async () => {
    const dead = (await adminView()).items[0];
    const act = (what: string, caller = admin) =>
      caller(`/api/admin/notifications/${dead?.id}/${what}`, { method: 'POST' });
    expect((await act('resend', radiologist)).status).toBe(403);
    expect((await act('resend')).status).toBe(200);
    expect((await act('resend')).status).toBe(409);
    const waiting = (await adminView()).items.find(({ id }) => id === dead?.id);
    expect(waiting).toMatchObject({ state: 'waiting', attempts: 0, lastError: 'no way' });
    expect((await act('dismiss')).status).toBe(200);
    expect((await act('dismiss')).status).toBe(409);
    const test = (name: string, caller = admin) =>
      caller(`/api/admin/notification-rules/${name}/test`, { method: 'POST' });
    expect((await test('pager', radiologist)).status).toBe(403);
    expect((await test('no-such')).status).toBe(404);
    expect((await test('pager')).status).toBe(200);
    const row = (await readNotifications(database)).at(-1);
    expect(row).toMatchObject({ rule: 'pager', studyKey: null, content: null, state: 'waiting' });
    const { items, rules } = await adminView();
    expect(items[0]).toMatchObject({ test: true, studyInstanceUid: null, state: 'waiting' });
    expect(rules[0]).toMatchObject({ name: 'pager', waiting: 1, dead: 0 });
    const acts = await database
      .selectFrom('auditLog')
      .select(['action', 'actor'])
      .where('action', 'in', [
        'notification.resent',
        'notification.dismissed',
        'notification.test-requested',
      ])
      .orderBy('sequence')
      .execute();
    expect(acts.map(({ action, actor }) => `${action} ${actor}`)).toEqual([
      'notification.resent token:anna',
      'notification.dismissed token:anna',
      'notification.test-requested token:anna',
    ]);
  });
});
