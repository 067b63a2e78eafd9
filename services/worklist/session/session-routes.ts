import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { loginSchema, sessionSchema } from '#contracts/session.ts';
import { RadTriageError } from '#core/errors.ts';
import type { UserRole } from '#core/finding.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import { verifyAccount } from '../accounts/accounts.ts';
import { closeSession, openSession, sweepSessions } from '../accounts/sessions.ts';
import type { WebContext } from '../context.ts';
import { sightOf } from '../study/sight.ts';
import { checkOrigin, SESSION_COOKIE } from './authenticate.ts';

const LOGIN_LIMIT = { max: 10, timeWindow: 60_000 };

function describeSession(context: WebContext, user: { name: string; roles: readonly UserRole[] }) {
  const { site, readingMode, links } = context.config;
  const sight = sightOf(context.config, user);
  return {
    user: { name: user.name, roles: [...user.roles] },
    site: { name: site, readingMode, aiInLists: sight.blindFirst === null, links: [...links] },
    version: context.version,
  };
}

function setCookie(context: WebContext, reply: FastifyReply, secret: string): void {
  const { tlsCertFile, trustProxy } = context.config.http;
  void reply.setCookie(SESSION_COOKIE, secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    // Behind a declared proxy the browser speaks TLS as well.
    secure: tlsCertFile !== undefined || trustProxy,
  });
}

function loginRoute(context: WebContext): Route {
  return jsonRoute(
    {
      method: 'POST',
      path: '/api/session',
      access: 'public',
      summary: 'Log in with a local account; sets the session cookie',
      input: z.object({ body: loginSchema }),
      response: sessionSchema,
      rateLimit: LOGIN_LIMIT,
    },
    async ({ body }, { request, reply }) => {
      // A script without a browser sends no Origin; another site's page always does.
      if (request.headers.origin !== undefined) checkOrigin(request);
      const { database, accessLog, config } = context;
      const account = await verifyAccount(database, body);
      if (account === undefined) {
        await accessLog.record({ actor: 'unknown', action: 'session.refused' });
        throw new RadTriageError('UNAUTHENTICATED', 'user name or password is wrong');
      }
      await sweepSessions(database, config.sessionIdleMinutes);
      setCookie(context, reply, await openSession(database, account.username));
      await accessLog.record({ actor: account.username, action: 'session.opened' });
      return describeSession(context, { name: account.username, roles: account.roles });
    },
  );
}

/** Who am I, log in, log out. */
export function sessionRoutes(context: WebContext): Route[] {
  return [
    loginRoute(context),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/session',
        access: EVERYONE,
        summary: 'Who is logged in, and the site',
        input: noInput,
        response: sessionSchema,
      },
      async (_input, { principal }) => describeSession(context, principal),
    ),
    jsonRoute(
      {
        method: 'DELETE',
        path: '/api/session',
        access: EVERYONE,
        summary: 'Log out',
        input: noInput,
        response: z.object({}),
      },
      async (_input, { principal, reply }) => {
        if (principal.sessionHash !== null) {
          await closeSession(context.database, principal.sessionHash);
          await context.accessLog.record({ actor: principal.name, action: 'session.closed' });
        }
        void reply.clearCookie(SESSION_COOKIE, { path: '/' });
        return {};
      },
    ),
  ];
}
