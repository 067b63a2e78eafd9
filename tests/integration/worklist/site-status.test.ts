import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  associationsSchema,
  doorSchema,
  siteStatusSchema,
  waitingSchema,
} from '#contracts/site-status.ts';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import { startDoorLog } from '#listener/door-log.ts';
import { silent } from '#tests/support/intake.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

const GIGABYTE = 1024 ** 3;
const DAY_MS = 24 * 3600 * 1000;

let db: TestDatabase;
let web: Web;
let admin: Caller;
const directory = temporaryDirectory();

beforeAll(async () => {
  db = await startTestDatabase();
  const place = { database: db.database, databaseUrl: db.url, directory: directory.path };
  const peers = [
    { aeTitle: 'CT1', addresses: ['10.0.0.0/8'] },
    { aeTitle: 'MR1', site: 'North' },
  ];
  web = await startTestWeb(place, { dicom: { peers } });
  admin = await callerFor(web, db.database, { role: 'admin', name: 'anna' });
});
afterAll(async () => {
  await web.close();
  await db.stop();
  directory.remove();
});
beforeEach(async () => {
  for (const table of ['doorAssociation', 'doorRefusal', 'doorTraffic', 'diskSample'] as const) {
    await db.database.deleteFrom(table).execute();
  }
  await db.database.deleteFrom('heartbeat').execute();
  await db.database.deleteFrom('study').execute();
});

const status = async () => siteStatusSchema.parse(await (await admin('/api/admin/status')).json());
const door = async () => doorSchema.parse(await (await admin('/api/admin/door')).json());

async function beat(process: string, details: unknown = {}, at = new Date()): Promise<void> {
  await db.database
    .insertInto('heartbeat')
    .values({ process, at, details: JSON.stringify(details) })
    .execute();
}

const who = (associationId: number, callingAe: string) => ({
  ...{ associationId, callingAe, calledAe: 'RADTRIAGE', peerAddress: '10.0.0.7' },
});
const accepted = (id: number, callingAe: string): ScpEvent => ({
  ...{ type: 'association-accepted', contexts: 2, refusedContexts: 0, tls: false },
  ...who(id, callingAe),
});
const stored = (id: number, callingAe: string, status = 0): ScpEvent => ({
  ...{ type: 'store-answered', sopInstanceUid: '1.2', status, bytes: 1000 },
  ...{ milliseconds: 3, settleMilliseconds: 1 },
  code: status === 0 ? undefined : 'STORAGE_FULL',
  ...who(id, callingAe),
});
const ended = (id: number, callingAe: string, how: 'released' | 'timeout'): ScpEvent => ({
  ...{ type: 'association-ended', end: { how, detail: how }, bytesReceived: 1200 },
  ...who(id, callingAe),
});

async function atTheDoor(events: readonly ScpEvent[]): Promise<void> {
  const log = startDoorLog({ database: db.database, logger: silent });
  for (const event of events) log.observe(event);
  await log.close();
}

describe('an empty site', () => {
  test('says that nothing runs, and nothing else', async () => {
    const { problems, lastStoredAt, disk, backlog, listener } = await status();
    expect(problems.map(({ level, what }) => [level, what])).toEqual([
      ['fault', 'The listener is not running'],
      ['fault', 'No worker is running'],
    ]);
    expect({ lastStoredAt, disk, backlog }).toEqual({
      lastStoredAt: null,
      disk: null,
      backlog: null,
    });
    expect(listener).toEqual({ alive: false, at: null });
  });

  test('lists the peers of the configuration as never seen', async () => {
    const { now, refusals, peers } = await door();
    expect({ now, refusals }).toEqual({ now: [], refusals: [] });
    expect(peers.map(({ aeTitle, listed, lastAt }) => [aeTitle, listed, lastAt])).toEqual([
      ['CT1', true, null],
      ['MR1', true, null],
    ]);
  });

  test('that runs has no problem', async () => {
    await beat('listener', { disk: { freeBytes: 500 * GIGABYTE, sizeBytes: 1000 * GIGABYTE } });
    await beat('worker:host');
    expect((await status()).problems).toEqual([]);
  });
});

describe('the door', () => {
  test('shows associations now, lately, peers and what failed', async () => {
    await atTheDoor([
      accepted(1, 'CT1'),
      stored(1, 'CT1'),
      stored(1, 'CT1'),
      ended(1, 'CT1', 'released'),
      accepted(2, 'ELSE'),
      stored(2, 'ELSE', 0xa700),
      ended(2, 'ELSE', 'timeout'),
      accepted(3, 'CT1'),
      stored(3, 'CT1'),
    ]);
    const { now, peers } = await door();
    expect(now.map(({ callingAe, stored }) => [callingAe, stored])).toEqual([['CT1', 1]]);
    expect(peers.map(({ aeTitle, failing, stored }) => [aeTitle, failing, stored])).toEqual([
      ['ELSE', true, 0],
      ['CT1', false, 3],
      ['MR1', false, 0],
    ]);
    expect(peers[0]).toMatchObject({ listed: false, lastFailure: '0xA700 STORAGE_FULL' });
    const { thisHour, lastDay, openAssociations, problems } = await status();
    expect(lastDay).toMatchObject({ stored: 3, failed: 1, associations: 3, bytesStored: 3000 });
    expect(thisHour.stored).toBe(3);
    expect(openAssociations).toBe(1);
    const refused = problems.find(({ what }) => what === 'Objects from ELSE are refused');
    expect(refused?.advice).toContain('look at the disk');
  });

  test('pages through what has ended, and finds trouble', async () => {
    await atTheDoor(
      [1, 2, 3, 4, 5].flatMap((id) => [
        accepted(id, `AE${id}`),
        ended(id, `AE${id}`, id === 2 ? 'timeout' : 'released'),
      ]),
    );
    const page = async (query: string) =>
      associationsSchema.parse(await (await admin(`/api/admin/associations?${query}`)).json());
    const first = await page('limit=2');
    expect(first.items.map((item) => item.callingAe)).toEqual(['AE5', 'AE4']);
    const second = await page(`limit=2&before=${first.next}`);
    expect(second.items.map((item) => item.callingAe)).toEqual(['AE3', 'AE2']);
    const last = await page(`limit=2&before=${second.next}`);
    expect(last).toMatchObject({ items: [{ callingAe: 'AE1' }], next: null });
    expect((await page('trouble=true')).items.map((item) => item.callingAe)).toEqual(['AE2']);
    expect((await page('callingAe=AE3')).items).toHaveLength(1);
    expect((await admin('/api/admin/associations?before=x')).status).toBe(400);
  });

  test('says who was refused and what to do', async () => {
    const refused = (id: number): ScpEvent => ({
      ...{ type: 'association-rejected', cause: 'calling-ae' },
      rejection: { result: 1, source: 1, reason: 3 },
      why: 'the calling AE title is not listed',
      ...who(id, 'NEW_CT'),
    });
    await atTheDoor([refused(1), refused(2)]);
    const { refusals } = await door();
    expect(refusals).toMatchObject([
      {
        cause: 'calling-ae',
        count: 2,
        advice: 'If it may send, add AE title "NEW_CT" with address 10.0.0.7 to dicom.peers.',
      },
    ]);
    const { problems } = await status();
    expect(problems.map(({ what }) => what)).toContain('NEW_CT was refused 2 times');
  });
});

describe('the disk', () => {
  test('lasts as long as the last week says', async () => {
    await beat('listener', { disk: { freeBytes: 100 * GIGABYTE, sizeBytes: 1000 * GIGABYTE } });
    await beat('worker:host');
    const sample = (daysAgo: number, free: number) => ({
      at: new Date(Date.now() - daysAgo * DAY_MS),
      ...{ freeBytes: free * GIGABYTE, sizeBytes: 1000 * GIGABYTE, archiveBytes: 7 * GIGABYTE },
    });
    await db.database
      .insertInto('diskSample')
      .values([sample(30, 900), sample(5, 150), sample(0, 100)])
      .execute();
    const { disk, problems } = await status();
    expect(disk?.daysLeft).toBeCloseTo(10, 1);
    expect(disk?.archiveBytes).toBe(7 * GIGABYTE);
    expect(problems.map(({ what }) => what)).toEqual(['The disk is filling up']);
  });

  test('and the backlog are what the listener says; nonsense is no answer', async () => {
    await beat('worker:host');
    await beat('listener', {
      disk: 'nonsense',
      backlog: { objects: 1200, oldestSeconds: 90 },
    });
    const { disk, backlog, problems } = await status();
    expect(disk).toBeNull();
    expect(backlog).toEqual({ objects: 1200, oldestSeconds: 90 });
    expect(problems.map(({ what }) => what)).toEqual(['The index is behind']);
  });
});

describe('studies that wait', () => {
  test('say why, the longest waiting first', async () => {
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    await seedStudy(db.database, { status: 'analysed' });
    await seedStudy(db.database, {
      ...{ status: 'receiving', receivedAt: ago(70), waitingSince: ago(70) },
      waitingFor: '12 of 40 images',
    });
    await seedStudy(db.database, { status: 'receiving', receivedAt: ago(1) });
    await seedStudy(db.database, { status: 'queued', receivedAt: ago(5) });
    await seedStudy(db.database, { status: 'failed', statusReason: 'no pixel data' });
    await seedStudy(db.database, { status: 'failed', readingStatus: 'reviewed' });
    const answer = await admin('/api/admin/waiting');
    const { items, total } = waitingSchema.parse(await answer.json());
    expect(total).toBe(4);
    expect(items.map(({ status, why }) => [status, why])).toEqual([
      ['receiving', '12 of 40 images'],
      ['receiving', 'waits until no more images come'],
      ['queued', 'no worker is running'],
      ['failed', 'no pixel data'],
    ]);
    const { problems, studies } = await status();
    expect(studies).toEqual({ receiving: 2, queued: 1, analysing: 0, failed: 1 });
    expect(problems.map(({ what }) => what)).toContain(
      '1 study has been receiving for over an hour',
    );
  });
});
