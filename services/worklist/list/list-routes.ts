import { z } from 'zod';
import {
  worklistNewsQuerySchema,
  worklistNewsSchema,
  worklistQuerySchema,
  worklistRowsQuerySchema,
  worklistRowsSchema,
  worklistSchema,
} from '#contracts/worklist.ts';
import { jsonRoute, type Route } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';
import { sightOf } from '../study/sight.ts';
import { refuseAiQuery, withholdFrom } from '../study/withhold.ts';
import { readListRows, readNews } from './list-news.ts';
import { listStudies } from './list-studies.ts';
import { filterFor } from './study-filter.ts';

export function listRoutes({ config, database, accessLog }: WebContext): Route[] {
  const record = (actor: string) => accessLog.recordAccess({ actor, action: 'worklist.read' });
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/worklist',
        access: EVERYONE,
        summary: 'Studies in the order in which they are to be read, or by one column',
        input: z.object({ query: worklistQuerySchema }),
        response: worklistSchema,
      },
      async ({ query }, { principal }) => {
        const sight = sightOf(config, principal);
        refuseAiQuery(sight, query);
        const worklist = await listStudies(
          database,
          { ...query, ...filterFor(query, principal.name) },
          new Date(),
        );
        await record(principal.name);
        return { ...worklist, items: await withholdFrom(database, sight, worklist.items) };
      },
    ),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/worklist/news',
        access: EVERYONE,
        summary: 'How many studies have come since a moment, and which of them are STAT',
        input: z.object({ query: worklistNewsQuerySchema }),
        response: worklistNewsSchema,
      },
      async ({ query }, { principal }) => {
        const sight = sightOf(config, principal);
        refuseAiQuery(sight, query);
        const times = { since: new Date(query.since), now: new Date() };
        const news = await readNews(database, filterFor(query, principal.name), times);
        await record(principal.name);
        return { ...news, stat: await withholdFrom(database, sight, news.stat) };
      },
    ),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/worklist/rows',
        access: EVERYONE,
        summary: 'The rows of named studies as they are now',
        input: z.object({ query: worklistRowsQuerySchema }),
        response: worklistRowsSchema,
      },
      async ({ query }, { principal }) => {
        const rows = await readListRows(database, query.studies, new Date());
        await record(principal.name);
        const sight = sightOf(config, principal);
        return { ...rows, items: await withholdFrom(database, sight, rows.items) };
      },
    ),
  ];
}
