import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { USER_ROLES, type UserRole } from '#core/finding.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import { openRegistry } from '#models/registry/registry.ts';
import type { Route } from '#platform/http/route.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { comparisonRoutes } from '#quality/model-comparison/comparison-routes.ts';
import { qualityRoutes } from '#quality/quality-routes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web, WebServices } from '#worklist/start-web.ts';

const PUBLIC = [
  'GET /api/health',
  'GET /api/openapi.json',
  'GET /metrics',
  'POST /api/session',
] as const;

/** Nothing gets as far as that. */
const NO_RECEIVER: InstanceReceiver = {
  open: () => {
    throw new Error('a request was let in');
  },
};

const nameOf = (route: Route) => `${route.method} ${route.path}`;
const pathOf = (route: Route) => route.path.replaceAll(/:[A-Za-z]+|\*/g, '1');

describe('who may call what', () => {
  const directory = temporaryDirectory();
  const callers = new Map<UserRole, Caller>();
  let server: TestDatabase;
  let web: Web;

  beforeAll(async () => {
    server = await startTestDatabase();
    const registry = await openRegistry({ directories: [], database: server.database });
    const rule = loadPriorityRule();
    const comparison = (services: WebServices) => comparisonRoutes({ ...services, rule });
    web = await startTestWeb(
      { database: server.database, databaseUrl: server.url, directory: directory.path },
      {},
      { registry, extraRoutes: [qualityRoutes, comparison], receiver: NO_RECEIVER },
    );
    for (const role of USER_ROLES) {
      callers.set(role, await callerFor(web, server.database, { role, name: role }));
    }
  });

  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });

  it('leaves only the named routes open to everybody', () => {
    const open = web.routes.filter((route) => route.access === 'public').map(nameOf);
    expect(open.sort()).toEqual([...PUBLIC].sort());
    expect(web.routes.length).toBeGreaterThan(30);
  });

  it('answers 401 on every other route without credentials, or with wrong ones', async () => {
    const wrong = { authorization: 'Bearer wrong' };
    for (const route of web.routes.filter((candidate) => candidate.access !== 'public')) {
      for (const headers of [{}, wrong, { cookie: 'radtriage_session=wrong' }]) {
        const response = await fetch(web.url + pathOf(route), { method: route.method, headers });
        const body: unknown = await response.json();
        expect([nameOf(route), response.status]).toEqual([nameOf(route), 401]);
        expect(body).toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
      }
    }
  });

  it('answers 403 on every route to every role that it does not name', async () => {
    let refused = 0;
    for (const route of web.routes) {
      if (route.access === 'public') continue;
      for (const role of USER_ROLES.filter((candidate) => !route.access.includes(candidate))) {
        const response = await callers.get(role)?.(pathOf(route), { method: route.method });
        expect([nameOf(route), role, response?.status]).toEqual([nameOf(route), role, 403]);
        expect(await response?.json()).toMatchObject({ code: 'FORBIDDEN' });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('lets only radiologists sign, only qa read a second time, only admins change models', () => {
    const accessOf = (name: string) => web.routes.find((route) => nameOf(route) === name)?.access;
    expect(accessOf('POST /api/studies/:uid/reviews')).toEqual(['radiologist', 'admin']);
    expect(accessOf('POST /api/quality/studies/:uid/readings')).toEqual(['qa']);
    expect(accessOf('POST /api/models/:id/role')).toEqual(['admin']);
    expect(accessOf('POST /dicomweb/studies')).toEqual(['service']);
    expect(accessOf('POST /api/studies/:uid/reanalyse')).toEqual(['admin']);
  });

  it('describes every route with its roles in OpenAPI', async () => {
    const response = await fetch(`${web.url}/api/openapi.json`);
    const document: unknown = await response.json();
    expect(document).toMatchObject({ openapi: '3.1.0' });
    for (const route of web.routes) {
      const path = route.path.replaceAll(/:([A-Za-z]+)/g, '{$1}').replace('*', '{path}');
      const roles = route.access === 'public' ? {} : { 'x-roles': [...route.access] };
      expect(document).toHaveProperty(
        ['paths', path, route.method.toLowerCase()],
        expect.objectContaining({ summary: route.summary, ...roles }),
      );
    }
  });

  it('refuses an unknown address and a malformed UID with a coded error', async () => {
    const admin = callers.get('admin');
    const unknown = await admin?.('/api/nothing');
    expect([unknown?.status, await unknown?.json()]).toMatchObject([404, { code: 'NOT_FOUND' }]);
    const malformed = await admin?.('/api/studies/..%2F..%2Fetc');
    expect([malformed?.status, await malformed?.json()]).toMatchObject([
      400,
      { code: 'REQUEST_INVALID' },
    ]);
    const broken = await callers.get('radiologist')?.('/api/studies/1.2/reviews', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    expect([broken?.status, await broken?.json()]).toMatchObject([
      400,
      { code: 'REQUEST_INVALID' },
    ]);
  });
});
