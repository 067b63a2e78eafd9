import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthSchema } from '#contracts/session.ts';
import { connectDatabase } from '#platform/database/connect.ts';
import { findPeer } from '#tests/support/peers.ts';
import { freePort, startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { callerWith, startTestWeb, WEB_ADMIN_TOKEN } from '#tests/support/web-server.ts';

const OPENSSL = findPeer('openssl');
const ADMIN = { authorization: `Bearer ${WEB_ADMIN_TOKEN}` };

describe('the server of the page', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;

  const place = () => ({
    database: server.database,
    databaseUrl: server.url,
    directory: directory.path,
  });
  beforeAll(async () => {
    server = await startTestDatabase();
  });
  afterAll(async () => {
    await server.stop();
    directory.remove();
  });

  it('says plainly that the viewer is not built, and serves it for any of its addresses once it is', async () => {
    const web = await startTestWeb(place());
    try {
      const missing = await fetch(web.url);
      expect(missing.status).toBe(503);
      expect(await missing.text()).toContain('npm run build');
      const viewer = join(directory.path, 'viewer');
      mkdirSync(join(viewer, 'assets'), { recursive: true });
      writeFileSync(join(viewer, 'index.html'), '<title>page</title>');
      writeFileSync(join(viewer, 'assets', 'main-abc.js'), 'export {}');
      for (const path of ['/', '/study/1.2.840.113619', '/quality?filter=all']) {
        const page = await fetch(web.url + path);
        expect([path, page.status, await page.text()]).toEqual([path, 200, '<title>page</title>']);
        expect(page.headers.get('content-security-policy')).toMatch(
          /script-src 'self' 'wasm-unsafe-eval';/,
        );
        expect(page.headers.get('x-content-type-options')).toBe('nosniff');
        expect(page.headers.get('cache-control')).toBe('no-cache');
      }
      const script = await fetch(`${web.url}/assets/main-abc.js`);
      expect(script.headers.get('cache-control')).toMatch(/immutable/);
      expect(script.headers.get('content-type')).toMatch(/javascript/);
      for (const path of ['/assets/other.js', '/api/x', '/dicomweb/x', '/../package.json']) {
        const response = await fetch(web.url + path);
        const text = await response.text();
        expect([path, response.status === 404 || text === '<title>page</title>']).toEqual([
          path,
          true,
        ]);
        expect(text).not.toContain('radtriage-');
      }
    } finally {
      await web.close();
    }
  });

  it('refuses a port in use with its code', async () => {
    const port = await freePort();
    const first = await startTestWeb(place(), { http: { port } });
    await expect(startTestWeb(place(), { http: { port } })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    });
    await first.close();
  });

  it('reports the health of its parts', async () => {
    const queue = { health: async () => ({ status: 'down' as const, detail: 'no answer' }) };
    const web = await startTestWeb(place(), {}, { queue });
    const at = new Date();
    for (const process of ['listener', 'worker:7']) {
      await server.database
        .insertInto('heartbeat')
        .values({ process, at, details: '{}' })
        .execute();
    }
    const health = healthSchema.parse(await (await fetch(`${web.url}/api/health`)).json());
    expect(health).toMatchObject({
      status: 'degraded',
      components: {
        ...{ database: { status: 'ok' }, listener: { status: 'ok' }, worker: { status: 'ok' } },
        queue: { status: 'down', detail: 'no answer' },
      },
    });
    await web.close();
    const own = await startTestWeb(place());
    const well = await (await fetch(`${own.url}/api/health`)).json();
    expect(well).toMatchObject({ status: 'ok', components: { queue: { status: 'ok' } } });
    await server.database
      .updateTable('heartbeat')
      .set({ at: new Date(0) })
      .execute();
    const silent = await (await fetch(`${own.url}/api/health`)).json();
    expect(silent).toMatchObject({
      status: 'degraded',
      components: { worker: { status: 'down' } },
    });
    await own.close();
  });

  it('gives figures to this machine, and behind a proxy to tokens alone', async () => {
    await seedStudy(server.database, { status: 'failed' });
    const web = await startTestWeb(place());
    const text = await (await fetch(`${web.url}/metrics`)).text();
    expect(text).toMatch(/^radtriage_studies\{status="failed"\} 1$/m);
    expect(text).not.toContain('Phantom');
    await web.close();
    const proxied = await startTestWeb(place(), { http: { port: 0, trustProxy: true } });
    const spoofed = { 'x-forwarded-for': '127.0.0.1' };
    expect((await fetch(`${proxied.url}/metrics`, { headers: spoofed })).status).toBe(401);
    expect((await fetch(`${proxied.url}/metrics`, { headers: ADMIN })).status).toBe(200);
    await proxied.close();
  });

  it('believes the proxy about the address by which it was called, one hop far', async () => {
    const web = await startTestWeb(place(), { http: { port: 0, trustProxy: true } });
    const call = callerWith(web.url, {
      'x-forwarded-host': 'triage.example',
      'x-forwarded-proto': 'https',
    });
    const body = { username: 'nobody', password: 'x' };
    const logIn = (origin: string) =>
      call('/api/session', { method: 'POST', body, headers: { origin } });
    expect((await logIn('https://triage.example')).status).toBe(401);
    expect((await logIn('https://other.example')).status).toBe(403);
    await web.close();
  });

  it.skipIf(OPENSSL === undefined)('speaks TLS, and asks browsers to stay with it', async () => {
    const [key, cert] = [join(directory.path, 'key.pem'), join(directory.path, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-days', '1'];
    const kind = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes'];
    execFileSync(OPENSSL ?? '', [...kind, '-keyout', key, '-out', cert, ...subject], {
      stdio: 'ignore',
    });
    const http = { port: 0, tlsCertFile: cert, tlsKeyFile: key };
    const web = await startTestWeb(place(), { http });
    expect(web.url).toMatch(/^https:/);
    const answer = await new Promise<{ status: number | undefined; hsts: unknown }>(
      (done, fail) => {
        const asked = request(
          `${web.url}/api/health`,
          { rejectUnauthorized: false },
          (response) => {
            response.resume();
            const hsts = response.headers['strict-transport-security'];
            done({ status: response.statusCode, hsts });
          },
        );
        asked.on('error', fail).end();
      },
    );
    expect(answer).toEqual({ status: 200, hsts: expect.stringContaining('max-age=') });
    await web.close();
    const missing = { ...http, tlsKeyFile: join(directory.path, 'none.pem') };
    await expect(startTestWeb(place(), { http: missing })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('answers 503 with a code while the database is away, and recovers by itself', async () => {
    const other = await startTestDatabase();
    const database = connectDatabase(other.url);
    const web = await startTestWeb({ ...place(), database, databaseUrl: other.url });
    const call = callerWith(web.url, ADMIN);
    expect((await call('/api/worklist')).status).toBe(200);
    await other.embedded.stop();
    const away = await call('/api/worklist');
    expect(away.status).toBe(503);
    expect(await away.json()).toEqual({
      ...{ code: 'DATABASE_UNAVAILABLE', message: 'the database cannot be reached' },
      retryable: true,
    });
    expect(away.headers.get('retry-after')).not.toBeNull();
    const health = await fetch(`${web.url}/api/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({
      status: 'degraded',
      components: { database: { status: 'down' }, worker: { status: 'down' } },
    });
    await web.close();
    await database.destroy();
    await other.stop();

    const alive = await startTestWeb(place());
    const caller = callerWith(alive.url, ADMIN);
    expect((await caller('/api/worklist')).status).toBe(200);
    await server.killAndRestart();
    await waitFor(async () => (await caller('/api/worklist')).status === 200, {
      what: 'the worklist after the restart',
      deadlineMs: 30_000,
    });
    await alive.close();
  });
});
