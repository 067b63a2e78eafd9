import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../../access.ts';
import type { WebContext } from '../../context.ts';
import { keepPrivately } from '../caching.ts';
import { findInstances, type InstanceAddress, type RetrievedRow } from '../find-instances.ts';
import { requireJsonAccepted } from '../negotiate.ts';
import { readInstanceJson } from '../read-object.ts';
import { serviceRoot } from '../service.ts';
import { acceptOf } from './accept.ts';
import {
  addressOf,
  INSTANCE,
  instancePath,
  SERIES,
  STUDY,
  seriesPath,
  studyPath,
} from './addresses.ts';
import { recordLook } from './record-retrieve.ts';
import { textStream } from './send-stream.ts';

const DICOM_JSON = 'application/dicom+json';

async function* writeMetadata(
  first: string,
  others: readonly RetrievedRow[],
  read: (row: RetrievedRow) => string,
): AsyncGenerator<string> {
  yield `[${first}`;
  for (const row of others) {
    // A CT has hundreds of instances: others get their turn in between.
    await nextTurn();
    yield `,${read(row)}`;
  }
  yield ']';
}

async function answerMetadata(
  context: WebContext,
  address: InstanceAddress,
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  requireJsonAccepted(acceptOf(request));
  const rows = await findInstances(context, principal, address);
  await recordLook(context, { principal, request }, address.study);
  const root = serviceRoot(request);
  const digests = rows.map((row) => row.sha256);
  if (keepPrivately(request, reply, ['metadata', root, ...digests])) return reply.send();
  const read = (row: RetrievedRow): string =>
    JSON.stringify(readInstanceJson(context, row, addressOf(root, address.study, row)));
  const [row, ...others] = rows;
  // Before anything is said: what cannot be read at all gets a status of its own.
  const first = read(row);
  void reply.type(DICOM_JSON);
  if (others.length === 0) return `[${first}]`;
  return textStream(context, writeMetadata(first, others, read));
}

/** WADO-RS: Retrieve Transaction, metadata (PS3.18 10.4.1.1.2), one instance after the other. */
export function metadataRoutes(context: WebContext): Route[] {
  const common = { method: 'GET', access: EVERYONE, produces: [DICOM_JSON] } as const;
  return [
    rawRoute(
      {
        ...common,
        path: `${STUDY}/metadata`,
        summary: 'WADO-RS: metadata of a study',
        input: z.object({ params: studyPath }),
      },
      async ({ params }, route) => answerMetadata(context, params, route),
    ),
    rawRoute(
      {
        ...common,
        path: `${SERIES}/metadata`,
        summary: 'WADO-RS: metadata of a series',
        input: z.object({ params: seriesPath }),
      },
      async ({ params }, route) => answerMetadata(context, params, route),
    ),
    rawRoute(
      {
        ...common,
        path: `${INSTANCE}/metadata`,
        summary: 'WADO-RS: metadata of an instance',
        input: z.object({ params: instancePath }),
      },
      async ({ params }, route) => answerMetadata(context, params, route),
    ),
  ];
}
