import { z } from 'zod';
import { worklistQuerySchema, worklistSchema } from '#contracts/study.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';
import { listStudies } from './list-studies.ts';

export function listRoutes(context: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/worklist',
        access: EVERYONE,
        summary: 'Studies in the order in which they are to be read',
        input: z.object({ query: worklistQuerySchema }),
        response: worklistSchema,
      },
      async ({ query }, { principal }) => {
        const worklist = await listStudies(context.database, query, new Date());
        await context.accessLog.recordAccess({ actor: principal.name, action: 'worklist.read' });
        return worklist;
      },
    ),
  ];
}
