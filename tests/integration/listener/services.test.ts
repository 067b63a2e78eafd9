import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#dicom/dimse/dimse-service.ts';
import { openAssociation, type ScuAssociation, type ScuOptions } from '#dicom/dimse/scu.ts';
import type { ReceivedEvent } from '#dicom/dimse/scu-service.ts';
import {
  associateRequest,
  BytePeer,
  commandElement,
  commandSet,
  dataPdus,
  pdu,
  userItem,
} from '#tests/support/byte-peer.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { expectAlive, startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const COMMITMENT = '1.2.840.10008.1.20.1';
const COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';
const MPPS = '1.2.840.10008.3.1.2.3.3';
const IMPLICIT_LE = '1.2.840.10008.1.2';
const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const DATA = Buffer.from('0800951106000000312e322e330020', 'hex').subarray(0, 14);

/** What the services of this file have been asked, and what they answer. */
const asked: ServiceRequest[] = [];
let answer: (request: ServiceRequest) => Promise<ServiceAnswer>;
const handle: DimseService['handle'] = (request) => {
  asked.push(request);
  return answer(request);
};
const services: DimseService[] = [
  { sopClassUids: [COMMITMENT], requestorRoles: ['scu', 'scp'], handle },
  { sopClassUids: [MPPS], handle },
];

let door: TestListener;
beforeAll(async () => {
  door = await startTestListener({ services, limits: { maxServiceBytes: 100_000 } });
});
afterAll(async () => {
  await door.listener.close({ graceMs: 0 });
});
beforeEach(() => {
  asked.length = 0;
  door.events.length = 0;
  answer = async () => ({ status: 0 });
});

function optionsFor(over: Partial<ScuOptions> = {}): ScuOptions {
  return {
    host: '127.0.0.1',
    port: door.port,
    callingAe: 'MODALITY',
    calledAe: 'RADTRIAGE',
    contexts: [
      { abstractSyntax: COMMITMENT, transferSyntaxes: [EXPLICIT_LE, IMPLICIT_LE] },
      { abstractSyntax: MPPS, transferSyntaxes: [IMPLICIT_LE] },
      { abstractSyntax: CT_CLASS, transferSyntaxes: [IMPLICIT_LE] },
    ],
    timeouts: { responseMs: 3000, releaseMs: 1000 },
    ...over,
  };
}

describe('our requestor and our acceptor', () => {
  let association: ScuAssociation;
  const events: ReceivedEvent[] = [];
  beforeEach(async () => {
    events.length = 0;
    association = await openAssociation(
      optionsFor({
        onEvent: async (event) => {
          events.push(event);
          return { status: 0 };
        },
      }),
    );
  });
  afterEach(() => association.abort());

  test('N-ACTION: what is asked, and what is answered with a data set', async () => {
    const big = Buffer.alloc(60_000, 7);
    answer = async () => ({ status: 0, dataSet: big });
    const output = await association.request({
      operation: 'n-action',
      sopClassUid: COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      typeId: 1,
      dataSet: big,
    });
    expect(output).toMatchObject({ status: 0, transferSyntaxUid: EXPLICIT_LE });
    expect(output.dataSet?.equals(big)).toBe(true);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      operation: 'n-action',
      sopClassUid: COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      typeId: 1,
      transferSyntaxUid: EXPLICIT_LE,
      callingAe: 'MODALITY',
      calledAe: 'RADTRIAGE',
      peerAddress: '127.0.0.1',
    });
    expect(asked[0]?.dataSet?.equals(big)).toBe(true);
    expect(door.events.find(({ type }) => type === 'service-answered')).toMatchObject({
      operation: 'n-action',
      sopClassUid: COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      status: 0,
    });
  });

  test('N-CREATE without an instance gets the one that the service assigns; N-SET, N-GET, N-DELETE', async () => {
    answer = async () => ({ status: 0, sopInstanceUid: '1.2.3.4' });
    const created = await association.request({
      operation: 'n-create',
      sopClassUid: MPPS,
      dataSet: DATA,
    });
    expect(created).toMatchObject({ status: 0, sopInstanceUid: '1.2.3.4' });
    expect(asked[0]).toMatchObject({ operation: 'n-create', sopInstanceUid: undefined });
    answer = async () => ({ status: 0 });
    const on = { sopClassUid: MPPS, sopInstanceUid: '1.2.3.4' };
    await association.request({ operation: 'n-set', ...on, dataSet: DATA });
    const tags = [0x0010_0020];
    await association.request({ operation: 'n-get', ...on, attributeIdentifiers: tags });
    await association.request({ operation: 'n-delete', ...on });
    expect(asked.slice(1)).toMatchObject([
      { operation: 'n-set', ...on, dataSet: DATA },
      { operation: 'n-get', ...on, attributeIdentifiers: tags, dataSet: undefined },
      { operation: 'n-delete', ...on },
    ]);
  });

  test('events come back on the same association, one after the other, after the answer', async () => {
    let reported: Promise<number[]> | undefined;
    answer = async ({ association: peer }) => {
      const event = { sopClassUid: COMMITMENT, sopInstanceUid: COMMITMENT_INSTANCE };
      expect(peer.open).toBe(true);
      reported = Promise.all([
        peer.reportEvent({ ...event, eventTypeId: 1, dataSet: DATA }),
        peer.reportEvent({ ...event, eventTypeId: 2, dataSet: Buffer.alloc(0) }),
      ]);
      return { status: 0 };
    };
    const input = { sopClassUid: COMMITMENT, sopInstanceUid: COMMITMENT_INSTANCE, typeId: 1 };
    await association.request({ operation: 'n-action', ...input, dataSet: DATA });
    expect(await reported).toEqual([0, 0]);
    expect(events).toMatchObject([
      { sopClassUid: COMMITMENT, eventTypeId: 1, dataSet: DATA, transferSyntaxUid: EXPLICIT_LE },
      { sopClassUid: COMMITMENT, eventTypeId: 2, dataSet: undefined },
    ]);
    // The association serves on.
    answer = async () => ({ status: 0 });
    expect((await association.request({ operation: 'n-action', ...input })).status).toBe(0);
    await association.release();
    expect(asked[0]?.association.open).toBe(false);
    await expect(
      asked[0]?.association.reportEvent({
        sopClassUid: COMMITMENT,
        sopInstanceUid: '1.2',
        eventTypeId: 1,
        dataSet: DATA,
      }),
    ).rejects.toMatchObject({ code: 'ASSOCIATION_FAILED' });
    expect(door.events.filter(({ type }) => type === 'event-reported')).toHaveLength(2);
  });

  test('an event that arrives while an object is being sent is answered, and the object is whole', async () => {
    const { transferSyntaxUid, bytes } =
      sampleDataSets('1.2.3').find((sample) => sample.transferSyntaxUid === IMPLICIT_LE) ?? fail();
    await association.request({
      operation: 'n-action',
      sopClassUid: COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      typeId: 1,
    });
    const report = { sopClassUid: COMMITMENT, sopInstanceUid: '1.2', eventTypeId: 1 };
    let status: Promise<number> | undefined;
    async function* inTwo(): AsyncGenerator<Buffer> {
      status = asked[0]?.association.reportEvent({ ...report, dataSet: DATA });
      yield bytes.subarray(0, 100);
      yield bytes.subarray(100);
    }
    const store = { sopClassUid: CT_CLASS, sopInstanceUid: '1.2.3', transferSyntaxUid };
    expect((await association.store({ ...store, dataSet: inTwo() })).status).toBe(0);
    expect(await status).toBe(0);
    expect(door.receiver.kept.at(-1)?.dataSet.equals(bytes)).toBe(true);
  });

  test('events nobody listens for are 0211H, and a handler that throws is 0110H', async () => {
    const report = { sopClassUid: COMMITMENT, sopInstanceUid: '1.2', eventTypeId: 1 };
    const throws = () => Promise.reject(new Error('no'));
    for (const [onEvent, expected] of [
      [undefined, 0x0211],
      [throws, 0x0110],
    ] as const) {
      const over = onEvent === undefined ? {} : { onEvent };
      const other = await openAssociation(optionsFor(over));
      asked.length = 0;
      const input = { sopClassUid: COMMITMENT, sopInstanceUid: COMMITMENT_INSTANCE, typeId: 1 };
      await other.request({ operation: 'n-action', ...input });
      expect(await asked[0]?.association.reportEvent({ ...report, dataSet: DATA })).toBe(expected);
      await other.release();
    }
  });

  test.each([
    ['anything', () => new Error('Doe^Jane'), 0x0110, 'INTERNAL'],
    ['a missing instance', () => new RadTriageError('NOT_FOUND', 'none'), 0x0112, 'NOT_FOUND'],
    ['a full disk', () => new RadTriageError('STORAGE_FULL', 'full'), 0x0213, 'STORAGE_FULL'],
    [
      'a missing attribute',
      () => new RadTriageError('DICOM_ATTRIBUTE_MISSING', 'no UID'),
      0x0120,
      'DICOM_ATTRIBUTE_MISSING',
    ],
    [
      'a bad structure',
      () => new RadTriageError('DICOM_STRUCTURE', 'x'),
      0x0110,
      'DICOM_STRUCTURE',
    ],
  ])('a service that throws for %s', async (_, makeError, status, code) => {
    answer = () => Promise.reject(makeError());
    const input = { sopClassUid: MPPS, sopInstanceUid: '1.2.3' };
    const output = await association.request({ operation: 'n-set', ...input, dataSet: DATA });
    expect(output.status).toBe(status);
    expect(output.errorComment).toMatch(new RegExp(`^${code}`));
    expect(output.errorComment).not.toContain('Doe');
    expect(door.events.at(-1)).toMatchObject({ type: 'service-answered', status, code });
  });

  test('a data set that is too long is 0213H, and the association goes on', async () => {
    const input = { operation: 'n-create', sopClassUid: MPPS, sopInstanceUid: '1.2.3' } as const;
    const long = await association.request({ ...input, dataSet: Buffer.alloc(100_001) });
    expect(long.status).toBe(0x0213);
    expect(asked).toEqual([]);
    const fits = await association.request({ ...input, dataSet: Buffer.alloc(100_000) });
    expect(fits.status).toBe(0);
  });

  test('a slow service holds up nobody else', async () => {
    const slow = Promise.withResolvers<ServiceAnswer>();
    answer = () => slow.promise;
    const input = { sopClassUid: MPPS, sopInstanceUid: '1.2.3' };
    const output = association.request({ operation: 'n-set', ...input, dataSet: DATA });
    await waitFor(() => asked.length === 1, { what: 'the service to be asked' });
    await expectAlive(door.port);
    slow.resolve({ status: 0x0107 });
    expect((await output).status).toBe(0x0107);
  });

  test('an association that ends in mid request leaves nothing behind', async () => {
    const slow = Promise.withResolvers<ServiceAnswer>();
    answer = () => slow.promise;
    const input = { sopClassUid: MPPS, sopInstanceUid: '1.2.3' };
    const output = association.request({ operation: 'n-set', ...input, dataSet: DATA });
    output.catch(() => undefined);
    await waitFor(() => asked.length === 1, { what: 'the service to be asked' });
    association.abort();
    await expect(output).rejects.toMatchObject({ code: 'ASSOCIATION_FAILED' });
    await waitFor(() => asked[0]?.association.open === false, { what: 'the end to be noticed' });
    slow.resolve({ status: 0 });
    await waitFor(() => door.events.some(({ type }) => type === 'service-answered'), {
      what: 'what was done to be told',
    });
    await expectAlive(door.port);
  });
});

function fail(): never {
  throw new Error('no sample');
}

describe('roles', () => {
  const report = {
    operation: 'n-event-report',
    sopClassUid: COMMITMENT,
    sopInstanceUid: COMMITMENT_INSTANCE,
    typeId: 1,
    dataSet: DATA,
  } as const;

  function withRoles(abstractSyntax: string, roles: { scu: boolean; scp: boolean }): ScuOptions {
    return optionsFor({
      contexts: [{ abstractSyntax, transferSyntaxes: [IMPLICIT_LE], roles }],
    });
  }

  test('a requestor that is SCP reports events, and may ask for nothing', async () => {
    const association = await openAssociation(withRoles(COMMITMENT, { scu: false, scp: true }));
    expect((await association.request(report)).status).toBe(0);
    expect(asked).toMatchObject([{ operation: 'n-event-report', typeId: 1, dataSet: DATA }]);
    await expect(association.request({ ...report, operation: 'n-action' })).rejects.toMatchObject({
      code: 'DICOM_UNSUPPORTED',
    });
    // Nor may we report to one that is no SCU.
    await expect(
      asked[0]?.association.reportEvent({ ...report, eventTypeId: 1 }),
    ).rejects.toMatchObject({ code: 'ASSOCIATION_FAILED' });
    await association.release();
  });

  test('a requestor that asked for no role, or got none, reports no events', async () => {
    const plain = await openAssociation(optionsFor());
    await expect(plain.request(report)).rejects.toMatchObject({ code: 'DICOM_UNSUPPORTED' });
    await plain.release();
    const both = await openAssociation(withRoles(MPPS, { scu: true, scp: true }));
    expect(both.accepted).toMatchObject([{ requestorRoles: { scu: true, scp: false } }]);
    await both.release();
    const none = await openAssociation(withRoles(MPPS, { scu: false, scp: true }));
    expect(none.accepted).toEqual([]);
    await none.release();
  });
});

describe('a peer made of bytes', () => {
  const nRequest = (elements: readonly Buffer[]): Buffer =>
    dataPdus(commandSet(elements), { contextId: 3, command: true });
  const action = (over: { class?: string; instance?: string; type?: Buffer } = {}): Buffer =>
    nRequest([
      ...(over.class === '' ? [] : [commandElement(0x0003, over.class ?? COMMITMENT)]),
      commandElement(0x0100, 0x0130),
      commandElement(0x0110, 5),
      commandElement(0x0800, 0x0101),
      ...(over.instance === ''
        ? []
        : [commandElement(0x1001, over.instance ?? COMMITMENT_INSTANCE)]),
      over.type ?? commandElement(0x1008, 1),
    ]);
  const associate = (userItems: Buffer[] = [], maxLength = 16_384): Promise<BytePeer> =>
    BytePeer.associate(door.port, {
      contexts: { 1: ['1.2.840.10008.1.1', IMPLICIT_LE], 3: [COMMITMENT, IMPLICIT_LE] },
      userItems,
      maxLength,
    });

  test.each([
    ['another class', action({ class: MPPS }), 0x0118],
    ['no class', action({ class: '' }), 0x0212],
    ['no instance', action({ instance: '' }), 0x0212],
    ['an instance that is no UID', action({ instance: '../../etc' }), 0x0117],
    ['no action type', action({ type: Buffer.alloc(0) }), 0x0212],
    [
      'an event, without the role',
      nRequest([
        commandElement(0x0002, COMMITMENT),
        commandElement(0x0100, 0x0100),
        commandElement(0x0110, 5),
        commandElement(0x0800, 0x0101),
        commandElement(0x1000, COMMITMENT_INSTANCE),
        commandElement(0x1002, 1),
      ]),
      0x0211,
    ],
  ])('that names %s is told so, and may go on', async (_, bytes, status) => {
    const peer = await associate();
    peer.send(bytes);
    expect(await peer.nextResponse()).toMatchObject({ status, messageId: 5 });
    expect(asked).toEqual([]);
    peer.send(action());
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8130, status: 0 });
    expect(asked).toHaveLength(1);
    await peer.release();
  });

  test('DIMSE-N for a class of storage or verification is 0211H', async () => {
    const peer = await associate();
    const elements = [
      commandElement(0x0003, '1.2.840.10008.1.1'),
      commandElement(0x0100, 0x0110),
      commandElement(0x0110, 5),
      commandElement(0x0800, 0x0101),
      commandElement(0x1001, '1.2.3'),
    ];
    peer.send(dataPdus(commandSet(elements), { contextId: 1, command: true }));
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8110, status: 0x0211 });
    await peer.release();
  });

  test('data after the last fragment of a request ends the association', async () => {
    const slow = Promise.withResolvers<ServiceAnswer>();
    answer = () => slow.promise;
    const peer = await associate();
    peer.send(action());
    await waitFor(() => asked.length === 1, { what: 'the service to be asked' });
    peer.send(dataPdus(Buffer.alloc(10), { contextId: 3 }));
    expect((await peer.ending()).abort).toBeDefined();
    slow.resolve({ status: 0 });
  });

  test('a request that follows before the answer waits for it', async () => {
    const slow = Promise.withResolvers<ServiceAnswer>();
    answer = () => slow.promise;
    const peer = await associate();
    peer.send(action());
    peer.echo(6);
    await waitFor(() => asked.length === 1, { what: 'the service to be asked' });
    // Connections share the buffer that they receive into.
    await expectAlive(door.port);
    slow.resolve({ status: 0x0107 });
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8130, status: 0x0107 });
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8030, messageId: 6 });
    await peer.release();
  });

  test('a response to what was not asked ends the association', async () => {
    const peer = await associate();
    peer.send(
      nRequest([
        commandElement(0x0100, 0x8100),
        commandElement(0x0120, 1),
        commandElement(0x0800, 0x0101),
        commandElement(0x0900, 0),
      ]),
    );
    expect((await peer.ending()).abort).toBeDefined();
  });

  test('answers and events come in PDUs that the peer takes; a refused event is told', async () => {
    answer = async () => ({ status: 0, dataSet: Buffer.alloc(1000, 1) });
    const peer = await associate([], 256);
    peer.send(action());
    const lengths: number[] = [];
    const collected: Buffer[] = [];
    for (let last = false; !last; ) {
      const { type, body } = await peer.nextPdu('a piece of the answer');
      expect(type).toBe(4);
      lengths.push(body.length);
      const control = body.readUInt8(5);
      if ((control & 1) === 0) collected.push(body.subarray(6));
      last = control === 2;
    }
    expect(Math.max(...lengths)).toBeLessThanOrEqual(256);
    expect(Buffer.concat(collected).equals(Buffer.alloc(1000, 1))).toBe(true);
    const report = { sopClassUid: COMMITMENT, sopInstanceUid: '1.2', eventTypeId: 1 };
    const status = asked[0]?.association.reportEvent({ ...report, dataSet: DATA });
    expect((await peer.nextPdu('an event')).body.readUInt8(5)).toBe(3);
    expect((await peer.nextPdu('its data set')).body.subarray(6).equals(DATA)).toBe(true);
    // The peer sends a request of its own first, then answers with a data set, which nobody reads.
    answer = async () => ({ status: 0 });
    peer.send(action());
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8130, status: 0 });
    peer.send(
      nRequest([
        commandElement(0x0100, 0x8100),
        commandElement(0x0120, 1),
        commandElement(0x0800, 0),
        commandElement(0x0900, 0x0110),
      ]),
      dataPdus(Buffer.alloc(300), { contextId: 3 }),
    );
    expect(await status).toBe(0x0110);
    peer.echo(9);
    expect(await peer.nextResponse()).toMatchObject({ commandField: 0x8030, status: 0 });
    await peer.release();
  });

  test('a peer that never answers an event is left', async () => {
    const short = await startTestListener({ services, limits: { eventAnswerMs: 200 } });
    const peer = await BytePeer.associate(short.port, {
      contexts: { 3: [COMMITMENT, IMPLICIT_LE] },
    });
    peer.send(action());
    await peer.nextResponse();
    const report = { sopClassUid: COMMITMENT, sopInstanceUid: '1.2', eventTypeId: 1 };
    await expect(
      asked[0]?.association.reportEvent({ ...report, dataSet: DATA }),
    ).rejects.toMatchObject({ code: 'ASSOCIATION_FAILED' });
    expect((await peer.ending()).abort).toBeDefined();
    await short.listener.close();
  });

  test('a role proposed for a class is answered in the same PDU', async () => {
    const role = Buffer.from([0, COMMITMENT.length, ...Buffer.from(COMMITMENT), 1, 1]);
    const peer = await BytePeer.connect(door.port);
    peer.send(
      associateRequest({
        contexts: { 3: [COMMITMENT, IMPLICIT_LE] },
        userItems: [userItem(0x54, role)],
      }),
    );
    const { type, body } = await peer.nextPdu('the answer');
    expect(type).toBe(2);
    expect(body.includes(userItem(0x54, role))).toBe(true);
    peer.send(pdu(5, Buffer.alloc(4)));
    peer.destroy();
  });

  test('the data sets of all associations together have a limit', async () => {
    const tight = await startTestListener({
      services,
      limits: { maxServiceBytes: 100_000, maxServiceBytesInAll: 150_000 },
    });
    const create = commandSet([
      commandElement(0x0002, COMMITMENT),
      commandElement(0x0100, 0x0140),
      commandElement(0x0110, 5),
      commandElement(0x0800, 0),
    ]);
    const contexts = { 3: [COMMITMENT, IMPLICIT_LE] };
    const open = (): Promise<BytePeer> => BytePeer.associate(tight.port, { contexts });
    const [first, second] = [await open(), await open()];
    const data = Buffer.alloc(80_000);
    const command = dataPdus(create, { contextId: 3, command: true });
    first.send(command, dataPdus(data, { contextId: 3, last: false }));
    await waitFor(() => first.socket.bytesWritten > 80_000, { what: 'the first to send' });
    first.send(dataPdus(Buffer.alloc(0), { contextId: 3, last: false }));
    second.send(command, dataPdus(data, { contextId: 3 }));
    expect(await second.nextResponse()).toMatchObject({ status: 0x0213 });
    first.send(dataPdus(Buffer.alloc(0), { contextId: 3 }));
    expect(await first.nextResponse()).toMatchObject({ commandField: 0x8140, status: 0 });
    second.send(command, dataPdus(data, { contextId: 3 }));
    expect(await second.nextResponse()).toMatchObject({ status: 0 });
    first.destroy();
    second.destroy();
    await tight.listener.close({ graceMs: 0 });
  });
});
