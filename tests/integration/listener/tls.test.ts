import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startScp } from '#dicom/dimse/scp.ts';
import type { ScpEvent } from '#dicom/dimse/scp-types.ts';
import { openAssociation } from '#dicom/dimse/scu.ts';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { type Certified, selfSigned, TestAuthority } from '#tests/support/certificates.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { run } from '#tests/support/dcmtk.ts';
import { startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const EXPLICIT_LE = '1.2.840.10008.1.2.1';

let folder: string;
let authority: TestAuthority;
let server: Certified;
let ct1: Certified;
let ct2: Certified;
let expired: Certified;
let foreign: Certified;
let lonely: Certified;
let object: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'radtriage-tls-'));
  authority = new TestAuthority(folder, 'Hospital CA');
  server = authority.issue({ name: 'server', names: ['IP:127.0.0.1', 'DNS:localhost'] });
  ct1 = authority.issue({ name: 'ct1.test' });
  ct2 = authority.issue({ name: 'Scanner 2', names: ['DNS:ct2.test', 'URI:urn:ct2'] });
  expired = authority.issue({ name: 'expired', days: -1 });
  foreign = new TestAuthority(folder, 'Other CA').issue({ name: 'foreign' });
  lonely = selfSigned(folder, 'lonely');
  object = join(folder, 'object.dcm');
  const { bytes } = sampleDataSets('1.2.3').find((s) => s.transferSyntaxUid === EXPLICIT_LE) ?? {
    bytes: Buffer.alloc(0),
  };
  const meta = { sopClassUid: CT_CLASS, sopInstanceUid: '1.2.3', transferSyntaxUid: EXPLICIT_LE };
  await writeFile(object, Buffer.concat([encodePart10Header(meta), bytes]));
});
afterAll(() => rm(folder, { recursive: true }));

let door: TestListener;
afterEach(() => door.listener.close({ graceMs: 0 }));

async function openDoor(dicom: Record<string, unknown> = {}, tls = {}): Promise<number> {
  const { keyFile, certFile } = server;
  const section = { port: 0, keyFile, certFile, caFile: authority.caFile, ...tls };
  door = await startTestListener({ dicom: { port: null, tls: section, ...dicom } });
  return door.listener.tlsPort ?? 0;
}

const echo = (port: number, client: Certified | undefined, options: string[] = []) =>
  run('echoscu', [
    ...(client === undefined ? ['+tla'] : ['+tls', client.keyFile, client.certFile]),
    ...['+cf', authority.caFile, '-aec', 'RADTRIAGE', '-to', '5', '-ta', '5', '-td', '5'],
    ...[...options, '127.0.0.1', String(port)],
  ]);

const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

const refusals = () =>
  door.events.filter(({ type }) => type === 'tls-failed' || type === 'association-rejected');

describe.skipIf(missingPeer('storescu', 'echoscu', 'openssl'))('TLS with DCMTK', () => {
  test('echoscu and storescu with a certificate of the authority, in every profile of BCP 195', async () => {
    const port = await openDoor();
    expect(door.listener.port).toBe(port);
    for (const profile of ['+py', '+px', '+pz']) {
      expect(await echo(port, ct1, [profile])).toMatchObject({ code: 0 });
    }
    const store = await run('storescu', [
      ...['+tls', ct1.keyFile, ct1.certFile, '+cf', authority.caFile],
      ...['-xe', '-aec', 'RADTRIAGE', '127.0.0.1', String(port), object],
    ]);
    expect(store).toMatchObject({ code: 0 });
    expect(door.receiver.kept).toHaveLength(1);
    expect(door.events.find(({ type }) => type === 'association-accepted')).toMatchObject({
      tls: true,
      certificate: plain(ct1.fingerprint),
    });
  });

  test('no certificate, an expired, a self-signed and a foreign one are refused, and it is said', async () => {
    const port = await openDoor();
    const cases: [Certified | undefined, string][] = [
      [undefined, 'NO_CLIENT_CERTIFICATE'],
      [expired, 'CERT_HAS_EXPIRED'],
      [lonely, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      [foreign, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ];
    for (const [client, detail] of cases) {
      door.events.length = 0;
      expect((await echo(port, client)).code).not.toBe(0);
      await waitFor(() => refusals().length > 0, { what: 'the refusal' });
      expect(refusals()).toMatchObject([
        {
          type: 'tls-failed',
          detail,
          peerAddress: '127.0.0.1',
          ...(client === undefined ? {} : { fingerprint: plain(client.fingerprint) }),
        },
      ]);
    }
    expect(door.events.some(({ type }) => type === 'association-accepted')).toBe(false);
    expect(await echo(port, ct1)).toMatchObject({ code: 0 });
  });

  test('without TLS at the port of TLS, and with TLS at the plain one: refused; both ports serve', async () => {
    const port = await openDoor({ port: 0 });
    expect(door.listener.port).not.toBe(port);
    const inTheClear = ['-aec', 'RADTRIAGE', '-to', '5', '127.0.0.1'];
    expect((await run('echoscu', [...inTheClear, String(port)])).code).not.toBe(0);
    expect((await echo(door.listener.port, ct1)).code).not.toBe(0);
    const other = [...inTheClear, String(door.listener.port)];
    expect(await run('echoscu', other)).toMatchObject({ code: 0 });
    expect(await echo(port, ct1)).toMatchObject({ code: 0 });
  });

  test('without an authority the server alone shows a certificate', async () => {
    const port = await openDoor({}, { caFile: undefined });
    expect(await echo(port, undefined)).toMatchObject({ code: 0 });
    expect(door.events.find(({ type }) => type === 'association-accepted')).not.toHaveProperty(
      'certificate',
    );
  });

  test('where a certificate is not required, a bad one is refused all the same', async () => {
    const port = await openDoor({}, { requireClientCertificate: false });
    expect(await echo(port, undefined)).toMatchObject({ code: 0 });
    expect((await echo(port, expired)).code).not.toBe(0);
  });

  test('an AE title is bound to its certificate, by fingerprint or by name', async () => {
    const port = await openDoor({
      port: 0,
      peers: [
        { aeTitle: 'CT1', certificate: { sha256: ct1.fingerprint } },
        { aeTitle: 'CT2', certificate: { name: 'ct2.test' } },
        { aeTitle: 'CT3', certificate: { name: 'urn:ct2' } },
        { aeTitle: 'CT4', certificate: { name: 'Scanner 2' } },
        { aeTitle: 'CT5', certificate: { name: 'a, DNS:ct2.test, b' } },
        { aeTitle: 'OPEN' },
      ],
    });
    const attempts: [string, Certified, boolean][] = [
      ['CT1', ct1, true],
      ['CT1', ct2, false],
      ['CT2', ct2, true],
      ['CT2', ct1, false],
      ['CT3', ct2, true],
      ['CT4', ct2, true],
      ['CT4', ct1, false],
      ['OPEN', ct1, true],
      ['NOBODY', ct1, false],
    ];
    for (const [aeTitle, client, accepted] of attempts) {
      const { code, output } = await echo(port, client, ['-aet', aeTitle]);
      expect([aeTitle, code === 0]).toEqual([aeTitle, accepted]);
      if (!accepted) expect(output).toContain('Calling AE Title Not Recognized');
    }
    // One name that reads like several is one name.
    const sly = authority.issue({ name: 'sly', wholeName: 'a, DNS:ct2.test, b' });
    expect((await echo(port, sly, ['-aet', 'CT2'])).code).not.toBe(0);
    expect(await echo(port, sly, ['-aet', 'CT5'])).toMatchObject({ code: 0 });
    door.events.length = 0;
    const inTheClear = [
      '-aec',
      'RADTRIAGE',
      '-aet',
      'CT1',
      '127.0.0.1',
      String(door.listener.port),
    ];
    expect((await run('echoscu', inTheClear)).code).not.toBe(0);
    await echo(port, ct2, ['-aet', 'CT1']);
    expect(refusals()).toMatchObject([
      { cause: 'certificate', callingAe: 'CT1', why: expect.stringContaining('over TLS') },
      {
        cause: 'certificate',
        callingAe: 'CT1',
        certificate: plain(ct2.fingerprint),
      },
    ]);
  });
});

/** What `openssl s_client` reports of a handshake. */
function handshake(port: number, options: readonly string[]): Promise<string> {
  const child = spawn(peerPath('openssl'), [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', authority.caFile],
    ...['-cert', ct1.certFile, '-key', ct1.keyFile, ...options],
  ]);
  let output = '';
  const collect = (text: Buffer): void => {
    output += text.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  // Renegotiation is asked for with an R once the handshake is done.
  if (options.includes('-tls1_2')) child.stdin.write('R\n');
  else child.stdin.end('Q\n');
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill(), 5000);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}

describe.skipIf(missingPeer('openssl'))('the protocol, by openssl s_client', () => {
  // A client of today refuses the old versions itself, unless told otherwise.
  const OLD = 'ALL:@SECLEVEL=0';

  test('1.3 first, 1.2 as well, 1.1 and 1.0 not', async () => {
    const port = await openDoor();
    expect(await handshake(port, [])).toMatch(/New, TLSv1\.3, Cipher is TLS_AES/);
    expect(await handshake(port, ['-tls1_2'])).toMatch(/New, TLSv1\.2, Cipher is ECDHE-/);
    for (const version of ['-tls1_1', '-tls1']) {
      const output = await handshake(port, [version, '-cipher', OLD]);
      expect(output).toContain('Cipher is (NONE)');
      expect(output).toContain('alert protocol version');
    }
    // The server has had its say: it was not the client that gave up.
    const failed = door.events.filter(({ type }) => type === 'tls-failed');
    expect(failed.length).toBeGreaterThanOrEqual(2);
  });

  test.each([
    'AES128-SHA',
    'AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-SHA',
    'DHE-RSA-AES128-GCM-SHA256',
  ])(
    'the suite %s, without forward secrecy or authenticated encryption, is not taken',
    async (suite) => {
      const port = await openDoor();
      const output = await handshake(port, ['-tls1_2', '-cipher', `${suite}:@SECLEVEL=0`]);
      expect(output).toContain('Cipher is (NONE)');
      expect(output).toContain('handshake failure');
    },
  );

  test('no renegotiation, no compression, no tickets', async () => {
    const port = await openDoor();
    const output = await handshake(port, ['-tls1_2', '-comp', '-legacy_renegotiation']);
    expect(output).toContain('Compression: NONE');
    expect(output).toContain('RENEGOTIATING');
    expect(output).toContain('no renegotiation');
    expect(output).not.toContain('TLS session ticket:');
  });
});

describe('keys and certificates', () => {
  test('that change are used without a restart; half a change is waited for', async () => {
    const [keyFile, certFile] = [join(folder, 'live.key'), join(folder, 'live.crt')];
    /** In one go, as whatever renews certificates should. */
    const replace = async (from: string, to: string): Promise<void> => {
      await copyFile(from, `${to}.new`);
      await rename(`${to}.new`, to);
    };
    await replace(server.keyFile, keyFile);
    await replace(server.certFile, certFile);
    const events: ScpEvent[] = [];
    // The listener's own interval is ten seconds.
    const scp = await startScp({
      host: '127.0.0.1',
      port: null,
      tls: {
        port: 0,
        load: async () => ({ key: await readFile(keyFile), cert: await readFile(certFile) }),
        reloadMs: 20,
      },
      policy: { judgeAssociation: () => ({ accepted: true }) },
      handlers: { openStore: () => Promise.reject(new Error('not asked for')) },
      onEvent: (event) => events.push(event),
    });
    const ca = await readFile(authority.caFile);
    const associate = (name: string) =>
      openAssociation({
        host: '127.0.0.1',
        port: scp.port,
        callingAe: 'A',
        calledAe: 'B',
        contexts: [{ abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: [EXPLICIT_LE] }],
        tls: { ca, servername: name },
      });
    const old = await associate('localhost');
    const renewed = authority.issue({ name: 'renewed', names: ['DNS:renewed.test'] });
    await replace(renewed.keyFile, keyFile);
    await waitFor(() => events.some((e) => e.type === 'tls-reloaded' && e.fault !== undefined), {
      what: 'the half change to be noticed',
    });
    await (await associate('localhost')).release();
    await replace(renewed.certFile, certFile);
    await waitFor(() => events.some((e) => e.type === 'tls-reloaded' && e.fault === undefined), {
      what: 'the change to be noticed',
    });
    await (await associate('renewed.test')).release();
    await expect(associate('localhost')).rejects.toMatchObject({ code: 'ASSOCIATION_FAILED' });
    expect(await old.echo()).toBe(0);
    await old.release();
    expect(events.filter(({ type }) => type === 'tls-reloaded')).toHaveLength(2);
    await scp.close();
    door = await startTestListener();
  });

  test('that cannot be used are faults of the configuration, all named', async () => {
    door = await startTestListener();
    const start = (tls: Record<string, string>) =>
      startTestListener({ dicom: { port: 0, tls: { port: 0, ...tls } } });
    await expect(start({ keyFile: '/none/a', certFile: '/none/b' })).rejects.toThrowError(
      /keyFile: \/none\/a.*ENOENT.*certFile: \/none\/b/,
    );
    const { keyFile } = server;
    await expect(start({ keyFile, certFile: ct1.certFile })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    await expect(start({ keyFile, certFile: object })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    const weak = authority.issue({ name: 'weak', rsaBits: 1024 });
    const { certFile } = weak;
    await expect(start({ keyFile: weak.keyFile, certFile })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

describe.skipIf(missingPeer('Orthanc', 'openssl'))('TLS with Orthanc', () => {
  test('it stores over TLS with its own certificate', async () => {
    const port = await openDoor({
      peers: [{ aeTitle: 'ORTHANC', certificate: { sha256: ct1.fingerprint } }],
    });
    const orthanc = await startOrthanc(
      { triage: { AET: 'RADTRIAGE', Host: '127.0.0.1', Port: port, UseDicomTls: true } },
      {
        DicomTlsCertificate: ct1.certFile,
        DicomTlsPrivateKey: ct1.keyFile,
        DicomTlsTrustedCertificates: authority.caFile,
      },
    );
    try {
      await orthanc.request('POST', '/modalities/triage/echo', '{}');
      const uploaded = await orthanc.request('POST', '/instances', await readFile(object));
      const id = /"ID" : "([^"]+)"/.exec(uploaded)?.[1] ?? '';
      await orthanc.request('POST', '/modalities/triage/store', id);
      expect(door.receiver.kept).toHaveLength(1);
      expect(door.receiver.kept[0]?.instance.callingAe).toBe('ORTHANC');
    } finally {
      await orthanc.stop();
    }
  });
});
