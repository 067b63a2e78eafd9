import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { uidSchema } from '#contracts/study.ts';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { InstanceReceiver } from '#intake/types.ts';
import { dropBody, liftBodyDeadline } from '#platform/http/body-deadline.ts';
import type { Principal } from '#platform/http/principal.ts';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import type { WebContext } from '../../context.ts';
import { sightOf } from '../../study/sight.ts';
import { requireJsonAccepted } from '../negotiate.ts';
import { serviceRoot } from '../service.ts';
import { parseMediaType } from './media-type.ts';
import { MultipartReader } from './multipart-reader.ts';
import { readBody } from './read-body.ts';
import { answerJson, RETRY_AFTER_SECONDS, statusOf } from './store-answer.ts';
import { findPlacesIn, StoreResults } from './store-results.ts';
import { StoreSession } from './store-session.ts';

export interface StoreRoutes {
  readonly routes: readonly Route[];
  /** Resolves when no request is being taken in. */
  settled(): Promise<void>;
}

const DICOM_JSON = 'application/dicom+json';
const DICOM = 'application/dicom';
const MIN_BYTES_PER_STALL = 1024;
/** From one address: a hundred single images a second. */
const MAX_REQUESTS_A_MINUTE = 6_000;
const TOKEN_PREFIX = /^token:/;

/** What a request is for, known before any of its body is read. */
interface StoreRequest {
  readonly boundary: string;
  /** The study that every part has to be of. */
  readonly studyInstanceUid: string | undefined;
  /** Name of the token: it stands where a calling AE title would. */
  readonly sender: string;
}

/** @throws RadTriageError REQUEST_INVALID, DICOM_UNSUPPORTED, NOT_ACCEPTABLE, FORBIDDEN */
function judgeRequest(
  request: FastifyRequest,
  principal: Principal,
  studyInstanceUid: string | undefined,
): StoreRequest {
  // A browser sends its cookie with whatever another site's page makes it send; a token it does not have.
  if (principal.via !== 'token') {
    throw new RadTriageError('FORBIDDEN', 'storing needs a bearer token');
  }
  requireJsonAccepted(request.headers.accept);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new RadTriageError('DICOM_UNSUPPORTED', 'a content encoding is not supported');
  }
  const media = parseMediaType(request.headers['content-type'] ?? '');
  if (media?.type !== 'multipart/related') {
    throw new RadTriageError(
      'DICOM_UNSUPPORTED',
      'multipart/related; type="application/dicom" is what is taken',
    );
  }
  const inner = media.parameters.get('type')?.toLowerCase() ?? DICOM;
  if (inner !== DICOM) {
    throw new RadTriageError(
      'DICOM_UNSUPPORTED',
      'only type="application/dicom" is taken: metadata with bulk data beside it is not',
    );
  }
  const boundary = media.parameters.get('boundary') ?? '';
  return { boundary, studyInstanceUid, sender: principal.name.replace(TOKEN_PREFIX, '') };
}

/** Takes the body in; afterwards the results hold what became of each part. @throws RadTriageError */
async function takeIn(
  parts: { context: WebContext; receiver: InstanceReceiver; results: StoreResults },
  { boundary, studyInstanceUid, sender }: StoreRequest,
  request: FastifyRequest,
): Promise<void> {
  const { context, receiver, results } = parts;
  const session = new StoreSession({
    receiver,
    results,
    origin: {
      callingAe: sender,
      calledAe: 'STOW',
      peerAddress: request.ip,
      via: 'stow',
      studyInstanceUid,
    },
    onFailure: ({ code, message }, sopInstanceUid) =>
      context.logger.warn({ sender, code, why: message, sopInstanceUid }, 'a part was not stored'),
  });
  const reader = new MultipartReader(boundary, session);
  const pace = {
    stallMs: context.config.stow.stallSeconds * 1000,
    minBytes: MIN_BYTES_PER_STALL,
  };
  liftBodyDeadline(request);
  try {
    await readBody(request.raw, pace, (chunk) => reader.write(chunk));
    reader.end();
    await session.settle();
    if (reader.parts === 0) throw new RadTriageError('REQUEST_INVALID', 'the body has no parts');
  } catch (thrown) {
    const error = toRadTriageError(thrown);
    dropBody(request);
    await session.breakOff(error);
    await session.settle();
    // Of a request that went wrong half way, what was stored before is answered for.
    if (error.code !== 'REQUEST_INVALID' || results.stored.length === 0) throw error;
  }
}

/** Whether the sender is still there. */
async function takeInOrLose(...call: Parameters<typeof takeIn>): Promise<boolean> {
  try {
    await takeIn(...call);
    return true;
  } catch (error) {
    if (error instanceof RadTriageError && error.code === 'ASSOCIATION_FAILED') return false;
    throw error;
  }
}

async function store(
  services: { context: WebContext; receiver: InstanceReceiver },
  wanted: StoreRequest,
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  const { context } = services;
  const results = new StoreResults(
    findPlacesIn(context.database, sightOf(context.config, principal)),
  );
  try {
    const isThere = await takeInOrLose({ ...services, results }, wanted, request);
    const { stored, failed, unnamed } = results;
    const details = { stored: stored.length, failed: failed.length + unnamed.length };
    const studyInstanceUid = wanted.studyInstanceUid ?? results.study;
    const entry = { actor: principal.name, action: 'instances.stored', studyInstanceUid, details };
    await context.accessLog.record(entry);
    const facts = { sender: wanted.sender, ...details };
    if (!isThere) {
      context.logger.warn(facts, 'a sender went away while it stored over STOW-RS');
      await results.dispose();
      return reply.hijack();
    }
    context.logger.info(facts, 'stored over STOW-RS');
    const status = statusOf(results);
    if (status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS);
    const base = serviceRoot(request);
    const answer = Readable.from(answerJson(results, base));
    answer.once('close', () => void results.dispose());
    return reply.code(status).type(DICOM_JSON).send(answer);
  } catch (error) {
    await results.dispose();
    throw error;
  }
}

/** STOW-RS: Store Transaction (PS3.18 section 10.5). */
export function storeRoutes(context: WebContext, receiver: InstanceReceiver): StoreRoutes {
  const running = new Set<Promise<unknown>>();
  const handle = (route: RouteContext, study: string | undefined): Promise<unknown> => {
    const wanted = judgeRequest(route.request, route.principal, study);
    if (running.size >= context.config.stow.maxRequests) {
      route.reply.header('retry-after', RETRY_AFTER_SECONDS);
      throw new RadTriageError('TOO_MANY_REQUESTS', 'as much as can be is being stored already');
    }
    const stored = store({ context, receiver }, wanted, route).finally(() =>
      running.delete(stored),
    );
    running.add(stored);
    return stored;
  };
  const common = {
    method: 'POST',
    access: ['service'],
    rateLimit: { max: MAX_REQUESTS_A_MINUTE, timeWindow: 60_000 },
    produces: [DICOM_JSON],
  } as const;
  return {
    routes: [
      rawRoute(
        {
          ...common,
          path: '/dicomweb/studies',
          summary: 'STOW-RS: store instances',
          input: z.object({}),
        },
        async (_input, route) => handle(route, undefined),
      ),
      rawRoute(
        {
          ...common,
          path: '/dicomweb/studies/:study',
          summary: 'STOW-RS: store instances of one study',
          input: z.object({ params: z.object({ study: uidSchema }) }),
        },
        async ({ params }, route) => handle(route, params.study),
      ),
    ],
    settled: async () => {
      await Promise.allSettled(running);
    },
  };
}
