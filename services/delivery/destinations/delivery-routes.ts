import { z } from 'zod';
import {
  abandonedSchema,
  type DeadDelivery,
  type DeliveriesStatus,
  type DestinationStatus,
  deliveriesSchema,
  deliveryActSchema,
  destinationTestSchema,
  resentSchema,
} from '#contracts/deliveries.ts';
import { RadTriageError } from '#core/errors.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Config } from '#platform/config/config.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';
import {
  type DestinationCounts,
  readDestinationCounts,
} from '#platform/deliveries/count-deliveries.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import { decideDelivery, hurryDestination, resendAll } from './decide-deliveries.ts';
import { type ListedDelivery, listDeliveries } from './list-deliveries.ts';
import { dismissOrphans } from './orphans.ts';
import { tryDestination } from './try-destination.ts';

interface Surroundings {
  readonly config: Pick<Config, 'destinations' | 'dicom'>;
  readonly database: Database;
}

const MAX_DEAD = 500;
const iso = (time: Date | null | undefined): string | null => time?.toISOString() ?? null;

/** Where a destination is, for people; never what it takes to get in. */
export function addressOf(destination: Destination): string {
  return destination.kind === 'C-STORE'
    ? `${destination.calledAe}@${destination.host}:${destination.port}`
    : destination.url;
}

function toStatus(
  name: string,
  destination: Destination | undefined,
  counts: DestinationCounts | undefined,
): DestinationStatus {
  return {
    ...{ name, configured: destination !== undefined, kind: destination?.kind ?? null },
    address: destination === undefined ? null : addressOf(destination),
    send: [...(destination?.send ?? [])],
    storageCommitment: destination?.kind === 'C-STORE' && destination.storageCommitment,
    reachableSince: iso(counts?.reachableSince),
    lastContactAt: iso(counts?.lastContactAt),
    lastError: counts?.lastError ?? null,
    lastErrorAt: iso(counts?.lastErrorAt),
    nextAttemptAt: iso(counts?.nextAttemptAt),
    waiting: counts?.waiting ?? 0,
    oldestWaiting: iso(counts?.oldestWaiting),
    dead: counts?.dead ?? 0,
    sent: counts?.sentLastDay ?? 0,
    lastSentAt: iso(counts?.lastSentAt),
    uncommitted: counts?.uncommitted ?? 0,
    unanswered: counts?.unanswered ?? 0,
  };
}

function toDead(row: ListedDelivery, destinations: readonly Destination[]): DeadDelivery {
  const { destination, kind, sopInstanceUid, studyInstanceUid, attempts } = row;
  return {
    id: row.deliveryKey,
    ...{ destination, kind, sopInstanceUid, studyInstanceUid, attempts },
    configured: destinations.some(({ name }) => name === destination),
    reason: row.lastError ?? '',
    since: (row.settledAt ?? row.createdAt).toISOString(),
  };
}

/** Those of the configuration in its order, then those that are in it no more while something is left of them. */
async function readStatus({ config, database }: Surroundings): Promise<DeliveriesStatus> {
  const { destinations } = config;
  const counts = await readDestinationCounts(database);
  const dead = await listDeliveries(database, { states: ['dead'], limit: MAX_DEAD });
  const named = new Set(destinations.map(({ name }) => name));
  const orphans = counts.filter((each) => !named.has(each.name) && each.waiting + each.dead > 0);
  return {
    destinations: [
      ...destinations.map((each) =>
        toStatus(
          each.name,
          each,
          counts.find(({ name }) => name === each.name),
        ),
      ),
      ...orphans.map((each) => toStatus(each.name, undefined, each)),
    ],
    dead: dead.map((row) => toDead(row, destinations)),
  };
}

async function test({ config, database }: Surroundings, name: string, actor: string) {
  const destination = config.destinations.find((each) => each.name === name);
  if (destination === undefined) {
    throw new RadTriageError('NOT_FOUND', `no destination ${name} is configured`);
  }
  const trial = await tryDestination(destination, config.dicom);
  if (trial.reachable) await hurryDestination(database, name);
  const details = { destination: name, reachable: trial.reachable };
  await appendAudit(database, { actor, action: 'destination.tested', details });
  return trial;
}

const byKey = z.object({ params: z.object({ key: z.string().regex(/^\d{1,18}$/) }) });
const byName = z.object({ params: z.object({ name: z.string().regex(/^[a-z0-9-]{1,64}$/) }) });

/** Where results go, and what did not get there. */
export function deliveryRoutes(surroundings: Surroundings): Route[] {
  const { config, database } = surroundings;
  const decide = (event: 'resend' | 'dismiss', summary: string): Route =>
    jsonRoute(
      {
        method: 'POST',
        path: `/api/admin/deliveries/:key/${event}`,
        access: ['admin'],
        summary,
        input: byKey,
        response: deliveryActSchema,
      },
      async ({ params }, { principal }) => {
        const decision = { key: params.key, event, actor: principal.name };
        const state = await decideDelivery(database, config.destinations, decision);
        return { id: params.key, state };
      },
    );
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/deliveries',
        access: ['admin'],
        summary: 'Destinations of results with what waits for them, and the dead letters',
        input: noInput,
        response: deliveriesSchema,
      },
      () => readStatus(surroundings),
    ),
    decide('resend', 'Send a dead letter again: the time to give up begins anew'),
    decide('dismiss', 'Leave a dead letter at that'),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/admin/destinations/:name/resend',
        access: ['admin'],
        summary: 'Send all dead letters of a destination again',
        input: byName,
        response: resentSchema,
      },
      async ({ params }, { principal }) => ({
        deliveries: await resendAll(database, config.destinations, {
          name: params.name,
          actor: principal.name,
        }),
      }),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/admin/destinations/:name/dismiss',
        access: ['admin'],
        summary: 'Leave what waits for a destination that is not configured any more at that',
        input: byName,
        response: abandonedSchema,
      },
      async ({ params }, { principal }) => ({
        deliveries: await dismissOrphans(database, config.destinations, {
          name: params.name,
          actor: principal.name,
        }),
      }),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/admin/destinations/:name/test',
        access: ['admin'],
        summary: 'Ask a destination whether it is there: C-ECHO, or OPTIONS for STOW-RS',
        input: byName,
        response: destinationTestSchema,
      },
      ({ params }, { principal }) => test(surroundings, params.name, principal.name),
    ),
  ];
}
