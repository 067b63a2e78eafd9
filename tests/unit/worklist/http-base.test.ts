import { once } from 'node:events';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { loadConfig } from '#platform/config/config.ts';
import { createMetrics } from '#platform/http/metrics.ts';
import { describeApi } from '#platform/http/openapi.ts';
import { jsonRoute, noInput, type Route, rawRoute } from '#platform/http/route.ts';
import { addRoutes, createHttpServer } from '#platform/http/server.ts';
import { createLogger } from '#platform/logger/logger.ts';

const BEARERS = new Map([
  ['Bearer reader', 'radiologist'],
  ['Bearer judge', 'qa'],
] as const);

const echo = jsonRoute(
  {
    method: 'POST',
    path: '/api/echo/:id',
    access: ['radiologist'],
    summary: 'Says it again',
    status: 201,
    input: z.object({
      params: z.object({ id: z.coerce.number().int() }),
      query: z.object({ loud: z.enum(['yes', 'no']).default('no') }),
      body: z.object({ text: z.string().max(10) }),
    }),
    response: z.object({ id: z.number(), text: z.string(), by: z.string() }),
  },
  async ({ params, query, body }, { principal }) => ({
    id: params.id,
    text: query.loud === 'yes' ? body.text.toUpperCase() : body.text,
    by: principal.name,
    secret: 'never leaves',
  }),
);

function failing(path: string, error: unknown): Route {
  const spec = { method: 'GET', path, access: 'public', summary: 'Fails', input: noInput } as const;
  return rawRoute({ ...spec, produces: ['text/plain'] }, async () => {
    throw error;
  });
}

describe('the HTTP base', () => {
  let server: FastifyInstance | undefined;

  const serve = async (routes: readonly Route[]): Promise<FastifyInstance> => {
    server = await createHttpServer({
      config: loadConfig({ environment: {} }),
      logger: createLogger({ level: 'silent', process: 'test' }),
      metrics: createMetrics(),
    });
    addRoutes(server, routes, async (request) => {
      for (const [bearer, role] of BEARERS) {
        if (request.headers.authorization !== bearer) continue;
        return { name: role, roles: [role], via: 'token', sessionHash: null };
      }
      return undefined;
    });
    return server;
  };
  const post = (app: FastifyInstance, url: string, bearer?: string, payload: unknown = {}) =>
    app.inject({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  it('ends a connection whose body never comes to its end, and no other', async () => {
    const app = await createHttpServer({
      config: loadConfig({ environment: {} }),
      logger: createLogger({ level: 'silent', process: 'test' }),
      metrics: createMetrics(),
      bodyDeadlineMs: 50,
    });
    server = app;
    const ok = { method: 'GET', path: '/ok', access: 'public', summary: 'Fine' } as const;
    const slow = rawRoute({ ...ok, input: noInput, produces: ['text/plain'] }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 120));
      return 'fine';
    });
    addRoutes(app, [echo, slow], async () => undefined);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const [address] = app.addresses();
    const port = typeof address === 'object' ? address.port : 0;
    const socket = connect(port, '127.0.0.1');
    const head = ['POST /api/echo/1 HTTP/1.1', 'Host: x', 'Content-Type: application/json'];
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(`${head.join('\r\n')}\r\nContent-Length: 100\r\n\r\n{`);
    await once(socket, 'close');
    // A request without a body may take its time.
    expect(await (await fetch(`http://127.0.0.1:${port}/ok`)).text()).toBe('fine');
  });

  it('parses what comes in, and lets out only what the contract names', async () => {
    const app = await serve([echo]);
    const response = await post(app, '/api/echo/7?loud=yes', 'reader', { text: 'hello', more: 1 });
    expect(response.statusCode).toBe(201);
    expect(response.json()).toEqual({ id: 7, text: 'HELLO', by: 'radiologist' });
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.headers['content-security-policy']).toMatch(/default-src 'self'/);
  });

  it('names every fault of a request, and never its values', async () => {
    const app = await serve([echo]);
    const text = 'Doe^Jane, born 1950';
    const response = await post(app, '/api/echo/x?loud=Doe', 'reader', { text });
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'REQUEST_INVALID', retryable: false });
    expect(response.json().message).toMatch(/params\.id: .*query\.loud: .*body\.text: /);
    expect(response.body).not.toContain('Doe');
    const broken = await post(app, '/api/echo/7', 'reader', '{"text":');
    expect([broken.statusCode, broken.json().code]).toEqual([400, 'REQUEST_INVALID']);
  });

  it('asks who it is before it reads a body', async () => {
    const app = await serve([echo]);
    expect((await post(app, '/api/echo/7', undefined, '{"broken":')).statusCode).toBe(401);
    expect((await post(app, '/api/echo/7', 'judge', '{"broken":')).statusCode).toBe(403);
    expect((await post(app, '/api/echo/7', 'stranger')).statusCode).toBe(401);
    const large = await post(app, '/api/echo/7', 'reader', { text: 'x'.repeat(300_000) });
    expect([large.statusCode, large.json().code]).toEqual([400, 'REQUEST_INVALID']);
  });

  it('answers every error with a code, and tells nothing of what it did not foresee', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const app = await serve([
      failing('/coded', new RadTriageError('STALE_VERSION', 'changed', { details: { now: 3 } })),
      failing('/unforeseen', new Error('Key (patient_name)=(Doe^Jane) is there already')),
      failing('/database', refused),
    ]);
    const coded = await app.inject('/coded');
    expect([coded.statusCode, coded.json()]).toEqual([
      409,
      { code: 'STALE_VERSION', message: 'changed', retryable: false, details: { now: 3 } },
    ]);
    const unforeseen = await app.inject('/unforeseen');
    expect([unforeseen.statusCode, unforeseen.json().code]).toEqual([500, 'INTERNAL']);
    expect(unforeseen.body).not.toContain('Doe');
    const database = await app.inject('/database');
    expect([database.statusCode, database.json()]).toMatchObject([
      503,
      { code: 'DATABASE_UNAVAILABLE', retryable: true },
    ]);
  });

  it('refuses an answer that breaks its own contract', async () => {
    const spec = { method: 'GET', path: '/wrong', access: 'public', summary: 'Wrong' } as const;
    const response = z.object({ at: z.iso.datetime() });
    const app = await serve([
      jsonRoute({ ...spec, input: noInput, response }, async () => ({ at: 'yesterday' })),
    ]);
    expect((await app.inject('/wrong')).json()).toMatchObject({ code: 'INTERNAL' });
  });

  it('refuses to start with a route that is wired twice', async () => {
    await expect(serve([echo, echo])).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('describes itself in OpenAPI', () => {
    const site = { version: '1.2.3', sessionCookie: 'cookie', errorSchema: z.object({}) };
    const document = describeApi([echo, failing('/public', undefined)], site);
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { version: '1.2.3' },
      paths: {
        '/api/echo/{id}': {
          post: {
            'x-roles': ['radiologist'],
            parameters: [
              { name: 'id', in: 'path', required: true },
              { name: 'loud', in: 'query', required: false },
            ],
            requestBody: { content: { 'application/json': { schema: { required: ['text'] } } } },
            responses: { 201: {}, default: {} },
          },
        },
        '/public': { get: { security: [] } },
      },
    });
  });
});
