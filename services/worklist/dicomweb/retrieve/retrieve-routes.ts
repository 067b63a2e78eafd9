import type { Route } from '#platform/http/route.ts';
import type { WebContext } from '../../context.ts';
import { bulkDataRoutes } from './bulk-data-routes.ts';
import { frameRoutes } from './frame-routes.ts';
import { metadataRoutes } from './metadata-routes.ts';
import { objectRoutes } from './object-routes.ts';
import { renderedRoutes } from './rendered-routes.ts';

/** WADO-RS: Retrieve Transaction (PS3.18 section 10.4). */
export function retrieveRoutes(context: WebContext): Route[] {
  return [
    ...objectRoutes(context),
    ...metadataRoutes(context),
    ...frameRoutes(context),
    ...bulkDataRoutes(context),
    ...renderedRoutes(context),
  ];
}
