import { z } from 'zod';
import {
  saveViewSchema,
  worklistFacetsQuerySchema,
  worklistFacetsSchema,
  worklistViewsSchema,
} from '#contracts/worklist-views.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';
import { sightOf } from '../study/sight.ts';
import { refuseAiQuery, withholdFacets } from '../study/withhold.ts';
import { readFacets } from './facets.ts';
import { deleteView, readViews, saveView } from './saved-views.ts';
import { filterFor } from './study-filter.ts';

/** What readers choose from, and what they keep of their choices. */
export function viewRoutes({ config, database, accessLog }: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/worklist/facets',
        access: EVERYONE,
        summary: 'How many studies of the list each choice of a filter would give',
        input: z.object({ query: worklistFacetsQuerySchema }),
        response: worklistFacetsSchema,
      },
      async ({ query }, { principal }) => {
        const sight = sightOf(config, principal);
        refuseAiQuery(sight, query);
        const filter = filterFor(query, principal.name);
        const facets = withholdFacets(sight, await readFacets(database, filter, query.of));
        await accessLog.recordAccess({ actor: principal.name, action: 'worklist.read' });
        return facets;
      },
    ),
    jsonRoute(
      {
        method: 'GET',
        path: '/api/worklist/views',
        access: EVERYONE,
        summary: 'Your own saved views of the worklist, and those that are shared',
        input: noInput,
        response: worklistViewsSchema,
      },
      async (_input, { principal }) => ({ views: await readViews(database, principal.name) }),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/worklist/views',
        access: EVERYONE,
        summary: 'Save a view under a name; one of yours with that name is replaced',
        input: z.object({ body: saveViewSchema }),
        response: worklistViewsSchema,
      },
      async ({ body }, { principal }) => ({ views: await saveView(database, principal, body) }),
    ),
    jsonRoute(
      {
        method: 'DELETE',
        path: '/api/worklist/views/:id',
        access: EVERYONE,
        summary: 'Delete a view of yours; as an administrator, any that is shared',
        input: z.object({ params: z.object({ id: z.string().regex(/^\d{1,18}$/) }) }),
        response: worklistViewsSchema,
      },
      async ({ params }, { principal }) => ({
        views: await deleteView(database, principal, params.id),
      }),
    ),
  ];
}
