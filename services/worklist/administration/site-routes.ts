import { z } from 'zod';
import {
  associationsSchema,
  doorSchema,
  siteStatusSchema,
  waitingSchema,
} from '#contracts/site-status.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import type { WebContext } from '../context.ts';
import { readDoor, readEnded } from './door-queries.ts';
import { readSiteStatus } from './read-site-status.ts';
import { readSignOfLife } from './site-queries.ts';
import { readWaiting } from './waiting-studies.ts';

const MAX_PAGE = 200;

const associationQuery = z.object({
  before: z
    .string()
    .regex(/^\d{1,18}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  /** Those alone with a refused object, or that did not end by release. */
  trouble: z.stringbool().default(false),
  callingAe: z.string().max(16).optional(),
});

/** What an administrator sees of the door, the disk and the studies that wait. Without patient data. */
export function siteRoutes({ config, database }: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/status',
        access: ['admin'],
        summary: 'Whether images come in, what is wrong, disk, backlog and counts',
        input: noInput,
        response: siteStatusSchema,
      },
      async () => readSiteStatus(database, config),
    ),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/door',
        access: ['admin'],
        summary: 'Associations now, who was refused in the last day and why, and the peers',
        input: noInput,
        response: doorSchema,
      },
      async () => readDoor(database, config.dicom),
    ),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/associations',
        access: ['admin'],
        summary: 'Associations that have ended, the newest first',
        input: z.object({ query: associationQuery }),
        response: associationsSchema,
      },
      async ({ query }) => readEnded(database, query),
    ),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/waiting',
        access: ['admin'],
        summary: 'Studies without a result, and what each of them waits for',
        input: noInput,
        response: waitingSchema,
      },
      async () => {
        const { signOfLife } = await readSignOfLife(database, 'worker');
        const waiting = await readWaiting(database, { workerAlive: signOfLife.alive });
        return { generatedAt: new Date().toISOString(), ...waiting };
      },
    ),
  ];
}
