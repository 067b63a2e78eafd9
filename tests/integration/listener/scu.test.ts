import { execFileSync, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startScp } from '#dicom/dimse/scp.ts';
import { openAssociation, type ScuOptions } from '#dicom/dimse/scu.ts';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import { BytePeer, commandElement, commandSet, dataPdus, pdu } from '#tests/support/byte-peer.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const UID = '1.2.3.4.5.6.7';
const VERIFICATION = '1.2.840.10008.1.1';
const IMPLICIT_LE = '1.2.840.10008.1.2';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) {
    yield bytes.subarray(offset, offset + size);
  }
}

function optionsFor(port: number, transferSyntaxes: readonly string[]): ScuOptions {
  return {
    host: '127.0.0.1',
    port,
    callingAe: 'SENDER',
    calledAe: 'RADTRIAGE',
    contexts: [
      { abstractSyntax: VERIFICATION, transferSyntaxes: [IMPLICIT_LE] },
      ...transferSyntaxes.map((uid) => ({ abstractSyntax: CT_CLASS, transferSyntaxes: [uid] })),
    ],
    timeouts: { associateMs: 2000, responseMs: 2000, releaseMs: 1000 },
  };
}

describe('our sender and our listener', () => {
  let door: TestListener;
  beforeAll(async () => {
    door = await startTestListener();
  });
  afterAll(async () => {
    await door.listener.close({ graceMs: 0 });
  });

  test('every transfer syntax on one association, bytes unaltered', async () => {
    const samples = sampleDataSets(UID);
    const association = await openAssociation(
      optionsFor(
        door.port,
        samples.map((sample) => sample.transferSyntaxUid),
      ),
    );
    expect(association.accepted).toHaveLength(samples.length + 1);
    expect(await association.echo()).toBe(0);
    for (const { transferSyntaxUid, bytes } of samples) {
      door.receiver.kept.length = 0;
      const answer = await association.store({
        sopClassUid: CT_CLASS,
        sopInstanceUid: UID,
        transferSyntaxUid,
        dataSet: inPieces(bytes, 100),
      });
      expect(answer).toEqual({ status: 0, errorComment: undefined });
      expect(door.receiver.kept[0]?.dataSet.equals(bytes)).toBe(true);
      expect(door.receiver.kept[0]?.instance.callingAe).toBe('SENDER');
    }
    await association.release();
  });

  test('a failure comes back with its status and reason, and the association goes on', async () => {
    const { transferSyntaxUid, bytes } = sampleDataSets(UID)[0] ?? fail();
    const association = await openAssociation(optionsFor(door.port, [transferSyntaxUid]));
    const input = { sopClassUid: CT_CLASS, sopInstanceUid: UID, transferSyntaxUid };
    const cut = await association.store({ ...input, dataSet: inPieces(bytes.subarray(0, -4), 99) });
    expect(cut.status).toBe(0xc001);
    expect(cut.errorComment).toMatch(/^DICOM_TRUNCATED/);
    expect((await association.store({ ...input, dataSet: inPieces(bytes, 99) })).status).toBe(0);
    await association.release();
  });

  test('a peer that takes 64 bytes a PDU gets commands and data sets in pieces', async () => {
    const small = await startTestListener({ limits: { maxPduBytes: 64 } });
    const { transferSyntaxUid, bytes } = sampleDataSets(UID)[0] ?? fail();
    const association = await openAssociation(optionsFor(small.port, [transferSyntaxUid]));
    const input = { sopClassUid: CT_CLASS, sopInstanceUid: UID, transferSyntaxUid };
    const dataSet = inPieces(bytes, 1000);
    expect((await association.store({ ...input, dataSet })).status).toBe(0);
    expect(small.receiver.kept[0]?.dataSet.equals(bytes)).toBe(true);
    await association.release();
    await small.listener.close();
  });

  test('calls made at once are served one after the other', async () => {
    const { transferSyntaxUid, bytes } = sampleDataSets(UID)[0] ?? fail();
    const association = await openAssociation(optionsFor(door.port, [transferSyntaxUid]));
    const input = { sopClassUid: CT_CLASS, sopInstanceUid: UID, transferSyntaxUid };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        association.store({ ...input, dataSet: inPieces(bytes, 50) }),
      ),
    );
    expect(answers.map((answer) => answer.status)).toEqual(new Array(10).fill(0));
    await association.release();
    await expect(association.echo()).rejects.toThrowError(
      expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
    );
  });

  test('what the peer did not take is DICOM_UNSUPPORTED, and the association goes on', async () => {
    const association = await openAssociation(optionsFor(door.port, ['1.2.3.4']));
    await expect(
      association.store({
        sopClassUid: CT_CLASS,
        sopInstanceUid: UID,
        transferSyntaxUid: '1.2.3.4',
        dataSet: inPieces(Buffer.alloc(4), 4),
      }),
    ).rejects.toThrowError(expect.objectContaining({ code: 'DICOM_UNSUPPORTED' }));
    expect(await association.echo()).toBe(0);
    await association.release();
  });

  test('a data set that cannot be read to its end aborts: nothing is kept', async () => {
    door.receiver.kept.length = 0;
    door.receiver.aborted.length = 0;
    const { transferSyntaxUid, bytes } = sampleDataSets(UID)[0] ?? fail();
    const association = await openAssociation(optionsFor(door.port, [transferSyntaxUid]));
    async function* failing(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 100);
      yield bytes.subarray(100, 200);
      throw new Error('disk');
    }
    const input = { sopClassUid: CT_CLASS, sopInstanceUid: UID, transferSyntaxUid };
    await expect(association.store({ ...input, dataSet: failing() })).rejects.toThrowError(
      expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
    );
    // The peer is told at once: it does not wait for the rest.
    await waitFor(() => door.receiver.aborted.length === 1, { what: 'the sink to be aborted' });
    expect(door.receiver.kept).toEqual([]);
    await expect(association.echo()).rejects.toThrowError(
      expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
    );
  });

  test('a rejection is ASSOCIATION_REJECTED with its three numbers', async () => {
    await expect(
      openAssociation({ ...optionsFor(door.port, []), calledAe: 'OTHER' }),
    ).rejects.toMatchObject({
      code: 'ASSOCIATION_REJECTED',
      details: { result: 1, source: 1, reason: 7 },
    });
  });
});

function fail(): never {
  throw new Error('no sample');
}

describe('peers that fail', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function startPeer(behave: (peer: BytePeer) => Promise<void> | void): Promise<number> {
    const server = createServer((socket) => {
      sockets.push(socket);
      void behave(new BytePeer(socket));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Accepts context 1 for verification. */
  async function accept(peer: BytePeer): Promise<void> {
    const { body } = await peer.nextPdu('a request');
    const context = Buffer.concat([
      Buffer.from([0x21, 0, 0, 25, 1, 0, 0, 0, 0x40, 0, 0, 17]),
      Buffer.from(IMPLICIT_LE),
    ]);
    const user = Buffer.from([0x50, 0, 0, 8, 0x51, 0, 0, 4, 0, 0, 0x40, 0]);
    peer.send(pdu(2, Buffer.concat([body.subarray(0, 68), context, user])));
  }

  test.each<[string, (peer: BytePeer) => Promise<void> | void]>([
    ['closes at once', (peer) => peer.destroy()],
    ['never answers', () => undefined],
    ['answers with HTTP', (peer) => peer.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['answers with a giant PDU', (peer) => peer.send(pdu(2, Buffer.alloc(80), 0xffff_ffff))],
    ['answers with garbage', (peer) => peer.send(pdu(2, Buffer.alloc(80, 0x21)))],
    ['aborts', (peer) => peer.send(pdu(7, Buffer.alloc(4)))],
    ['answers with data', (peer) => peer.send(dataPdus(Buffer.alloc(10), { contextId: 1 }))],
  ])('a peer that %s: ASSOCIATION_FAILED in time', async (_, behave) => {
    const port = await startPeer(behave);
    await expect(openAssociation(optionsFor(port, []))).rejects.toThrowError(
      expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
    );
  });

  test('nobody listening: ASSOCIATION_FAILED', async () => {
    const port = await startPeer(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(openAssociation(optionsFor(port, []))).rejects.toThrowError(
      expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
    );
  });

  const answerTo = (messageId: number, ...more: Buffer[]): Buffer =>
    dataPdus(
      commandSet([
        commandElement(0x0100, 0x8030),
        commandElement(0x0120, messageId),
        commandElement(0x0800, 0x0101),
        ...more,
      ]),
      { contextId: 1, command: true },
    );

  test.each<[string, (peer: BytePeer) => Promise<void> | void]>([
    ['never answers', () => undefined],
    ['closes', (peer) => peer.destroy()],
    ['answers another message', (peer) => peer.send(answerTo(99, commandElement(0x0900, 0)))],
    ['answers without a status', (peer) => peer.send(answerTo(1))],
    [
      'answers with garbage',
      (peer) => peer.send(dataPdus(Buffer.alloc(9), { contextId: 1, command: true })),
    ],
    [
      'answers without end',
      (peer) =>
        peer.send(dataPdus(Buffer.alloc(70_000), { contextId: 1, command: true, last: false })),
    ],
    ['aborts', (peer) => peer.send(pdu(7, Buffer.alloc(4)))],
  ])('a peer that %s to a C-ECHO: ASSOCIATION_FAILED in time', async (_, behave) => {
    const port = await startPeer(async (peer) => {
      await accept(peer);
      await peer.nextPdu('an echo');
      await behave(peer);
    });
    const association = await openAssociation(optionsFor(port, []));
    await expect(association.echo()).rejects.toThrowError(
      expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
    );
  });

  test('a release collision ends in a release on both sides', async () => {
    let ended: (() => void) | undefined;
    const peerReleased = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const port = await startPeer(async (peer) => {
      await accept(peer);
      expect((await peer.nextPdu('a release')).type).toBe(5);
      // The acceptor asks for a release itself, gets the requestor's reply first, then replies (PS3.8 7.2.2).
      peer.send(pdu(5, Buffer.alloc(4)));
      expect((await peer.nextPdu('a reply')).type).toBe(6);
      peer.send(pdu(6, Buffer.alloc(4)));
      await peer.ending();
      ended?.();
    });
    const association = await openAssociation(optionsFor(port, []));
    await association.release();
    await peerReleased;
  });

  test('a peer that releases while nothing is under way is answered', async () => {
    const port = await startPeer(async (peer) => {
      await accept(peer);
      await peer.release();
    });
    const association = await openAssociation(optionsFor(port, []));
    await waitFor(
      async () =>
        association.echo().then(
          () => false,
          () => true,
        ),
      { what: 'the association to be over' },
    );
  });
});

describe.skipIf(missingPeer('storescp'))('storescp of DCMTK', () => {
  test('keeps the bytes that we send, in every syntax, small PDUs included', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'radtriage-scu-'));
    const source = await mkdtemp(join(tmpdir(), 'radtriage-scu-'));
    const free = await startTestListener();
    const { port } = free;
    await free.listener.close();
    const peer = spawn(
      peerPath('storescp'),
      ['+B', '+xa', '-od', folder, '-pdu', '4096', String(port)],
      { stdio: 'ignore' },
    );
    try {
      const samples = sampleDataSets(UID);
      const open = (): ReturnType<typeof openAssociation> =>
        openAssociation(
          optionsFor(
            port,
            samples.map((sample) => sample.transferSyntaxUid),
          ),
        );
      const association = await waitFor(() => open(), { what: 'storescp to listen' });
      expect(await association.echo()).toBe(0);
      // Not every version of storescp takes every syntax; what it takes has to arrive as it was sent.
      const taken = samples.filter((sample) =>
        association.accepted.some((context) => context.transferSyntax === sample.transferSyntaxUid),
      );
      expect(taken.length).toBeGreaterThan(8);
      for (const { transferSyntaxUid, bytes } of taken) {
        const path = join(source, 'data-set');
        await writeFile(path, bytes);
        const answer = await association.store({
          sopClassUid: CT_CLASS,
          sopInstanceUid: UID,
          transferSyntaxUid,
          dataSet: createReadStream(path),
        });
        expect(answer.status).toBe(0);
        const [name, ...others] = await readdir(folder);
        expect(others).toEqual([]);
        const kept = join(folder, name ?? '');
        const { dataSetOffset, meta } = await readPart10(kept);
        expect(meta.transferSyntaxUid).toBe(transferSyntaxUid);
        expect((await readFile(kept)).subarray(dataSetOffset).equals(bytes)).toBe(true);
        await rm(kept);
      }
      await association.release();
    } finally {
      peer.kill();
      await rm(folder, { recursive: true });
      await rm(source, { recursive: true });
    }
  });
});

describe.skipIf(missingPeer('openssl'))('TLS', () => {
  test('an association over TLS 1.3, and none without the right authority', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'radtriage-tls-'));
    const keyFile = join(folder, 'key.pem');
    const certFile = join(folder, 'cert.pem');
    execFileSync(
      peerPath('openssl'),
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-keyout', keyFile, '-out', certFile, '-days', '2', '-subj', '/CN=localhost'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ],
      { stdio: 'ignore' },
    );
    const key = await readFile(keyFile);
    const cert = await readFile(certFile);
    const certified: boolean[] = [];
    const server = await startScp({
      host: '127.0.0.1',
      port: null,
      tls: { port: 0, load: async () => ({ key, cert, ca: cert }) },
      policy: {
        judgeAssociation: (proposal) => {
          certified.push(proposal.certificate !== undefined);
          return { accepted: true };
        },
      },
      handlers: { openStore: () => fail() },
    });
    try {
      const options = { ...optionsFor(server.port, []) };
      const association = await openAssociation({ ...options, tls: { ca: cert, key, cert } });
      expect(await association.echo()).toBe(0);
      await association.release();
      expect(certified).toEqual([true]);
      // Without a certificate, with an authority that is not trusted, without TLS.
      for (const tls of [{ ca: cert }, { key, cert }, undefined]) {
        const attempt = openAssociation(tls === undefined ? options : { ...options, tls });
        await expect(attempt).rejects.toThrowError(
          expect.objectContaining({ code: 'ASSOCIATION_FAILED' }),
        );
      }
      expect(certified).toHaveLength(1);
    } finally {
      await server.close({ graceMs: 0 });
      await rm(folder, { recursive: true });
    }
  });
});
