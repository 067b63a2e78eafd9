import { once } from 'node:events';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tryDestination } from '#delivery/destinations/try-destination.ts';
import { selfSigned, TestAuthority } from '#tests/support/certificates.ts';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { startTestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const isSent = ({ state }: { state: string }) => state === 'sent';

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

describe('STOW-RS destinations', () => {
  const folder = temporaryDirectory();
  let site: DeliverySite;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    site = await DeliverySite.start();
  });
  afterEach(async () => {
    await site.reset();
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await site.stop();
    folder.remove();
  });

  async function listening(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  /** A server that keeps what comes, and answers as told. */
  function keeper(answer: (seen: Seen, count: number) => { status: number; location?: string }) {
    const seen: Seen[] = [];
    const listener: RequestListener = async (request, response) => {
      const body = await buffer(request).catch(() => Buffer.alloc(0));
      seen.push({ headers: request.headers, body });
      const { status, location } = answer({ headers: request.headers, body }, seen.length);
      response.writeHead(status, location === undefined ? {} : { location }).end();
    };
    return { seen, listener };
  }

  const to = (url: string, settings: Record<string, unknown> = {}) => ({
    ...{ name: 'pacs', kind: 'STOW-RS', url, allowPrivate: true, send: ['sr', 'sc'] },
    ...{ retrySeconds: 0.05, timeouts: { connectSeconds: 2, responseSeconds: 2 } },
    ...settings,
  });

  it('get the whole file, with a token that is read anew from its file', async () => {
    const { seen, listener } = keeper((_seen, count) => ({ status: count === 1 ? 401 : 200 }));
    const port = await listening(createServer(listener));
    const file = join(folder.path, 'token');
    writeFileSync(file, 'old-token\n');
    const url = `http://127.0.0.1:${port}/dicom-web`;
    const config = site.configure([to(url, { auth: { bearer: { file } }, retrySeconds: 0.5 })]);
    const { objects } = await site.plan(config.destinations, ['sr']);
    site.serve(config);
    await waitFor(() => seen.length === 1, { what: 'the first attempt' });
    writeFileSync(file, 'new-token\n');
    const [row] = await site.waitForRows('it to be sent', isSent);
    // Turned away, it did not count.
    expect(row?.attempts).toBe(1);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old-token',
      'Bearer new-token',
    ]);
    expect(seen[1]?.headers['content-type']).toMatch(
      /^multipart\/related; type="application\/dicom"; boundary=/,
    );
    expect(seen[1]?.body.includes(objects[0]?.bytes ?? 'nothing')).toBe(true);
    expect(JSON.stringify([await site.rows(), await site.destination()])).not.toMatch(/token/);
  });

  it('are not followed when they redirect, wherever to', async () => {
    const inner = keeper(() => ({ status: 200 }));
    const innerPort = await listening(createServer(inner.listener));
    const outer = keeper(() => ({ status: 307, location: `http://127.0.0.1:${innerPort}/` }));
    const port = await listening(createServer(outer.listener));
    const config = site.configure([to(`http://127.0.0.1:${port}`)]);
    await site.plan(config.destinations, ['sr']);
    site.serve(config);
    await waitFor(async () => (await site.destination()).failures > 1, { what: 'two failures' });
    expect((await site.destination()).lastError).toContain(
      'HTTP 307: redirections are not followed',
    );
    expect(inner.seen).toEqual([]);
  });

  it('are not called at an address that the configuration does not allow', async () => {
    const { seen, listener } = keeper(() => ({ status: 200 }));
    const port = await listening(createServer(listener));
    const config = site.configure([
      to(`http://127.0.0.1:${port}`, { name: 'by-address', networks: ['10.0.0.0/8'] }),
      to(`http://localhost:${port}`, { name: 'by-name', networks: ['10.0.0.0/8'] }),
      to(`https://localhost:${port}`, { name: 'public-only', allowPrivate: false }),
    ]);
    await site.plan(config.destinations, ['sr']);
    site.serve(config);
    for (const { name } of config.destinations) {
      const { lastError } = await waitFor(
        async () => {
          const row = await site.destination(name);
          return row.lastError === null ? undefined : row;
        },
        { what: `${name} to be refused` },
      );
      expect(lastError).toMatch(
        /^FORBIDDEN: .* has an address that the configuration does not allow/,
      );
      expect((await site.rows(name))[0]).toMatchObject({ state: 'waiting', attempts: 0 });
    }
    expect(seen).toEqual([]);
  });

  it('that never answer, or answer byte by byte, are left after their time', async () => {
    let calls = 0;
    const server = createServer((_request, response) => {
      calls += 1;
      if (calls === 1) return;
      if (calls > 2) return void response.writeHead(200).end();
      response.writeHead(200, { 'content-type': 'application/dicom+json' });
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    });
    const port = await listening(server);
    const timeouts = { connectSeconds: 1, responseSeconds: 0.4 };
    const config = site.configure([to(`http://127.0.0.1:${port}`, { timeouts })]);
    await site.plan(config.destinations, ['sr']);
    site.serve(config);
    const [row] = await site.waitForRows('it to be sent', isSent);
    expect(row?.attempts).toBe(3);
    expect(calls).toBe(3);
  });

  it('lose an object whose own file is gone, with its reason, and go on with the next', async () => {
    const { seen, listener } = keeper(() => ({ status: 200 }));
    const port = await listening(createServer(listener));
    const config = site.configure([to(`http://127.0.0.1:${port}`)]);
    const { objects } = await site.plan(config.destinations, ['sr', 'sc']);
    const { blobPath } = await site.db.database
      .selectFrom('resultObject')
      .select('blobPath')
      .where('resultObjectKey', '=', objects[0]?.resultObjectKey ?? '')
      .executeTakeFirstOrThrow();
    unlinkSync(join(site.files.path, blobPath));
    site.serve(config);
    const rows = await site.waitForRows('both to be settled', ({ state }) => state !== 'waiting');
    expect(rows.map(({ state, lastError }) => [state, lastError])).toEqual([
      ['dead', 'our own file of the object is missing'],
      ['sent', null],
    ]);
    expect(seen).toHaveLength(1);
  });

  it.skipIf(missingPeer('openssl'))(
    'are believed over TLS only with the right authority',
    async () => {
      const authority = new TestAuthority(folder.path, 'authority');
      const good = authority.issue({ name: 'localhost', names: ['DNS:localhost'] });
      const alone = selfSigned(folder.path, 'alone');
      const { seen, listener } = keeper(() => ({ status: 200 }));
      const serve = (key: string, cert: string) =>
        listening(
          createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) }, listener),
        );
      const port = await serve(good.keyFile, good.certFile);
      const other = await serve(alone.keyFile, alone.certFile);
      const tls = { caFile: authority.caFile };
      const config = site.configure([
        to(`https://localhost:${port}`, { tls }),
        to(`https://localhost:${other}`, { name: 'alone', tls }),
        to(`https://localhost:${port}`, { name: 'no-authority' }),
      ]);
      await site.plan(config.destinations, ['sr']);
      site.serve(config);
      await site.waitForRows('the good one to be served', isSent);
      for (const name of ['alone', 'no-authority']) {
        const { lastError } = await waitFor(
          async () => {
            const row = await site.destination(name);
            return row.lastError === null ? undefined : row;
          },
          { what: `${name} not to be believed` },
        );
        expect(lastError).toMatch(/SELF_SIGNED|UNABLE_TO|self-signed|unable to/);
      }
      expect(seen).toHaveLength(1);
    },
  );

  it.skipIf(missingPeer('openssl'))('and C-STORE ones can be tested, over TLS too', async () => {
    const authority = new TestAuthority(folder.path, 'authority');
    const server = authority.issue({ name: 'localhost', names: ['DNS:localhost'] });
    const { keyFile, certFile } = server;
    const door = await startTestListener({ dicom: { tls: { port: 0, keyFile, certFile } } });
    const tlsPort = door.listener.tlsPort ?? 0;
    closing.push(() => door.listener.close({ graceMs: 0 }));
    const { listener } = keeper(() => ({ status: 405 }));
    const port = await listening(createServer(listener));
    const { destinations, dicom } = site.configure([
      storeTo(tlsPort, {
        host: 'localhost',
        calledAe: 'RADTRIAGE',
        tls: { caFile: authority.caFile },
      }),
      to(`http://127.0.0.1:${port}`, { name: 'web' }),
      storeTo(tlsPort, { name: 'plain' }),
    ]);
    const trials = await Promise.all(destinations.map((each) => tryDestination(each, dicom)));
    expect(trials.map(({ reachable, detail }) => [reachable, detail])).toEqual([
      [true, 'C-ECHO answered 0000H'],
      [true, 'OPTIONS answered HTTP 405'],
      [false, expect.stringMatching(/^ASSOCIATION_/)],
    ]);
  });
});
