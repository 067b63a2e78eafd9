import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { uidSchema } from '#contracts/study.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '#dicom/part10/transfer-syntaxes.ts';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../access.ts';
import type { WebContext } from '../context.ts';
import type { InstanceRow } from '../study/images.ts';
import { keepPrivately } from './caching.ts';
import { findInstance, findInstances, type InstanceAddress } from './find-instances.ts';
import { envelope } from './multipart.ts';
import { choosePackaging, type Packaging, requireJsonAccepted } from './negotiate.ts';
import { deliveredSyntax, readBulk, readFrame, readInstanceJson } from './read-object.ts';

const DICOM_JSON = 'application/dicom+json';
const OCTETS = 'application/octet-stream';
const DICOM = 'application/dicom';

const studyPath = z.object({ study: uidSchema });
const seriesPath = studyPath.extend({ series: uidSchema });
const instancePath = seriesPath.extend({ instance: uidSchema });

async function recordImages(context: WebContext, actor: string, studyInstanceUid: string) {
  await context.accessLog.recordAccess({ actor, action: 'images.read', studyInstanceUid });
}

function addressOf(row: InstanceRow, study: string): string {
  return `/dicomweb/studies/${study}/series/${row.seriesInstanceUid}/instances/${row.sopInstanceUid}`;
}

async function answerMetadata(
  context: WebContext,
  address: InstanceAddress,
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  requireJsonAccepted(request.headers.accept);
  const rows = await findInstances(context, address);
  await recordImages(context, principal.name, address.study);
  const digests = rows.map((row) => row.sha256);
  if (keepPrivately(request, reply, ['metadata', ...digests])) return reply.send();
  const instances = [];
  for (const row of rows) {
    instances.push(readInstanceJson(context, row, addressOf(row, address.study)));
    // A CT has hundreds of instances: others get their turn in between.
    await nextTurn();
  }
  void reply.type(DICOM_JSON);
  return JSON.stringify(instances);
}

function metadataRoutes(context: WebContext): Route[] {
  const common = { method: 'GET', access: EVERYONE, produces: [DICOM_JSON] } as const;
  const root = '/dicomweb/studies/:study';
  return [
    rawRoute(
      {
        ...common,
        path: `${root}/metadata`,
        summary: 'WADO-RS: metadata of a study',
        input: z.object({ params: studyPath }),
      },
      async ({ params }, route) => answerMetadata(context, params, route),
    ),
    rawRoute(
      {
        ...common,
        path: `${root}/series/:series/metadata`,
        summary: 'WADO-RS: metadata of a series',
        input: z.object({ params: seriesPath }),
      },
      async ({ params }, route) => answerMetadata(context, params, route),
    ),
    rawRoute(
      {
        ...common,
        path: `${root}/series/:series/instances/:instance/metadata`,
        summary: 'WADO-RS: metadata of an instance',
        input: z.object({ params: instancePath }),
      },
      async ({ params }, route) => answerMetadata(context, params, route),
    ),
  ];
}

function instanceRoute(context: WebContext): Route {
  return rawRoute(
    {
      method: 'GET',
      path: '/dicomweb/studies/:study/series/:series/instances/:instance',
      access: EVERYONE,
      summary: 'WADO-RS: an instance as it was received',
      input: z.object({ params: instancePath }),
      produces: ['multipart/related', DICOM],
    },
    async ({ params }, { principal, request, reply }) => {
      const row = await findInstance(context, params);
      const { transferSyntaxUid } = row;
      const offer = { mediaType: DICOM, transferSyntaxUid };
      const packaging = choosePackaging(request.headers.accept, offer);
      await recordImages(context, principal.name, params.study);
      const path = context.blobs.locate(row.blobPath);
      if (packaging === 'single') {
        void reply
          .type(`${DICOM}; transfer-syntax=${transferSyntaxUid}`)
          .header('content-length', row.fileBytes);
        return createReadStream(path);
      }
      const { contentType, head, tail } = envelope(offer, row.fileBytes);
      void reply.type(contentType);
      return Readable.from(streamBetween(head, path, tail));
    },
  );
}

async function* streamBetween(head: Uint8Array, path: string, tail: Uint8Array) {
  yield head;
  yield* createReadStream(path);
  yield tail;
}

/** Bytes alone, or as the only part of multipart/related. */
function sendBytes(
  reply: FastifyReply,
  packaging: Packaging,
  body: { mediaType: string; transferSyntaxUid: string; bytes: Uint8Array },
): Buffer {
  const { mediaType, transferSyntaxUid, bytes } = body;
  if (packaging === 'single') {
    void reply.type(`${mediaType}; transfer-syntax=${transferSyntaxUid}`);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  const { contentType, head, tail } = envelope(body, bytes.length);
  void reply.type(contentType);
  return Buffer.concat([head, bytes, tail]);
}

function frameRoute(context: WebContext): Route {
  return rawRoute(
    {
      method: 'GET',
      path: '/dicomweb/studies/:study/series/:series/instances/:instance/frames/:frame',
      access: EVERYONE,
      summary: 'WADO-RS: the pixels of one frame, compressed ones as stored',
      input: z.object({
        params: instancePath.extend({ frame: z.coerce.number().int().min(1).max(1_000_000) }),
      }),
      produces: ['multipart/related', OCTETS],
    },
    async ({ params }, { principal, request, reply }) => {
      const row = await findInstance(context, params);
      const offer = { mediaType: OCTETS, transferSyntaxUid: deliveredSyntax(row) };
      const packaging = choosePackaging(request.headers.accept, offer);
      await recordImages(context, principal.name, params.study);
      const parts = ['frame', row.sha256, String(params.frame), packaging];
      if (keepPrivately(request, reply, parts)) return reply.send();
      const frame = readFrame(context, row, params.frame);
      return sendBytes(reply, packaging, { mediaType: OCTETS, ...frame });
    },
  );
}

function bulkDataRoute(context: WebContext): Route {
  return rawRoute(
    {
      method: 'GET',
      path: '/dicomweb/studies/:study/series/:series/instances/:instance/bulkdata/*',
      access: EVERYONE,
      summary: 'WADO-RS: a large binary value that the metadata points to',
      input: z.object({ params: instancePath.extend({ '*': z.string().max(400) }) }),
      produces: ['multipart/related', OCTETS],
    },
    async ({ params }, { principal, request, reply }) => {
      const row = await findInstance(context, params);
      const offer = { mediaType: OCTETS, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN };
      const packaging = choosePackaging(request.headers.accept, offer);
      await recordImages(context, principal.name, params.study);
      const parts = ['bulkdata', row.sha256, params['*'], packaging];
      if (keepPrivately(request, reply, parts)) return reply.send();
      return sendBytes(reply, packaging, { ...offer, bytes: readBulk(context, row, params['*']) });
    },
  );
}

/** WADO-RS (PS3.18 10.4). */
export function retrieveRoutes(context: WebContext): Route[] {
  return [
    ...metadataRoutes(context),
    instanceRoute(context),
    frameRoute(context),
    bulkDataRoute(context),
  ];
}
