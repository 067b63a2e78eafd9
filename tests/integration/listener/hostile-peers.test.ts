import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  associateRequest,
  associateRequestBody,
  BytePeer,
  CT_IMAGE,
  commandElement,
  commandSet,
  dataPdus,
  EXPLICIT_LE,
  echoCommand,
  pdu,
  pdv,
  storeCommand,
} from '#tests/support/byte-peer.ts';
import { nestedSequences, sampleDataSet } from '#tests/support/data-set-samples.ts';
import { propertyRun } from '#tests/support/property-run.ts';
import { keepEchoing, startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const UID = '1.2.3.4.5.6.7';
const CONTEXT = 3;
const COMMAND = { contextId: CONTEXT, command: true };
const dataSet = sampleDataSet(EXPLICIT_LE, UID);

let door: TestListener;
let echoing: ReturnType<typeof keepEchoing>;

beforeAll(async () => {
  door = await startTestListener({ limits: { artimMs: 2000, stallMs: 1500, idleMs: 3000 } });
});
afterAll(async () => {
  await door.listener.close({ graceMs: 0 });
});
beforeEach(() => {
  door.receiver.kept.length = 0;
  door.receiver.aborted.length = 0;
  echoing = keepEchoing(door.port);
});
/** After every attack: a peer that behaves was served all along, and nothing is still open. */
afterEach(async () => {
  expect(await echoing.stop()).toBeGreaterThan(0);
  await waitFor(() => door.receiver.opened === 0, { what: 'every sink to be finished or aborted' });
});

describe('bytes that are no DICOM', () => {
  test.each([
    ['random bytes', () => Buffer.concat([Buffer.from([0xee]), randomBytes(5000)])],
    ['HTTP', () => Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a TLS hello', () => Buffer.from('16030100c8010000c40303', 'hex')],
    ['a giant A-ASSOCIATE-RQ', () => pdu(1, Buffer.alloc(100), 0xffff_ffff)],
    ['a giant P-DATA-TF without association', () => pdu(4, Buffer.alloc(100), 0x7fff_ffff)],
    ['data without association', () => dataPdus(echoCommand(), { contextId: 1, command: true })],
    ['a release without association', () => pdu(5, Buffer.alloc(4))],
    ['an answer without request', () => pdu(2, associateRequestBody())],
    ['an A-ASSOCIATE-RQ of garbage', () => pdu(1, randomBytes(400))],
    ['an A-ASSOCIATE-RQ that is too short', () => pdu(1, Buffer.alloc(10))],
    ['an item that reaches beyond', () => pdu(1, associateRequestBody().subarray(0, -5))],
  ])('%s: aborted and closed', async (_, bytes) => {
    const peer = await BytePeer.connect(door.port);
    peer.send(bytes());
    const { abort } = await peer.ending();
    expect(abort?.[2]).toBe(2);
  });

  test('an A-ABORT without association: closed', async () => {
    const peer = await BytePeer.connect(door.port);
    peer.send(pdu(7, Buffer.alloc(4)));
    expect((await peer.ending()).abort).toBeUndefined();
  });
});

describe('requests for an association that are rejected', () => {
  test.each([
    ['unknown called AE', { calledAe: 'OTHER' }, [1, 1, 7]],
    ['another application context', { applicationContext: '1.2.3' }, [1, 1, 2]],
    ['another protocol version', { protocolVersion: 2 }, [1, 2, 2]],
  ])('%s', async (_, options, expected) => {
    const peer = await BytePeer.connect(door.port);
    peer.send(associateRequest(options));
    const { type, body } = await peer.nextPdu('a rejection');
    expect(type).toBe(3);
    expect([...body.subarray(1)]).toEqual(expected);
    await peer.ending();
  });
});

describe('broken rules within an association', () => {
  test.each([
    ['a giant P-DATA-TF', () => pdu(4, Buffer.alloc(64), 0x8000_0000)],
    ['a P-DATA-TF longer than announced', () => pdu(4, Buffer.alloc(64), 128 * 1024 + 1)],
    [
      'a value longer than its PDU',
      () => pdu(4, pdv(Buffer.alloc(8), { ...COMMAND, claimedLength: 99 })),
    ],
    ['a value of length 0', () => pdu(4, pdv(Buffer.alloc(8), { ...COMMAND, claimedLength: 0 }))],
    ['an unknown context', () => dataPdus(echoCommand(), { contextId: 99, command: true })],
    ['data before a command', () => dataPdus(dataSet, { contextId: CONTEXT })],
    ['an unknown PDU type', () => pdu(0x55, Buffer.alloc(4))],
    ['a second A-ASSOCIATE-RQ', () => associateRequest()],
    ['an A-RELEASE-RP that was not asked for', () => pdu(6, Buffer.alloc(4))],
    ['a command of garbage', () => dataPdus(Buffer.from([8, 0, 5, 0, 9, 9, 9, 9, 1]), COMMAND)],
    ['a command without end', () => dataPdus(Buffer.alloc(20_000), { ...COMMAND, last: false })],
    ['an empty command', () => dataPdus(Buffer.alloc(0), COMMAND)],
    [
      'a response',
      () =>
        dataPdus(
          commandSet([commandElement(0x0100, 0x8030), commandElement(0x0800, 0x0101)]),
          COMMAND,
        ),
    ],
    [
      'a command within a data set',
      () =>
        Buffer.concat([
          dataPdus(storeCommand({ sopInstanceUid: UID }), COMMAND),
          dataPdus(dataSet.subarray(0, 50), { contextId: CONTEXT, last: false }),
          dataPdus(echoCommand(), { contextId: 1, command: true }),
        ]),
    ],
    [
      'a data set on another context than its command',
      () =>
        Buffer.concat([
          dataPdus(storeCommand({ sopInstanceUid: UID }), COMMAND),
          dataPdus(dataSet, { contextId: 5 }),
        ]),
    ],
  ])('%s: aborted, nothing kept', async (_, bytes) => {
    const peer = await BytePeer.associate(door.port);
    peer.send(bytes());
    const { abort } = await peer.ending();
    expect(abort).toBeDefined();
    expect(door.receiver.kept).toEqual([]);
  });

  test('an unknown command is answered with 0211H and the association goes on', async () => {
    const peer = await BytePeer.associate(door.port);
    const unknown = commandSet([
      commandElement(0x0002, CT_IMAGE),
      commandElement(0x0100, 0x0140),
      commandElement(0x0110, 3),
      commandElement(0x0800, 0x0000),
    ]);
    peer.send(dataPdus(unknown, COMMAND), dataPdus(dataSet, { contextId: CONTEXT }));
    expect(await peer.nextResponse()).toMatchObject({
      commandField: 0x8140,
      status: 0x0211,
      messageId: 3,
    });
    peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: UID });
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8001, status: 0 });
    await peer.release();
  });
});

describe('data sets that must not be answered with Success', () => {
  const study = dataSet.subarray(0, dataSet.indexOf(Buffer.from('e07f1000', 'hex')));
  test.each<[string, number, Buffer]>([
    ['truncated', 0xc001, dataSet.subarray(0, dataSet.length - 100)],
    ['random', 0xc002, Buffer.concat([Buffer.from([0xff]), randomBytes(30_000)])],
    ['empty', 0xa900, Buffer.alloc(0)],
    ['all zeros', 0xc002, Buffer.alloc(1000)],
    ['20,000 sequences deep', 0xc002, Buffer.concat([study, nestedSequences(20_000)])],
    [
      'a claim of a gigabyte',
      0xc001,
      Buffer.concat([study, Buffer.from('e07f10004f57000000000040aa', 'hex')]),
    ],
    ['a Part 10 file', 0xc002, Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), dataSet])],
  ])('%s: a failure, and the association goes on', async (_, status, bytes) => {
    const peer = await BytePeer.associate(door.port);
    peer.store(bytes, { contextId: CONTEXT, sopInstanceUid: UID, messageId: 11 });
    const answer = await peer.nextResponse();
    expect(answer).toMatchObject({ commandField: 0x8001, status, messageId: 11 });
    expect(answer.errorComment).toMatch(/^DICOM_[A-Z_]+: /);
    expect(door.receiver.kept).toEqual([]);
    peer.store(dataSet, { contextId: CONTEXT, sopInstanceUid: UID, messageId: 12 });
    expect(await peer.nextResponse()).toMatchObject({ status: 0, messageId: 12 });
    expect(door.receiver.kept.map((kept) => kept.dataSet)).toEqual([dataSet]);
    await peer.release();
  });

  test.each([
    ['a UID with path separators', { sopInstanceUid: '../../../etc/passwd' }, 0x0117],
    ['an empty UID', { sopInstanceUid: '' }, 0x0117],
    ['a UID of 65 characters', { sopInstanceUid: `1.${'2'.repeat(63)}` }, 0x0117],
    ['another UID than the data set holds', { sopInstanceUid: '1.2.3' }, 0xa900],
    [
      'another SOP class than negotiated',
      { sopInstanceUid: UID, sopClassUid: '1.2.840.10008.5.1.4.1.1.4' },
      0x0122,
    ],
    ['a SOP class that is none', { sopInstanceUid: UID, sopClassUid: '../x' }, 0x0117],
  ])('%s', async (_, options, status) => {
    const peer = await BytePeer.associate(door.port);
    peer.store(dataSet, { contextId: CONTEXT, ...options });
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8001, status });
    expect(door.receiver.kept).toEqual([]);
    await peer.release();
  });

  test('a C-STORE on the context of C-ECHO', async () => {
    const peer = await BytePeer.associate(door.port);
    const sopClassUid = '1.2.840.10008.1.1';
    peer.store(dataSet, { contextId: 1, sopInstanceUid: UID, sopClassUid });
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8001, status: 0x0122 });
    expect(door.receiver.kept).toEqual([]);
    await peer.release();
  });

  test('a C-STORE that announces no data set', async () => {
    const peer = await BytePeer.associate(door.port);
    peer.send(dataPdus(storeCommand({ sopInstanceUid: UID, hasDataSet: false }), COMMAND));
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8001, status: 0xa900 });
    await peer.release();
  });
});

describe('contexts that are not accepted', () => {
  test('unknown SOP class 3, unknown transfer syntax 4; data on them is aborted', async () => {
    const peer = await BytePeer.connect(door.port);
    const contexts = {
      1: ['1.2.840.10008.1.1', '1.2.840.10008.1.2'],
      3: ['1.2.3.4.5', EXPLICIT_LE],
      5: [CT_IMAGE, '1.2.3.4.5.6'],
    };
    peer.send(associateRequest({ contexts }));
    const { type, body } = await peer.nextPdu('an answer');
    expect(type).toBe(2);
    expect(readContextResults(body)).toEqual({ 1: 0, 3: 3, 5: 4 });
    peer.store(dataSet, { contextId: 5, sopInstanceUid: UID });
    expect((await peer.ending()).abort).toBeDefined();
    expect(door.receiver.kept).toEqual([]);
  });
});

function readContextResults(body: Buffer): Record<number, number> {
  const results: Record<number, number> = {};
  for (let offset = 68; offset + 4 <= body.length; ) {
    const length = body.readUInt16BE(offset + 2);
    if (body[offset] === 0x21) {
      results[body.readUInt8(offset + 4)] = body.readUInt8(offset + 6);
    }
    offset += 4 + length;
  }
  return results;
}

describe('senders that stop', () => {
  async function beginStore(): Promise<BytePeer> {
    const peer = await BytePeer.associate(door.port);
    peer.send(
      dataPdus(storeCommand({ sopInstanceUid: UID }), COMMAND),
      dataPdus(dataSet.subarray(0, 200), { contextId: CONTEXT, last: false }),
    );
    await waitFor(() => door.receiver.opened === 1, { what: 'the store to begin' });
    return peer;
  }

  test('A-ABORT in the middle of a data set: nothing kept, the connection closed', async () => {
    const peer = await beginStore();
    peer.send(pdu(7, Buffer.alloc(4)));
    await peer.ending();
    await waitFor(() => door.receiver.aborted.length === 1, { what: 'the sink to be aborted' });
    expect(door.receiver.kept).toEqual([]);
  });

  test('a connection reset in the middle of a data set: nothing kept', async () => {
    const peer = await beginStore();
    peer.socket.resetAndDestroy();
    await waitFor(() => door.receiver.aborted.length === 1, { what: 'the sink to be aborted' });
    expect(door.receiver.kept).toEqual([]);
    await waitFor(() => door.events.some((event) => event.type === 'store-abandoned'), {
      what: 'the event',
    });
  });

  test('a connection closed in the middle of a PDU: nothing kept', async () => {
    const peer = await beginStore();
    peer.send(pdu(4, pdv(Buffer.alloc(100), { contextId: CONTEXT })).subarray(0, 50));
    peer.socket.end();
    await waitFor(() => door.receiver.aborted.length === 1, { what: 'the sink to be aborted' });
    expect(door.receiver.kept).toEqual([]);
  });

  test('a sender that stops in the middle of a data set is aborted', async () => {
    const peer = await beginStore();
    expect((await peer.ending()).abort).toBeDefined();
    expect(door.receiver.aborted).toHaveLength(1);
    expect(door.receiver.kept).toEqual([]);
  });

  test('a sender of one byte now and then is aborted', async () => {
    const peer = await beginStore();
    const fragment = pdu(4, pdv(Buffer.alloc(4000), { contextId: CONTEXT }));
    let sent = 0;
    const drip = setInterval(() => {
      peer.send(fragment.subarray(sent, sent + 1));
      sent += 1;
    }, 20);
    expect((await peer.ending()).abort).toBeDefined();
    clearInterval(drip);
    expect(door.receiver.aborted).toHaveLength(1);
  });

  test('a connection without a word is closed', async () => {
    const peer = await BytePeer.connect(door.port);
    expect((await peer.ending()).abort).toBeUndefined();
  });

  test('half an A-ASSOCIATE-RQ is not waited for', async () => {
    const peer = await BytePeer.connect(door.port);
    peer.send(associateRequest().subarray(0, 60));
    await peer.ending();
  });

  test('an idle association is aborted', async () => {
    const peer = await BytePeer.associate(door.port);
    expect((await peer.ending()).abort).toBeDefined();
  });

  test('a sender that never reads is closed upon, and costs no memory', async () => {
    const peer = await BytePeer.associate(door.port);
    peer.socket.pause();
    const echoes = Buffer.concat(
      Array.from({ length: 2000 }, () => dataPdus(echoCommand(), { contextId: 1, command: true })),
    );
    const before = process.memoryUsage().rss;
    // Far more answers than the buffers of both ends can hold; stops when the listener takes no more.
    for (let round = 0; round < 200 && !peer.socket.destroyed; round += 1) {
      if (!peer.socket.write(echoes)) {
        const drained = new Promise<boolean>((resolve) => {
          peer.socket.once('drain', () => resolve(true));
          peer.socket.once('close', () => resolve(false));
          setTimeout(() => resolve(false), 4000);
        });
        if (!(await drained)) break;
      }
    }
    await waitFor(
      () =>
        door.events.some(
          (event) =>
            event.type === 'association-ended' &&
            event.end.how === 'timeout' &&
            event.end.detail.includes('does not read'),
        ),
      { what: 'the association to be given up' },
    );
    peer.destroy();
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
  });
});

test('any change to the bytes of a session ends it or is answered, and harms nobody else', async () => {
  const session = Buffer.concat([
    associateRequest(),
    dataPdus(echoCommand(1), { contextId: 1, command: true }),
    dataPdus(storeCommand({ sopInstanceUid: UID, messageId: 2 }), COMMAND),
    dataPdus(dataSet, { contextId: CONTEXT }, 200),
    pdu(5, Buffer.alloc(4)),
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(session.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: session.length }),
      async (changes, length) => {
        const bytes = Buffer.from(session);
        for (const [index, value] of changes) bytes[index] = value;
        const peer = await BytePeer.connect(door.port);
        peer.socket.end(bytes.subarray(0, length));
        await peer.ending();
      },
    ),
    propertyRun({ numRuns: 300 }),
  );
});

describe('release', () => {
  test('a release in the middle of a data set: answered, nothing kept', async () => {
    const peer = await BytePeer.associate(door.port);
    peer.send(
      dataPdus(storeCommand({ sopInstanceUid: UID }), COMMAND),
      dataPdus(dataSet.subarray(0, 200), { contextId: CONTEXT, last: false }),
    );
    await peer.release();
    await waitFor(() => door.receiver.aborted.length === 1, { what: 'the sink to be aborted' });
    expect(door.receiver.kept).toEqual([]);
  });
});
