import type { Readable } from 'node:stream';
import { z } from 'zod';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../../access.ts';
import type { WebContext } from '../../context.ts';
import { keepPrivately } from '../caching.ts';
import { findInstances, type InstanceAddress, type RetrievedRow } from '../find-instances.ts';
import { Multipart } from '../multipart.ts';
import { covers, notAcceptable, type Wish } from '../negotiate.ts';
import { serviceRoot, warn } from '../service.ts';
import { wishesOf } from './accept.ts';
import {
  addressOf,
  INSTANCE,
  instancePath,
  SERIES,
  STUDY,
  seriesPath,
  studyPath,
} from './addresses.ts';
import { lengthOf, type Outgoing, objectParts, openObject } from './object-stream.ts';
import { formFor } from './object-syntax.ts';
import { recordCopy, recordLook } from './record-retrieve.ts';
import { pieceStream } from './send-stream.ts';

const DICOM = 'application/dicom';

interface Choice {
  readonly wish: Wish;
  readonly outgoing: readonly Outgoing[];
}

/** What of the rows meets a wish. */
function outgoingFor(
  rows: readonly RetrievedRow[],
  wish: Wish,
  locate: (row: RetrievedRow) => string,
): Choice {
  const outgoing = rows.flatMap((row): Outgoing[] => {
    const form = formFor(row, wish.transferSyntax);
    if (form === undefined) return [];
    return [{ row, form, mayStay: wish.transferSyntax === undefined, location: locate(row) }];
  });
  return { wish, outgoing };
}

/**
 * The most wanted way in which all can go out, else the first in which some can.
 * @throws RadTriageError NOT_ACCEPTABLE
 */
function choose(
  rows: readonly RetrievedRow[],
  wishes: readonly Wish[],
  locate: (row: RetrievedRow) => string,
): Choice {
  const choices = wishes
    .filter(({ mediaType, packaging }) => {
      const fits = packaging === 'multipart' || rows.length === 1;
      return fits && covers(mediaType, DICOM);
    })
    .map((wish) => outgoingFor(rows, wish, locate))
    .filter(({ outgoing }) => outgoing.length > 0);
  const whole = choices.find(({ outgoing }) => outgoing.length === rows.length);
  const chosen = whole ?? choices[0];
  if (chosen !== undefined) return chosen;
  const kept = [...new Set(rows.map((row) => row.transferSyntaxUid))].join(', ');
  throw notAcceptable(
    `application/dicom is what there is, in the transfer syntax in which it is kept (${kept}) or, where it can be decoded, in 1.2.840.10008.1.2.1; alone for one instance, in multipart/related for any number`,
  );
}

async function answerObjects(
  context: WebContext,
  address: InstanceAddress,
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  const root = serviceRoot(request);
  const rows = await findInstances(context, principal, address);
  const { study, series, instance } = address;
  const choice = choose(rows, wishesOf(request), (row) => addressOf(root, study, row));
  const { wish, outgoing } = choice;
  if (instance === undefined) {
    const taken = { studyInstanceUid: study, series, instances: outgoing.length };
    await recordCopy(context, principal.name, taken);
  } else await recordLook(context, { principal, request }, study);
  const digests = outgoing.map(({ row, form }) => `${row.sopInstanceUid} ${row.sha256} ${form}`);
  if (keepPrivately(request, reply, ['objects', root, wish.packaging, ...digests])) {
    return reply.send();
  }
  if (outgoing.length < rows.length) {
    const missing = rows.length - outgoing.length;
    warn(reply, [`${missing} instances cannot be had in the transfer syntax asked for`]);
    void reply.code(206);
  }
  const [only] = outgoing;
  if (wish.packaging === 'single' && only !== undefined) {
    const { transferSyntaxUid, length, pieces } = await openObject(context, only);
    void reply
      .type(`${DICOM}; transfer-syntax=${transferSyntaxUid}`)
      .header('content-length', length);
    return pieceStream(context, pieces());
  }
  return sendParts(context, outgoing, reply);
}

function sendParts(
  context: WebContext,
  outgoing: readonly Outgoing[],
  reply: RouteContext['reply'],
): Readable {
  const multipart = new Multipart();
  const syntaxes = new Set(
    outgoing.map(({ row, form }) => (form === 'stored' ? row.transferSyntaxUid : undefined)),
  );
  const [syntax] = syntaxes;
  void reply.type(multipart.contentType(DICOM, syntaxes.size === 1 ? syntax : undefined));
  const length = lengthOf(outgoing, multipart);
  if (length !== undefined) void reply.header('content-length', length);
  return pieceStream(context, objectParts(context, outgoing, multipart));
}

/** WADO-RS: Retrieve Transaction, instances (PS3.18 10.4.1.1.1). */
export function objectRoutes(context: WebContext): Route[] {
  const common = {
    method: 'GET',
    access: EVERYONE,
    produces: ['multipart/related', DICOM],
  } as const;
  return [
    rawRoute(
      {
        ...common,
        path: STUDY,
        summary: 'WADO-RS: the instances of a study',
        input: z.object({ params: studyPath }),
      },
      async ({ params }, route) => answerObjects(context, params, route),
    ),
    rawRoute(
      {
        ...common,
        path: SERIES,
        summary: 'WADO-RS: the instances of a series',
        input: z.object({ params: seriesPath }),
      },
      async ({ params }, route) => answerObjects(context, params, route),
    ),
    rawRoute(
      {
        ...common,
        path: INSTANCE,
        summary: 'WADO-RS: an instance, as it was received or in Explicit VR Little Endian',
        input: z.object({ params: instancePath }),
      },
      async ({ params }, route) => answerObjects(context, params, route),
    ),
  ];
}
