import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAuditLog } from '#platform/audit-log/audit-log.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { callerWith, startTestWeb, WEB_ADMIN_TOKEN } from '#tests/support/web-server.ts';
import { createAccount, setDisabled, setPassword } from '#worklist/accounts/accounts.ts';
import { createToken, revokeToken } from '#worklist/accounts/tokens.ts';
import type { Web } from '#worklist/start-web.ts';

const PASSWORD = 'correct horse battery';

describe('sessions and tokens', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;

  const start = () =>
    startTestWeb(
      { database: server.database, databaseUrl: server.url, directory: directory.path },
      { site: 'General', sessionIdleMinutes: 30 },
    );
  const logIn = (username: string, password: string, headers: Record<string, string> = {}) =>
    callerWith(web.url, headers)('/api/session', { method: 'POST', body: { username, password } });
  /** The cookie of a fresh session. */
  const openSession = async (username: string, password = PASSWORD): Promise<string> => {
    const response = await logIn(username, password);
    expect(response.status).toBe(200);
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  };
  const whoAmI = async (headers: Record<string, string>): Promise<number> =>
    (await callerWith(web.url, headers)('/api/session')).status;

  beforeAll(async () => {
    server = await startTestDatabase();
    for (const username of ['ada', 'ben', 'cyn']) {
      const account = { username, password: PASSWORD, roles: ['radiologist'] };
      await createAccount(server.database, account);
    }
  });
  afterAll(async () => {
    await server.stop();
    directory.remove();
  });
  // The limit on log-ins counts by process: each test has its own.
  const withWeb = (name: string, test: () => Promise<void>) =>
    it(name, async () => {
      web = await start();
      try {
        await test();
      } finally {
        await web.close();
      }
    });

  withWeb('logs in, says who is there, and logs out', async () => {
    const response = await logIn('ada', PASSWORD);
    expect(await response.json()).toEqual({
      user: { name: 'ada', roles: ['radiologist'] },
      site: { name: 'General', readingMode: 'assist', aiInLists: true, links: [] },
      version: '0.0.0-test',
    });
    const [set = ''] = response.headers.getSetCookie();
    expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookie = set.split(';')[0] ?? '';
    const origin = web.url;
    expect(await whoAmI({ cookie })).toBe(200);
    const out = await callerWith(web.url, { cookie, origin })('/api/session', { method: 'DELETE' });
    expect(out.status).toBe(200);
    expect(await whoAmI({ cookie })).toBe(401);
  });

  withWeb('keeps only digests of cookies, and of tokens', async () => {
    const cookie = await openSession('ada');
    const token = await createToken(server.database, { name: 'digest', roles: ['service'] });
    const secret = cookie.split('=')[1] ?? '';
    const sessions = await server.database.selectFrom('session').selectAll().execute();
    const tokens = await server.database.selectFrom('apiToken').selectAll().execute();
    expect(JSON.stringify([sessions, tokens])).not.toContain(secret);
    expect(JSON.stringify([sessions, tokens])).not.toContain(token);
    const accounts = await server.database.selectFrom('account').selectAll().execute();
    expect(JSON.stringify(accounts)).not.toContain(PASSWORD);
  });

  withWeb('answers a wrong password and an unknown user alike, in like time', async () => {
    const timed = async (username: string) => {
      const start = performance.now();
      const response = await logIn(username, 'not the password');
      return {
        ms: performance.now() - start,
        status: response.status,
        body: await response.text(),
      };
    };
    await timed('ada');
    const known: Awaited<ReturnType<typeof timed>>[] = [];
    const unknown: typeof known = [];
    for (let turn = 0; turn < 3; turn += 1) {
      known.push(await timed('ada'));
      unknown.push(await timed('zoe'));
    }
    expect(new Set([...known, ...unknown].map(({ status, body }) => `${status} ${body}`))).toEqual(
      new Set([
        `401 ${JSON.stringify({ code: 'UNAUTHENTICATED', message: 'user name or password is wrong', retryable: false })}`,
      ]),
    );
    const fastest = (times: { ms: number }[]) => Math.min(...times.map(({ ms }) => ms));
    // Without the derivation an unknown user would be told in a hundredth of the time; a busy machine is no such factor.
    expect(fastest(unknown)).toBeGreaterThan(fastest(known) * 0.1);
  });

  withWeb('limits how often one may try', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      statuses.push((await logIn('nobody', 'x')).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.slice(10)).toEqual([429, 429]);
    const limited = await logIn('ada', PASSWORD);
    expect(await limited.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', retryable: true });
  });

  withWeb(
    'refuses unsafe requests of another origin, or of none, that carry a cookie',
    async () => {
      const cookie = await openSession('ada');
      const statusFrom = async (headers: Record<string, string>) => {
        const call = callerWith(web.url, { cookie, ...headers });
        return (await call('/api/studies/1.2.3/open', { method: 'POST' })).status;
      };
      expect(await statusFrom({ origin: 'https://evil.example' })).toBe(403);
      expect(await statusFrom({ origin: 'null' })).toBe(403);
      expect(await statusFrom({})).toBe(403);
      expect(await statusFrom({ origin: web.url })).toBe(404);
      expect((await logIn('ada', PASSWORD, { origin: 'https://evil.example' })).status).toBe(403);
      // A GET changes nothing, and a bearer token is no cookie.
      expect(await whoAmI({ cookie, origin: 'https://evil.example' })).toBe(200);
      const token = await createToken(server.database, {
        name: 'no-origin',
        roles: ['radiologist'],
      });
      const bearer = callerWith(web.url, { authorization: `Bearer ${token}` });
      expect((await bearer('/api/studies/1.2.3/open', { method: 'POST' })).status).toBe(404);
    },
  );

  withWeb(
    'ends a session that is idle; what the page asks by itself does not keep it',
    async () => {
      const cookie = await openSession('ben');
      const age = (minutes: number) =>
        sql`UPDATE session SET last_seen_at = now() - make_interval(mins => ${minutes}) WHERE username = 'ben'`.execute(
          server.database,
        );
      await age(29);
      expect(await whoAmI({ cookie, 'x-radtriage-background': '1' })).toBe(200);
      await age(31);
      expect(await whoAmI({ cookie })).toBe(401);
      await age(29);
      expect(await whoAmI({ cookie })).toBe(200);
      const seen = await server.database
        .selectFrom('session')
        .select('lastSeenAt')
        .where('username', '=', 'ben')
        .executeTakeFirstOrThrow();
      expect(Date.now() - seen.lastSeenAt.getTime()).toBeLessThan(60_000);
    },
  );

  withWeb('ends sessions with a new password, and when the account is disabled', async () => {
    const before = await openSession('cyn');
    await setPassword(server.database, 'cyn', 'another good password');
    expect(await whoAmI({ cookie: before })).toBe(401);
    expect((await logIn('cyn', PASSWORD)).status).toBe(401);
    const after = await openSession('cyn', 'another good password');
    await setDisabled(server.database, 'cyn', true);
    expect(await whoAmI({ cookie: after })).toBe(401);
    expect((await logIn('cyn', 'another good password')).status).toBe(401);
  });

  withWeb('takes the admin token and tokens of the table, until they are revoked', async () => {
    const statusOf = (token: string) => whoAmI({ authorization: `Bearer ${token}` });
    expect(await statusOf(WEB_ADMIN_TOKEN)).toBe(200);
    expect(await statusOf(WEB_ADMIN_TOKEN.slice(0, -1))).toBe(401);
    const token = await createToken(server.database, { name: 'script', roles: ['service'] });
    expect(await statusOf(token)).toBe(200);
    await revokeToken(server.database, 'script');
    expect(await statusOf(token)).toBe(401);
  });

  withWeb('refuses a token that another process has revoked soon after', async () => {
    const token = await createToken(server.database, { name: 'elsewhere', roles: ['service'] });
    const status = () => whoAmI({ authorization: `Bearer ${token}` });
    expect(await status()).toBe(200);
    await server.database
      .updateTable('apiToken')
      .set({ revokedAt: new Date() })
      .where('name', '=', 'elsewhere')
      .execute();
    await waitFor(async () => (await status()) === 401, {
      ...{ deadlineMs: 5_000, what: 'the token to be refused' },
    });
  });

  withWeb('records log-ins in an audit log that holds together', async () => {
    await openSession('ada');
    const rows = await server.database.selectFrom('auditLog').selectAll().execute();
    const actions = new Set(rows.map((row) => row.action));
    expect([...actions]).toEqual(expect.arrayContaining(['session.opened', 'session.refused']));
    expect(JSON.stringify(rows)).not.toContain(PASSWORD);
    expect(await verifyAuditLog(server.database)).toMatchObject({ intact: true });
  });

  it('refuses bad names, passwords and roles, and names that are taken', async () => {
    const create = (account: Partial<Parameters<typeof createAccount>[1]>) =>
      createAccount(server.database, {
        username: 'dan',
        password: PASSWORD,
        roles: ['qa'],
        ...account,
      });
    await expect(create({ username: 'a b' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(create({ password: 'short' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(create({ roles: ['chief'] })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(create({ roles: [] })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(create({ username: 'ada' })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(setPassword(server.database, 'nobody', PASSWORD)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
