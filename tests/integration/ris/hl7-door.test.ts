import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hl7 } from '#platform/config/hl7.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { frame } from '#ris/hl7/frames.ts';
import { keepDoorOpen } from '#ris/keep-door-open.ts';
import { type Ris, startRis } from '#ris/start-ris.ts';
import { type Certified, TestAuthority } from '#tests/support/certificates.ts';
import { codeOf, connectHl7, oru } from '#tests/support/hl7.ts';
import { runCli } from '#tests/support/instance.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

describe.skipIf(missingPeer('openssl'))('the door for HL7 over TLS', () => {
  const folder = temporaryDirectory();
  let server: TestDatabase;
  let ris: Ris;
  let known: Certified;
  let other: Certified;
  let authority: TestAuthority;

  beforeAll(async () => {
    server = await startTestDatabase();
    authority = new TestAuthority(folder.path, 'hospital');
    const own = authority.issue({ name: 'localhost', names: ['DNS:localhost', 'IP:127.0.0.1'] });
    known = authority.issue({ name: 'ris.hospital' });
    other = authority.issue({ name: 'other.hospital' });
    const config = hl7.parse({
      port: 0,
      tls: { keyFile: own.keyFile, certFile: own.certFile, caFile: authority.caFile },
      senders: [{ name: 'RIS', addresses: ['127.0.0.1'], certificate: { name: 'ris.hospital' } }],
    });
    ris = await startRis({
      config: { ...config, port: 0 },
      rules: {
        sessionIdleMinutes: 60,
        dicom: { dummyPatientIds: [] },
        hl7: { waitForStudyDays: 7 },
      },
      database: server.database,
      logger: createLogger({ level: 'silent', process: 'test' }),
    });
  });
  afterAll(async () => {
    await ris?.close();
    await server?.stop();
    folder.remove();
  });

  /** Resolves with MSA-1, or with an empty text when the connection ends before. */
  function send(certificate: Certified | undefined): Promise<string> {
    const shown =
      certificate === undefined
        ? {}
        : { key: readFileSync(certificate.keyFile), cert: readFileSync(certificate.certFile) };
    const socket = connect({
      ...{ port: ris.port, host: '127.0.0.1', ca: readFileSync(authority.caFile), ...shown },
    });
    let text = '';
    return new Promise((done) => {
      socket.on('error', () => done(''));
      socket.on('close', () => done(codeOf(text)));
      socket.on('secureConnect', () => socket.write(frame(Buffer.from(oru()))));
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('\x1c')) socket.end();
      });
    });
  }

  it('lets in the certificate that is listed, and no other', async () => {
    expect(await send(known)).toBe('AA');
    expect(await send(other)).toBe('');
    expect(await send(undefined)).toBe('');
    expect(await server.database.selectFrom('outsideReport').selectAll().execute()).toHaveLength(1);
  });
});

describe('radtriage hl7 check', () => {
  const folder = temporaryDirectory();
  afterAll(() => folder.remove());

  async function check(message: string) {
    const config = join(folder.path, 'radtriage.yaml');
    writeFileSync(config, 'hl7: { senders: [{ name: RIS, addresses: [10.0.0.1] }] }');
    const file = join(folder.path, 'message.hl7');
    writeFileSync(file, message);
    return runCli(['hl7', 'check', file], { ...process.env, RADTRIAGE_CONFIG: config });
  }

  it('says what a message would be read as, or what it would be answered', async () => {
    const read = await check(oru());
    expect(read.stdout).toMatch(/A1 +reported +P1 of HOSP/);
    expect(read.code).toBe(0);
    const refused = await check(oru({ accession: '' }));
    expect(refused.stdout).toContain('AE: OBR-18, the accession number, is empty');
    expect(refused.code).toBe(1);
  });
});

describe('the door for HL7 whose port is taken', () => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await startTestDatabase();
  });
  afterAll(() => server.stop());

  /** Another program has the port, and a door is to be opened on it. */
  async function contend() {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const config = hl7.parse({ port, senders: [{ name: 'RIS', addresses: ['127.0.0.1'] }] });
    const options = {
      config: { ...config, port },
      rules: {
        sessionIdleMinutes: 60,
        dicom: { dummyPatientIds: [] },
        hl7: { waitForStudyDays: 7 },
      },
      database: server.database,
      logger: createLogger({ level: 'silent', process: 'test' }),
    };
    return { other, port, options };
  }

  it('is tried again, and keeps nothing else shut', async () => {
    const { other, port, options } = await contend();
    const door = await keepDoorOpen(options, 10);
    expect(door.opened).toBeUndefined();
    other.close();
    await waitFor(() => door.opened, { what: 'the door' });
    const client = await connectHl7(port);
    expect(codeOf(await client.send(oru()))).toBe('AA');
    client.close();
    await door.close();
    await expect(connectHl7(port)).rejects.toThrow();
  });

  it('is left shut by who closes before it can be had', async () => {
    const { other, options } = await contend();
    const door = await keepDoorOpen(options);
    await door.close();
    expect(door.opened).toBeUndefined();
    other.close();
  });
});
