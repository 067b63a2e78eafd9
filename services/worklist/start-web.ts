import { setTimeout } from 'node:timers/promises';
import fastifyCookie from '@fastify/cookie';
import fastifyRateLimit from '@fastify/rate-limit';
import { z } from 'zod';
import { errorSchema } from '#contracts/session.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import type { ModelRegistry } from '#models/registry/registry.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import { createMetrics } from '#platform/http/metrics.ts';
import { describeApi } from '#platform/http/openapi.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import { addRoutes, addStreamingRoutes, createHttpServer, listen } from '#platform/http/server.ts';
import type { Logger } from '#platform/logger/logger.ts';
import type { OpenedQueue } from '#queue/open-queue.ts';
import { type AccessLog, createAccessLog } from './access-log.ts';
import { commitmentRoutes } from './administration/commitment-routes.ts';
import { failureRoutes } from './administration/failure-routes.ts';
import { modelRoutes } from './administration/model-routes.ts';
import { quarantineRoutes } from './administration/quarantine-routes.ts';
import { refusedReportRoutes } from './administration/refused-report-routes.ts';
import { siteRoutes } from './administration/site-routes.ts';
import type { BlobReader, WebContext } from './context.ts';
import { addCrossOrigin } from './dicomweb/cross-origin.ts';
import { retrieveRoutes } from './dicomweb/retrieve/retrieve-routes.ts';
import { createSharedDecoder } from './dicomweb/retrieve/shared-decoder.ts';
import { searchRoutes } from './dicomweb/search/search-routes.ts';
import { storeRoutes } from './dicomweb/store/store-routes.ts';
import { createEventHub } from './events/event-hub.ts';
import { createEventStreams } from './events/event-routes.ts';
import { listRoutes } from './list/list-routes.ts';
import { viewRoutes } from './list/view-routes.ts';
import { acknowledgeRoutes } from './notifications/acknowledge-routes.ts';
import { notificationRoutes } from './notifications/notification-routes.ts';
import { createAuthenticate, SESSION_COOKIE } from './session/authenticate.ts';
import { sessionRoutes } from './session/session-routes.ts';
import { statusRoutes } from './status-routes.ts';
import { priorRoutes } from './study/priors.ts';
import { readingRoutes } from './study/reading-routes.ts';
import { createStudyReader, type StudyReader } from './study/study-reader.ts';
import { studyRoutes } from './study/study-routes.ts';
import { addViewer } from './viewer-files.ts';

const HUB_PATIENCE_MS = 5_000;

export interface WebOptions {
  readonly config: Config;
  readonly database: Database;
  /** For the connection that listens to changes. */
  readonly databaseUrl: string;
  readonly blobStore: BlobReader;
  readonly logger: Logger;
  readonly version: string;
  /** The built page, absolute. */
  readonly viewerDirectory: string;
  /** Asked for its health; without it the queue counts as well as the database that it lives in. */
  readonly queue?: Pick<OpenedQueue, 'health'>;
  /** Keeps what is stored over STOW-RS; without it there is no such route. */
  readonly receiver?: InstanceReceiver;
  /** Without it there are no pages about models. */
  readonly registry?: ModelRegistry;
  /** Routes of other rooms, made over what this one knows of studies. */
  readonly extraRoutes?: readonly ((services: WebServices) => readonly Route[])[];
}

/** What the routes of other rooms are made over. */
export interface WebServices {
  readonly config: Config;
  readonly database: Database;
  readonly accessLog: AccessLog;
  readonly studies: StudyReader;
}

export interface Web {
  /** Scheme, host and port, without a slash at the end. */
  readonly url: string;
  /** Every route, for checks. */
  readonly routes: readonly Route[];
  close(): Promise<void>;
}

function describeRoute(routes: () => readonly Route[], version: string): Route {
  return jsonRoute(
    {
      method: 'GET',
      path: '/api/openapi.json',
      access: 'public',
      summary: 'This description',
      input: noInput,
      response: z.record(z.string(), z.unknown()),
    },
    async () => describeApi(routes(), { version, sessionCookie: SESSION_COOKIE, errorSchema }),
  );
}

/** Starts the page and its API. @throws RadTriageError PORT_IN_USE, CONFIG_INVALID */
export async function startWeb(options: WebOptions): Promise<Web> {
  const { config, database, databaseUrl, logger, version } = options;
  const decoder = createSharedDecoder();
  const context: WebContext = {
    config,
    database,
    logger,
    version,
    metrics: createMetrics(),
    accessLog: createAccessLog(database),
    blobs: options.blobStore,
    decoder,
  };
  const authenticate = createAuthenticate(database, config);
  const server = await createHttpServer(context);
  await server.register(fastifyCookie);
  await server.register(fastifyRateLimit, { global: false });
  addCrossOrigin(server, config.dicomweb.allowedOrigins);
  const hub = createEventHub(databaseUrl);
  // A page that opens at once must miss nothing; a database that is away holds nobody up.
  await Promise.race([hub.ready, setTimeout(HUB_PATIENCE_MS, undefined, { ref: false })]);
  const streams = createEventStreams(context, hub);
  const { accessLog } = context;
  const services = { config, database, accessLog, studies: createStudyReader(context) };
  const door = options.receiver === undefined ? undefined : storeRoutes(context, options.receiver);
  const routes: Route[] = [
    ...statusRoutes(context, { queue: options.queue, authenticate }),
    describeRoute(() => routes, version),
    ...sessionRoutes(context),
    ...listRoutes(context),
    ...viewRoutes(context),
    ...studyRoutes(context),
    ...priorRoutes(context),
    ...readingRoutes(context),
    ...acknowledgeRoutes(context),
    ...notificationRoutes(context, options.registry),
    ...searchRoutes(context),
    ...retrieveRoutes(context),
    ...failureRoutes(context),
    ...quarantineRoutes(context),
    ...refusedReportRoutes(context),
    ...siteRoutes(context),
    ...commitmentRoutes(context),
    ...(options.registry === undefined ? [] : modelRoutes(context, options.registry)),
    ...(options.extraRoutes ?? []).flatMap((make) => make(services)),
    ...streams.routes,
  ];
  addRoutes(server, routes, authenticate);
  if (door !== undefined) {
    await addStreamingRoutes(server, door.routes, authenticate);
    routes.push(...door.routes);
  }
  await addViewer(server, options.viewerDirectory);
  const close = async (): Promise<void> => {
    streams.endAll();
    await server.close();
    await door?.settled();
    await decoder.close();
    await hub.close();
  };
  try {
    return { url: await listen(server, config), routes, close };
  } catch (error) {
    await close();
    throw error;
  }
}
