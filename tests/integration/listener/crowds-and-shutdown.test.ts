import { afterEach, describe, expect, test } from 'vitest';
import { startListener } from '#listener/start-listener.ts';
import { configSchema } from '#platform/config/schema.ts';
import { createLogger } from '#platform/logger/logger.ts';
import {
  associateRequest,
  BytePeer,
  dataPdus,
  EXPLICIT_LE,
  storeCommand,
} from '#tests/support/byte-peer.ts';
import { sampleDataSet } from '#tests/support/data-set-samples.ts';
import { MemoryReceiver } from '#tests/support/memory-receiver.ts';
import { expectAlive, startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const UID = '1.2.3.4.5.6.7';
const CONTEXT = 3;
const dataSet = sampleDataSet(EXPLICIT_LE, UID);

const peers: BytePeer[] = [];
let door: TestListener | undefined;
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.destroy();
  await door?.listener.close({ graceMs: 0 });
  door = undefined;
});

async function connect(port: number, localAddress?: string): Promise<BytePeer> {
  const peer = await BytePeer.connect(port, localAddress);
  peers.push(peer);
  return peer;
}

async function associate(port: number, localAddress = '127.0.0.1'): Promise<BytePeer> {
  const peer = await BytePeer.associate(port, { localAddress });
  peers.push(peer);
  return peer;
}

describe('crowds', () => {
  test('500 idle connections: the oldest give way, a peer that behaves is served', async () => {
    door = await startTestListener();
    const idle = await Promise.all(Array.from({ length: 500 }, () => connect(door?.port ?? 0)));
    await expectAlive(door.port);
    await waitFor(() => idle.filter((peer) => peer.closed).length >= 500 - 128, {
      what: 'the oldest connections to be closed',
    });
    await expectAlive(door.port);
  });

  test('a flood of connections from one address pushes out its own, not those of others', async () => {
    door = await startTestListener();
    const slow = await connect(door.port, '127.0.0.9');
    await Promise.all(Array.from({ length: 300 }, () => connect(door?.port ?? 0)));
    const evicted = await waitFor(
      () => {
        const found = door?.events.filter((event) => event.type === 'connection-evicted') ?? [];
        return found.length >= 300 - 128 ? found : undefined;
      },
      { what: 'connections to give way' },
    );
    slow.send(associateRequest());
    expect((await slow.nextPdu('an answer')).type).toBe(2);
    expect(new Set(evicted.map(({ peerAddress }) => peerAddress))).toEqual(new Set(['127.0.0.1']));
  });

  test('one address cannot take every association: 2/3/2, others are served', async () => {
    door = await startTestListener({ dicom: { maxAssociations: 12, maxAssociationsPerPeer: 8 } });
    const { port } = door;
    for (let n = 0; n < 8; n += 1) await associate(port);
    const ninth = await connect(port);
    ninth.send(associateRequest());
    const { type, body } = await ninth.nextPdu('a rejection');
    expect([type, ...body.subarray(1)]).toEqual([3, 2, 3, 2]);
    await expectAlive(port);
    for (let n = 0; n < 4; n += 1) await associate(port, '127.0.0.2');
    const overall = await connect(port, '127.0.0.3');
    overall.send(associateRequest());
    expect((await overall.nextPdu('a rejection')).type).toBe(3);
    peers[0]?.destroy();
    await waitFor(() => expectAlive(port).then(() => true), { what: 'a place to be free again' });
  });

  test('200 associations at once send and are answered', async () => {
    door = await startTestListener({
      dicom: { maxAssociations: 200, maxAssociationsPerPeer: 200 },
    });
    const { port, receiver } = door;
    const all = await Promise.all(Array.from({ length: 200 }, () => associate(port)));
    await Promise.all(
      all.map(async (peer) => {
        peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: UID });
        expect(await peer.nextResponse()).toMatchObject({ status: 0 });
        await peer.release();
      }),
    );
    expect(receiver.kept).toHaveLength(200);
  });

  test('requests without waiting for answers are answered in order', async () => {
    door = await startTestListener();
    const peer = await associate(door.port);
    for (let messageId = 1; messageId <= 50; messageId += 1) {
      if (messageId % 2 === 0) peer.echo(messageId);
      else peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: UID, messageId });
    }
    for (let messageId = 1; messageId <= 50; messageId += 1) {
      expect(await peer.nextResponse()).toMatchObject({ messageId, status: 0 });
    }
  });
});

describe('a slow disk', () => {
  test('holds the sender back instead of filling the memory', async () => {
    door = await startTestListener();
    let letGo = (): void => undefined;
    door.receiver.beforeWrite = () =>
      new Promise((resolve) => {
        letGo = resolve;
      });
    const peer = await associate(door.port);
    const large = Buffer.concat([
      dataSet.subarray(0, dataSet.indexOf(Buffer.from('e07f1000', 'hex'))),
      Buffer.from('e07f10004f57000000000004', 'hex'),
      Buffer.alloc(0x4000000),
    ]);
    peer.store(large, { contextId: CONTEXT, sopInstanceUid: UID });
    await waitFor(() => door?.receiver.opened === 1, { what: 'the store to begin' });
    let sent = -1;
    await waitFor(
      () => {
        const { bytesWritten, writableLength } = peer.socket;
        const still = bytesWritten - writableLength === sent;
        sent = bytesWritten - writableLength;
        return still;
      },
      { everyMs: 300, what: 'the sender to be held back' },
    );
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    door.receiver.beforeWrite = undefined;
    letGo();
    expect(await peer.nextResponse()).toMatchObject({ status: 0 });
    expect(door.receiver.kept[0]?.dataSet.equals(large)).toBe(true);
  });

  test('what is answered is kept: Success comes after the receiver has finished, not before', async () => {
    door = await startTestListener();
    let letGo = (): void => undefined;
    let reached = false;
    door.receiver.beforeFinish = () => {
      reached = true;
      return new Promise((resolve) => {
        letGo = resolve;
      });
    };
    const peer = await associate(door.port);
    peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: UID });
    await waitFor(() => reached, { what: 'the receiver to finish' });
    // Another peer makes the round trip in the meantime: an answer would have been there by then.
    await expectAlive(door.port);
    let answered = false;
    const answer = peer.nextResponse().then((response) => {
      answered = true;
      return response;
    });
    await expectAlive(door.port);
    expect(answered).toBe(false);
    letGo();
    expect(await answer).toMatchObject({ status: 0 });
  });

  test('an object above the limit is refused, and one far above ends the association', async () => {
    door = await startTestListener({ dicom: { maxObjectBytes: 10_000 } });
    const peer = await associate(door.port);
    peer.store(Buffer.concat([dataSet, Buffer.alloc(20_000)]), {
      contextId: CONTEXT,
      sopInstanceUid: UID,
    });
    const answer = await peer.nextResponse();
    expect(answer.status).toBeGreaterThanOrEqual(0xa700);
    peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: UID });
    expect(await peer.nextResponse()).toMatchObject({ status: 0 });
    peer.store(Buffer.alloc(70 * 1024 * 1024), { contextId: CONTEXT, sopInstanceUid: UID });
    expect((await peer.ending()).abort).toBeDefined();
  });
});

describe('shutdown', () => {
  test('a store under way is answered, idle associations are aborted, no new one is taken', async () => {
    door = await startTestListener();
    const { port, receiver, listener } = door;
    door = undefined;
    let letGo: (() => void) | undefined;
    receiver.beforeFinish = () =>
      new Promise((resolve) => {
        letGo = resolve;
      });
    const busy = await associate(port);
    const idle = await associate(port);
    busy.store(dataSet, { contextId: CONTEXT, sopInstanceUid: UID });
    const finish = await waitFor(() => letGo, { what: 'the data set to arrive' });
    const closing = listener.close({ graceMs: 20_000 });
    expect((await idle.ending()).abort).toBeDefined();
    await expect(BytePeer.connect(port)).rejects.toThrow(/ECONNREFUSED/);
    finish();
    expect(await busy.nextResponse()).toMatchObject({ status: 0 });
    expect((await busy.ending()).abort).toBeDefined();
    await closing;
    expect(receiver.kept).toHaveLength(1);
  });

  test('after the grace time what is left is aborted, and its sink too', async () => {
    door = await startTestListener();
    const { port, receiver, listener } = door;
    door = undefined;
    const stuck = await associate(port);
    const part = sampleDataSet(EXPLICIT_LE).subarray(0, 90);
    stuck.send(
      dataPdus(storeCommand({ sopInstanceUid: UID }), { contextId: CONTEXT, command: true }),
      dataPdus(part, { contextId: CONTEXT, last: false }),
    );
    await waitFor(() => receiver.opened > 0, { what: 'the store to begin' });
    await listener.close({ graceMs: 200 });
    await stuck.ending();
    await waitFor(() => receiver.opened === 0, { what: 'the sinks to be aborted' });
    expect(receiver.kept).toEqual([]);
  });

  test('a port in use is PORT_IN_USE', async () => {
    door = await startTestListener();
    const config = configSchema.parse({ dicom: { port: door.port } });
    const logger = createLogger({ level: 'silent', process: 'test' });
    await expect(
      startListener({ config, receiver: new MemoryReceiver(), logger }),
    ).rejects.toThrowError(expect.objectContaining({ code: 'PORT_IN_USE' }));
  });

  test('an open door without a list of peers is CONFIG_INVALID', async () => {
    const config = configSchema.parse({ dicom: { port: 0, host: '0.0.0.0' } });
    const logger = createLogger({ level: 'silent', process: 'test' });
    await expect(
      startListener({ config, receiver: new MemoryReceiver(), logger }),
    ).rejects.toThrowError(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
