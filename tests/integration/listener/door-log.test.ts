import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import { type DoorLog, startDoorLog } from '#listener/door-log.ts';
import { pruneDoorLog } from '#listener/prune-door-log.ts';
import type { Database } from '#platform/database/connect.ts';
import {
  associateRequest,
  BytePeer,
  dataPdus,
  EXPLICIT_LE,
  storeCommand,
} from '#tests/support/byte-peer.ts';
import { sampleDataSet } from '#tests/support/data-set-samples.ts';
import { silent } from '#tests/support/intake.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const CONTEXT = 3;
const EVERY_MS = 100;

let db: TestDatabase;
let door: TestListener;
let log: DoorLog;
let transactions = 0;

/** The same database, with the transactions that the log asks for counted. */
function counted(database: Database): Database {
  return new Proxy(database, {
    get(target, name) {
      if (name === 'transaction') transactions += 1;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

beforeAll(async () => {
  db = await startTestDatabase();
});
afterAll(async () => {
  await db.stop();
});
beforeEach(async () => {
  for (const table of ['doorAssociation', 'doorRefusal', 'doorTraffic'] as const) {
    await db.database.deleteFrom(table).execute();
  }
  transactions = 0;
  log = startDoorLog({ database: counted(db.database), logger: silent, everyMs: EVERY_MS });
  const peers = [{ aeTitle: 'BYTEPEER' }, { aeTitle: 'MOVED', addresses: ['10.1.0.0/16'] }];
  door = await startTestListener({ dicom: { peers }, onEvent: log.observe });
});
afterEach(async () => {
  await door.listener.close({ graceMs: 0 });
  await log.close();
});

const associations = () =>
  db.database.selectFrom('doorAssociation').selectAll().orderBy('associationKey').execute();
const refusals = () => db.database.selectFrom('doorRefusal').selectAll().execute();

async function refuse(request: { callingAe?: string; calledAe?: string }): Promise<void> {
  const peer = await BytePeer.connect(door.port);
  peer.send(associateRequest(request));
  expect((await peer.nextPdu('a rejection')).type).toBe(0x03);
  peer.destroy();
}

async function storeOne(peer: BytePeer, uid: string): Promise<number | undefined> {
  peer.store(sampleDataSet(EXPLICIT_LE, uid), { contextId: CONTEXT, sopInstanceUid: uid });
  return (await peer.nextResponse()).status;
}

describe('associations', () => {
  test('are written down with what they brought and how they ended', async () => {
    log.watch(door.listener);
    const peer = await BytePeer.associate(door.port, {
      contexts: {
        1: ['1.2.840.10008.1.1', '1.2.840.10008.1.2'],
        3: ['1.2.840.10008.5.1.4.1.1.2', EXPLICIT_LE],
        5: ['1.2.3.4.5', EXPLICIT_LE],
      },
    });
    expect(await storeOne(peer, '1.2.3.1')).toBe(0);
    peer.echo();
    await peer.nextResponse();
    const wrong = sampleDataSet(EXPLICIT_LE, '1.2.3.9');
    peer.store(wrong, { contextId: CONTEXT, sopInstanceUid: '1.2.3.2' });
    expect((await peer.nextResponse()).status).toBe(0xa900);
    const open = await waitFor(async () => (await associations()).find((row) => row.failed === 1), {
      what: 'the open association',
    });
    expect(open).toMatchObject({ endedAt: null, stored: 1, echoes: 1 });
    await peer.release();
    const ended = await waitFor(async () => (await associations()).find((row) => row.endedAt), {
      what: 'the end',
    });
    expect(ended).toMatchObject({
      callingAe: 'BYTEPEER',
      calledAe: 'RADTRIAGE',
      peerAddress: '127.0.0.1',
      tls: false,
      contextsAccepted: 2,
      contextsRefused: 1,
      stored: 1,
      failed: 1,
      failures: { '0xA900 DICOM_UID_MISMATCH': 1 },
      endHow: 'released',
    });
    expect(Number(ended.bytesStored)).toBe(sampleDataSet(EXPLICIT_LE, '1.2.3.1').length);
    expect(Number(ended.bytesReceived)).toBeGreaterThan(Number(ended.bytesStored));
    const [traffic] = await db.database.selectFrom('doorTraffic').selectAll().execute();
    expect(traffic).toMatchObject({ stored: '1', failed: '1', associations: 1, brokenOff: 0 });
    expect(traffic?.lastFailure).toBe('0xA900 DICOM_UID_MISMATCH');
  });

  test('show how far a large object has come', async () => {
    log.watch(door.listener);
    const peer = await BytePeer.associate(door.port);
    const command = storeCommand({ sopInstanceUid: '1.2.3.4' });
    peer.send(dataPdus(command, { contextId: CONTEXT, command: true }));
    const part = sampleDataSet(EXPLICIT_LE, '1.2.3.4').subarray(0, 200);
    peer.send(dataPdus(part, { contextId: CONTEXT, last: false }));
    const open = await waitFor(
      async () => (await associations()).find((row) => Number(row.bytesReceived) > 200),
      { what: 'bytes on the way' },
    );
    expect(open).toMatchObject({ stored: 0, endedAt: null });
    peer.destroy();
  });

  test('of a listener that died are closed when it starts again', async () => {
    const first = await BytePeer.associate(door.port);
    log.watch(door.listener);
    await waitFor(async () => (await associations()).length === 1, { what: 'the row' });
    const next = startDoorLog({ database: db.database, logger: silent, everyMs: EVERY_MS });
    const after = await startTestListener({ onEvent: next.observe });
    next.watch(after.listener);
    const ended = await waitFor(async () => (await associations()).find((row) => row.endedAt), {
      what: 'the row of the dead listener to be closed',
    });
    expect(ended).toMatchObject({ endHow: 'listener-ended' });
    expect(ended.endedAt?.getTime()).toBe(ended.activeAt.getTime());
    await after.listener.close({ graceMs: 0 });
    await next.close();
    first.destroy();
  });
});

describe('refusals', () => {
  test('say who, where from and why', async () => {
    log.watch(door.listener);
    await refuse({ calledAe: 'WRONG' });
    await refuse({ callingAe: 'NOBODY' });
    await refuse({ callingAe: 'MOVED' });
    const peer = await BytePeer.connect(door.port);
    peer.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    await peer.ending();
    await BytePeer.associate(door.port, { contexts: { 1: ['1.2.3.4', EXPLICIT_LE] } });
    const rows = await waitFor(
      async () => {
        const all = await refusals();
        return all.length === 5 ? all : undefined;
      },
      { what: 'five refusals' },
    );
    const causes = rows.map(({ cause, callingAe, calledAe }) => [cause, callingAe, calledAe]);
    expect(causes.sort()).toEqual([
      ['address', 'MOVED', 'RADTRIAGE'],
      ['called-ae', 'BYTEPEER', 'WRONG'],
      ['calling-ae', 'NOBODY', 'RADTRIAGE'],
      ['no-context', 'BYTEPEER', 'RADTRIAGE'],
      ['protocol', '', ''],
    ]);
  });

  const rejected = (callingAe: string, peerAddress: string): ScpEvent => ({
    type: 'association-rejected',
    rejection: { result: 1, source: 1, reason: 3 },
    cause: 'calling-ae',
    why: 'the calling AE title is not listed',
    associationId: 1,
    calledAe: 'RADTRIAGE',
    callingAe,
    peerAddress,
  });

  test('of a flood are one row with a count', async () => {
    log.watch(door.listener);
    for (let count = 0; count < 1000; count += 1) log.observe(rejected('FLOOD', '10.0.0.1'));
    await log.close();
    for (let count = 0; count < 1000; count += 1) log.observe(rejected('FLOOD', '10.0.0.1'));
    await log.close();
    expect(await refusals()).toMatchObject([{ callingAe: 'FLOOD', count: '2000' }]);
  });

  test('under made-up titles and addresses stay few', async () => {
    log.watch(door.listener);
    for (let count = 0; count < 2000; count += 1) {
      log.observe(rejected(`T${count}`, '10.0.0.1'));
      log.observe(rejected('SAME', `10.1.${count >> 8}.${count & 255}`));
      if (count % 500 === 0) await log.close();
    }
    await log.close();
    const rows = await refusals();
    expect(rows.length).toBeLessThan(130);
    expect(rows.reduce((sum, row) => sum + Number(row.count), 0)).toBe(4000);
  });
});

describe('the road of the images', () => {
  test('costs no work of the database for each object', async () => {
    log.watch(door.listener);
    const startedAt = performance.now();
    const peer = await BytePeer.associate(door.port);
    for (let index = 0; index < 200; index += 1) {
      expect(await storeOne(peer, `1.2.3.${index + 1}`)).toBe(0);
    }
    await peer.release();
    const ticks = (performance.now() - startedAt) / EVERY_MS;
    expect(transactions).toBeLessThanOrEqual(ticks + 2);
    expect(transactions).toBeLessThan(100);
    await waitFor(async () => (await associations())[0]?.stored === 200, { what: 'the count' });
  });

  test('does not wait for a database that is away, and the log catches up', async () => {
    log.watch(door.listener);
    await db.killAndRestart();
    const restarting = db.killAndRestart();
    const peer = await BytePeer.associate(door.port);
    for (let index = 0; index < 20; index += 1) {
      expect(await storeOne(peer, `1.2.3.${index + 1}`)).toBe(0);
    }
    await refuse({ calledAe: 'WRONG' });
    await peer.release();
    await restarting;
    const row = await waitFor(async () => (await associations()).find((each) => each.endedAt), {
      what: 'the log to catch up',
      deadlineMs: 30_000,
    });
    expect(row.stored).toBe(20);
    expect(await refusals()).toMatchObject([{ cause: 'called-ae', count: '1' }]);
    expect(log.counts()).toEqual({ open: 0, dropped: 0 });
  });
});

test('what is old or too much is forgotten, what is open never', async () => {
  const at = (days: number) => new Date(Date.now() - days * 24 * 3600 * 1000);
  const rows = [40, 3, 2, 1, 0].map((days, index) => ({
    ...{ listenerRun: 'old', associationId: index, callingAe: 'A', calledAe: 'B' },
    ...{ peerAddress: '::1', tls: false, contextsAccepted: 1, contextsRefused: 0 },
    ...{ stored: 0, failed: 0, echoes: 0, failures: '{}', endHow: null, endDetail: null },
    ...{ bytesStored: 0, bytesReceived: 0, bytesPerSecond: 0 },
    ...{ startedAt: at(days), activeAt: at(days), endedAt: days === 3 ? null : at(days) },
  }));
  await db.database.insertInto('doorAssociation').values(rows).execute();
  await pruneDoorLog(db.database, {
    ...{ associationDays: 30, maxAssociations: 2 },
    ...{ refusalDays: 1, maxRefusals: 1, trafficDays: 1, diskDays: 1 },
  });
  expect((await associations()).map((row) => row.associationId)).toEqual([1, 3, 4]);
});
