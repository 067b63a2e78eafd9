import { sql } from 'kysely';
import { z } from 'zod';
import { type Health, healthSchema } from '#contracts/session.ts';
import { RadTriageError } from '#core/errors.ts';
import { TO_BE_READ } from '#core/study-state.ts';
import type { GaugeSample } from '#platform/http/metrics.ts';
import { hasAnyRole } from '#platform/http/principal.ts';
import { jsonRoute, noInput, type Route, rawRoute } from '#platform/http/route.ts';
import type { Authenticate } from '#platform/http/server.ts';
import { countNotifications } from '#platform/notifications/read-notifications.ts';
import type { OpenedQueue } from '#queue/open-queue.ts';
import { countHeld } from './administration/site-queries.ts';
import type { WebContext } from './context.ts';
import { HEARTBEAT_SILENCE_MS, newestHeartbeat } from './heartbeats.ts';

type Component = Health['components']['database'];

type Queue = Pick<OpenedQueue, 'health'>;

const OK: Component = { status: 'ok', detail: null };
const down = (detail: string): Component => ({ status: 'down', detail });

async function checkDatabase(context: WebContext): Promise<Component> {
  try {
    await sql`SELECT 1`.execute(context.database);
    return OK;
  } catch {
    return down('cannot be reached');
  }
}

async function checkProcess(context: WebContext, kind: 'listener' | 'worker'): Promise<Component> {
  try {
    const at = await newestHeartbeat(context.database, kind);
    if (at === undefined) return down('never seen');
    const silence = Date.now() - at.getTime();
    return silence > HEARTBEAT_SILENCE_MS ? down(`last seen ${at.toISOString()}`) : OK;
  } catch {
    return down('unknown, the database cannot be reached');
  }
}

async function readHealth(context: WebContext, queue: Queue | undefined): Promise<Health> {
  const database = await checkDatabase(context);
  // Without an own queue to ask, the queue lives in the database.
  const components = {
    database,
    queue: queue === undefined ? database : await queue.health(),
    listener: await checkProcess(context, 'listener'),
    worker: await checkProcess(context, 'worker'),
  };
  const isWell = Object.values(components).every((component) => component.status === 'ok');
  return { status: isWell ? 'ok' : 'degraded', version: context.version, components };
}

async function countBy(context: WebContext, column: 'status' | 'readingStatus') {
  const rows = await context.database
    .selectFrom('study')
    .select(({ fn, ref }) => [ref(column).as('value'), fn.countAll<string>().as('count')])
    .groupBy(column)
    .execute();
  return Object.fromEntries(rows.map((row) => [row.value, Number(row.count)]));
}

/** How long the oldest study has been in each state that is on the way to a result, seconds since our first receipt. */
async function readOldest(context: WebContext): Promise<Record<string, number>> {
  const rows = await context.database
    .selectFrom('study')
    .select('status')
    .select(sql<number>`extract(epoch FROM now() - min(received_at))::float8`.as('seconds'))
    .where('status', 'in', ['receiving', 'queued', 'analysing'])
    .groupBy('status')
    .execute();
  const none = { receiving: 0, queued: 0, analysing: 0 };
  return { ...none, ...Object.fromEntries(rows.map((row) => [row.status, row.seconds])) };
}

async function readHeld(context: WebContext): Promise<Record<string, number>> {
  const held = await countHeld(context.database);
  return {
    quarantined: held.quarantined,
    commitments_given_up: held.commitmentsGivenUp,
    notifications_given_up: held.notificationsDead,
    results_failed: held.resultsFailed,
  };
}

/** Those that were sent about a study that somebody may still read, and not acknowledged. */
async function readNotified(context: WebContext): Promise<Record<string, number>> {
  const counted = await context.database
    .selectFrom('notification')
    .innerJoin('study', 'study.studyKey', 'notification.studyKey')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('sentAt', 'is not', null)
    .where('acknowledgedAt', 'is', null)
    .where('readingStatus', 'in', TO_BE_READ)
    .executeTakeFirstOrThrow();
  const { waiting, dead } = await countNotifications(context.database);
  return { waiting, dead, unacknowledged: Number(counted.count) };
}

async function readRuns(context: WebContext): Promise<Record<string, number>> {
  const rows = await context.database
    .selectFrom('analysisRun')
    .select(({ fn }) => ['state', fn.countAll<string>().as('count')])
    .where('state', 'in', ['queued', 'running'])
    .groupBy('state')
    .execute();
  const none = { queued: 0, running: 0 };
  return { ...none, ...Object.fromEntries(rows.map((row) => [row.state, Number(row.count)])) };
}

async function readGauges(context: WebContext): Promise<GaugeSample[]> {
  const unsent = await context.database
    .selectFrom('outbox')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('sentAt', 'is', null)
    .executeTakeFirstOrThrow();
  const dead = await context.database
    .selectFrom('deadLetter')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('resolvedAt', 'is', null)
    .executeTakeFirstOrThrow();
  return [
    {
      name: 'radtriage_oldest_waiting_seconds',
      help: 'How long ago the oldest study of each state was first received; 0 without one',
      label: 'status',
      values: await readOldest(context),
    },
    {
      name: 'radtriage_runs',
      help: 'Analyses in the queue and under way',
      label: 'state',
      values: await readRuns(context),
    },
    {
      name: 'radtriage_held',
      help: 'What waits for an administrator: quarantine, commitment reports and notifications that nobody took',
      label: 'what',
      values: await readHeld(context),
    },
    {
      name: 'radtriage_notifications',
      help: 'Notifications on their way, given up, and sent but not acknowledged while the study is not read',
      label: 'state',
      values: await readNotified(context),
    },
    {
      name: 'radtriage_studies',
      help: 'Studies by status',
      label: 'status',
      values: await countBy(context, 'status'),
    },
    {
      name: 'radtriage_studies_reading',
      help: 'Studies by reading status',
      label: 'reading_status',
      values: await countBy(context, 'readingStatus'),
    },
    {
      name: 'radtriage_jobs',
      help: 'Jobs not yet handed to the queue, and jobs that ran out of tries',
      label: 'state',
      values: { unsent: Number(unsent.count), failed: Number(dead.count) },
    },
  ];
}

/** Health for anybody; metrics for scripts with a token, and for whoever sits on this machine. */
export function statusRoutes(
  context: WebContext,
  parts: { queue: Queue | undefined; authenticate: Authenticate },
): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/health',
        access: 'public',
        summary: 'How the parts are doing; 503 while the database cannot be reached',
        input: noInput,
        response: healthSchema,
      },
      async (_input, { reply }) => {
        const health = await readHealth(context, parts.queue);
        if (health.components.database.status === 'down') void reply.code(503);
        return health;
      },
    ),
    rawRoute(
      {
        method: 'GET',
        path: '/metrics',
        access: 'public',
        summary: 'Figures in the text format of Prometheus; admin or service token, or loopback',
        input: z.object({}),
        produces: ['text/plain'],
      },
      async (_input, { request, reply }) => {
        // Behind a proxy every request comes from loopback, perhaps.
        const isLocal =
          !context.config.http.trustProxy &&
          /^(127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '');
        if (!isLocal) {
          const principal = await parts.authenticate(request);
          if (principal === undefined || !hasAnyRole(principal, ['admin', 'service'])) {
            throw new RadTriageError('UNAUTHENTICATED', 'metrics need an admin or service token');
          }
        }
        void reply.type(context.metrics.contentType);
        return context.metrics.render(await readGauges(context));
      },
    ),
  ];
}
