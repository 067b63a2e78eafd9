import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  associateRequest,
  associateRequestBody,
  BytePeer,
  CT_IMAGE,
  commandElement,
  dataPdus,
  EXPLICIT_LE,
  echoCommand,
  pdu,
  pdv,
  storeCommand,
  userItem,
  VERIFICATION,
} from '#tests/support/byte-peer.ts';
import { sampleDataSet } from '#tests/support/data-set-samples.ts';
import { HOSTILE_DATA_SETS, HOSTILE_UID } from '#tests/support/hostile-data-sets.ts';
import { keepEchoing, startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const UID = '1.2.3.4.5.6.7';
const CONTEXT = 3;
const COMMAND = { contextId: CONTEXT, command: true };
const dataSet = sampleDataSet(EXPLICIT_LE, UID);
const storing = dataPdus(storeCommand({ sopInstanceUid: UID }), COMMAND);
const someData = dataPdus(dataSet.subarray(0, 200), { contextId: CONTEXT, last: false });
const release = pdu(5, Buffer.alloc(4));

let door: TestListener;
let echoing: ReturnType<typeof keepEchoing>;

beforeAll(async () => {
  door = await startTestListener({
    dicom: { maxObjectBytes: 64 * 1024 * 1024 },
    limits: { artimMs: 2000, stallMs: 1500, idleMs: 4000 },
  });
});
afterAll(async () => {
  await door.listener.close({ graceMs: 0 });
});
beforeEach(() => {
  door.receiver.kept.length = 0;
  echoing = keepEchoing(door.port);
});
/** After every attack: a peer that behaves was served all along, and nothing is still open. */
afterEach(async () => {
  expect(await echoing.stop()).toBeGreaterThan(0);
  await waitFor(() => door.receiver.opened === 0, { what: 'every sink to be finished or aborted' });
});

describe('lengths that lie', () => {
  test.each([1, 2, 3, 4, 5, 6, 7])('a PDU of type %i and four gigabytes', async (type) => {
    for (const before of [Buffer.alloc(0), associateRequest()]) {
      const peer = await BytePeer.connect(door.port);
      peer.send(before, pdu(type, Buffer.alloc(20), 0xffff_ffff));
      await peer.ending();
    }
  });

  test.each([
    ['a context of an even number', { contexts: { 2: [CT_IMAGE, EXPLICIT_LE] } }],
    ['a context without transfer syntax', { contexts: { 1: [CT_IMAGE] } }],
    ['an item that is longer than the request', { userItems: [Buffer.from('58000ffff', 'hex')] }],
    ['a user item that is cut', { userItems: [Buffer.from('5800', 'hex')] }],
  ])('an A-ASSOCIATE-RQ with %s is aborted', async (_, options) => {
    const peer = await BytePeer.connect(door.port);
    peer.send(associateRequest(options));
    expect((await peer.ending()).abort?.[2]).toBe(2);
  });

  test('an A-ASSOCIATE-RQ with a context that stands twice is aborted', async () => {
    const item = associateRequestBody({ contexts: { 1: [CT_IMAGE, EXPLICIT_LE] } });
    const start = item.indexOf(Buffer.from('2000', 'hex'), 68);
    const context = item.subarray(start, start + 4 + item.readUInt16BE(start + 2));
    const twice = Buffer.concat([item.subarray(0, start), context, item.subarray(start)]);
    const peer = await BytePeer.connect(door.port);
    peer.send(pdu(1, twice));
    expect((await peer.ending()).abort).toBeDefined();
  });

  test('sixty kilobytes of user identity are read over', async () => {
    const peer = await BytePeer.associate(door.port, {
      userItems: [userItem(0x60, Buffer.alloc(60_000))],
    });
    await peer.release();
  });

  test.each([
    ['a command element of four gigabytes', Buffer.from('00000001ffffffff', 'hex')],
    [
      'elements that descend',
      Buffer.concat([commandElement(0x0110, 1), commandElement(0x0100, 1)]),
    ],
    ['an element of another group', Buffer.from('0800050002000000 4141'.replace(' ', ''), 'hex')],
  ])('a command with %s is aborted', async (_, bytes) => {
    const peer = await BytePeer.associate(door.port);
    peer.send(dataPdus(bytes, COMMAND));
    expect((await peer.ending()).abort).toBeDefined();
  });
});

describe('floods within an association', () => {
  const empty = pdu(4, pdv(Buffer.alloc(0), { contextId: CONTEXT, last: false }));
  const emptyCommand = pdu(4, pdv(Buffer.alloc(0), { ...COMMAND, last: false }));
  const flood = (piece: Buffer) => Buffer.concat(Array.from({ length: 50_000 }, () => piece));

  test.each([
    ['empty values in a command', () => flood(emptyCommand)],
    ['empty values in a data set', () => Buffer.concat([storing, flood(empty)])],
    [
      'command fragments of one byte without end',
      () => flood(pdu(4, pdv(Buffer.of(0), { ...COMMAND, last: false }))),
    ],
    [
      'contexts that change within a command',
      () => Buffer.concat([emptyCommand, dataPdus(echoCommand(), { contextId: 1, command: true })]),
    ],
    [
      'contexts that change within a data set',
      () => Buffer.concat([storing, someData, dataPdus(dataSet, { contextId: 5 })]),
    ],
    [
      'an A-ASSOCIATE-RQ within a data set',
      () => Buffer.concat([storing, someData, associateRequest()]),
    ],
    [
      'an unknown PDU within a data set',
      () => Buffer.concat([storing, someData, pdu(9, Buffer.alloc(4))]),
    ],
    [
      'two values of which the second reaches beyond the PDU',
      () =>
        pdu(
          4,
          Buffer.concat([
            pdv(Buffer.alloc(2), { ...COMMAND, last: false }),
            pdv(Buffer.alloc(2), { ...COMMAND, claimedLength: 0x7fff_fffe }),
          ]),
        ),
    ],
  ])('%s: aborted, nothing kept', async (_, bytes) => {
    const peer = await BytePeer.associate(door.port);
    peer.send(bytes());
    expect((await peer.ending()).abort).toBeDefined();
    expect(door.receiver.kept).toEqual([]);
  });

  test('data of one byte a fragment are many, and are taken', async () => {
    const peer = await BytePeer.associate(door.port);
    peer.send(storing, dataPdus(dataSet, { contextId: CONTEXT }, 1));
    expect(await peer.nextResponse()).toMatchObject({ status: 0 });
    expect(door.receiver.kept.map((kept) => kept.dataSet)).toEqual([dataSet]);
    await peer.release();
  });

  test('a whole session in segments of one byte', async () => {
    const peer = await BytePeer.connect(door.port);
    const session = Buffer.concat([
      associateRequest(),
      storing,
      dataPdus(dataSet, { contextId: CONTEXT }),
    ]);
    for (const byte of session) {
      peer.socket.write(Buffer.of(byte));
      await new Promise<void>((sent) => setImmediate(sent));
    }
    expect((await peer.nextPdu('an answer')).type).toBe(2);
    expect(await peer.nextResponse()).toMatchObject({ status: 0 });
    await peer.release();
  });

  test('pixel data without end is refused at the largest object, and aborted beyond', async () => {
    const peer = await BytePeer.associate(door.port, {
      contexts: { 3: [CT_IMAGE, '1.2.840.10008.1.2.4.80'] },
    });
    const fragment = Buffer.concat([Buffer.from('feff00e000000100', 'hex'), Buffer.alloc(65_536)]);
    const pixels = dataPdus(fragment, { contextId: CONTEXT, last: false });
    const start = dataSet.subarray(0, dataSet.indexOf(Buffer.from('e07f1000', 'hex')));
    peer.send(
      storing,
      dataPdus(start, { contextId: CONTEXT, last: false }),
      dataPdus(Buffer.from('e07f10004f420000ffffffff', 'hex'), { contextId: CONTEXT, last: false }),
    );
    while (!peer.closed && !peer.socket.destroyed) {
      if (peer.socket.write(pixels)) await new Promise<void>((next) => setImmediate(next));
      else await new Promise<void>((next) => setTimeout(next, 1));
    }
    expect(peer.socket.bytesWritten).toBeLessThan(1024 * 1024 * 1024);
    expect(door.receiver.kept).toEqual([]);
  });
});

describe('data sets', () => {
  test.each(HOSTILE_DATA_SETS)('$name', async ({ transferSyntaxUid, bytes, status }) => {
    const contexts = { 1: [VERIFICATION, '1.2.840.10008.1.2'], 3: [CT_IMAGE, transferSyntaxUid] };
    const peer = await BytePeer.associate(door.port, { contexts });
    const sent = bytes();
    peer.store(sent, { contextId: CONTEXT, sopInstanceUid: HOSTILE_UID });
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8001, status });
    expect(door.receiver.kept.map((kept) => kept.dataSet.equals(sent))).toEqual(
      status === 0 ? [true] : [],
    );
    peer.echo(9);
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8030, status: 0 });
    await peer.release();
  });

  test('the announced UID may be padded with NULs, and is the one that is kept', async () => {
    const peer = await BytePeer.associate(door.port);
    peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: `${UID}\0\0\0` });
    expect(await peer.nextResponse()).toMatchObject({ status: 0 });
    expect(door.receiver.kept[0]?.instance.sopInstanceUid).toBe(UID);
    await peer.release();
  });

  test('a NUL within the announced UID is refused', async () => {
    const peer = await BytePeer.associate(door.port);
    peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: `${UID}\0.1` });
    expect(await peer.nextResponse()).toMatchObject({ status: 0x0117 });
    await peer.release();
  });
});

/** Everything that a sender may have sent when it stops, and what follows after that. */
const STATES: readonly [state: string, sent: Buffer, next: Buffer][] = [
  ['before a word', Buffer.alloc(0), associateRequest()],
  ['within its request', associateRequest().subarray(0, 40), associateRequest().subarray(40)],
  ['once associated', associateRequest(), storing],
  [
    'within a command',
    Buffer.concat([associateRequest(), storing.subarray(0, 30)]),
    storing.subarray(30),
  ],
  ['between command and data set', Buffer.concat([associateRequest(), storing]), someData],
  ['within a data set', Buffer.concat([associateRequest(), storing, someData]), someData],
  [
    'within the header of a value',
    Buffer.concat([associateRequest(), storing, someData.subarray(0, 8)]),
    someData.subarray(8),
  ],
];

describe('senders that stop', () => {
  test.each(STATES)('a reset %s leaves nothing behind', async (_, sent) => {
    const peer = await BytePeer.connect(door.port);
    peer.send(sent);
    if (sent.length > 200) await peer.nextPdu('an answer');
    peer.socket.resetAndDestroy();
    await waitFor(() => door.receiver.opened === 0, { what: 'the sink to be given back' });
    expect(door.receiver.kept).toEqual([]);
  });

  test.each(STATES)(
    'a sender of one byte now and then, %s, is not waited for',
    async (_, sent, next) => {
      const peer = await BytePeer.connect(door.port);
      peer.send(sent);
      const fragment = Buffer.concat([next, ...new Array<Buffer>(20).fill(someData)]);
      let at = 0;
      const drip = setInterval(() => {
        peer.send(fragment.subarray(at, at + 1));
        at += 1;
      }, 25);
      await peer.ending();
      clearInterval(drip);
      expect(door.receiver.kept).toEqual([]);
    },
  );

  test('who does not close after a release or an abort is closed upon', async () => {
    const released = await BytePeer.associate(door.port);
    released.send(release);
    expect((await released.nextPdu('the answer to a release')).type).toBe(6);
    const aborted = await BytePeer.associate(door.port);
    aborted.send(pdu(9, Buffer.alloc(4)));
    await Promise.all([released.ending(), aborted.ending()]);
  });

  test('a release within a command is answered, and the command is forgotten', async () => {
    const peer = await BytePeer.associate(door.port);
    peer.send(pdu(4, pdv(storeCommand({ sopInstanceUid: UID }), { ...COMMAND, last: false })));
    await peer.release();
    expect(door.receiver.kept).toEqual([]);
  });
});
