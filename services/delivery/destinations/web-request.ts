import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { finished } from 'node:stream/promises';
import { RadTriageError } from '#core/errors.ts';
import type { WebDestination } from '#platform/config/destinations.ts';
import { readSecret } from '#platform/config/read-secret.ts';
import { allowedLookup, requireAllowed } from '#platform/outbound/allowed-address.ts';
import { tlsOptions } from './tls-options.ts';

export interface WebRequest {
  readonly method: 'POST' | 'OPTIONS';
  /** Added to the destination's URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: AsyncIterable<Buffer>;
  readonly signal: AbortSignal;
}

export interface WebAnswer {
  readonly status: number;
  readonly contentType: string;
  /** At most `MAX_ANSWER_BYTES`; what is longer is cut off. */
  readonly body: Buffer;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * One request to a DICOMweb server. It goes only to an address that was looked at, and follows nowhere: an answer that
 * redirects is an answer like another.
 * @throws RadTriageError ASSOCIATION_FAILED when the server is lost, too slow, or not to be reached (details `reached`:
 * whether a byte of the request can have come through); FORBIDDEN for an address that is not allowed; CONFIG_INVALID
 */
export async function sendRequest(
  destination: WebDestination,
  request: WebRequest,
): Promise<WebAnswer> {
  const url = new URL(`${destination.url.replace(/\/+$/, '')}${request.path}`);
  const secure = url.protocol === 'https:';
  const { networks, allowPrivate } = destination;
  const rule = { networks, allowPrivate, allowPublic: secure };
  requireAllowed(url.hostname, rule);
  const tls = secure && destination.tls !== undefined ? await tlsOptions(destination.tls) : {};
  const call = (secure ? requestHttps : requestHttp)({
    ...tls,
    ...(secure ? { minVersion: 'TLSv1.2' as const } : {}),
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : url.port,
    path: url.pathname,
    method: request.method,
    headers: { ...request.headers, ...(await authorization(destination.auth)) },
    lookup: allowedLookup(rule),
    agent: false,
    signal: request.signal,
  });
  const progress = { reached: false };
  const { connectSeconds, responseSeconds } = destination.timeouts;
  const limit = startLimit((reason) => call.destroy(new Error(reason)));
  limit.set(connectSeconds, 'no connection');
  call.on('socket', (socket) => {
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      progress.reached = true;
      limit.set(responseSeconds, 'the server to take data');
    });
  });
  try {
    const answered = once(call, 'response');
    answered.catch(() => undefined);
    await sendBody(call, request.body, () => limit.set(responseSeconds, 'the server to take data'));
    limit.set(responseSeconds, 'an answer');
    const [response]: IncomingMessage[] = await answered;
    if (response === undefined) throw new Error('no answer');
    return await readAnswer(response);
  } catch (error) {
    throw asTrouble(error, progress.reached);
  } finally {
    limit.clear();
    call.destroy();
  }
}

/** One timer for all that is waited for, the last thing set. */
function startLimit(onPassed: (reason: string) => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    set: (seconds: number, what: string) => {
      clearTimeout(timer);
      const reason = `waited ${seconds} s for ${what}`;
      timer = setTimeout(() => onPassed(reason), seconds * 1_000);
    },
    clear: () => clearTimeout(timer),
  };
}

/** Writes the body as fast as the server takes it. A server that answers early is listened to. */
async function sendBody(
  call: ReturnType<typeof requestHttp>,
  body: AsyncIterable<Buffer> | undefined,
  onProgress: () => void,
): Promise<void> {
  const answered = new AbortController();
  call.once('response', () => answered.abort());
  for await (const chunk of body ?? []) {
    if (answered.signal.aborted) break;
    if (call.errored !== null) throw call.errored;
    if (!call.write(chunk)) {
      await once(call, 'drain', { signal: answered.signal }).catch((error: unknown) => {
        if (!answered.signal.aborted) throw error;
      });
    }
    onProgress();
  }
  call.end();
}

async function readAnswer(response: IncomingMessage): Promise<WebAnswer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  response.on('data', (part: Buffer) => {
    if (bytes + part.length <= MAX_ANSWER_BYTES) parts.push(part);
    else response.destroy();
    bytes += part.length;
  });
  await finished(response).catch((error: unknown) => {
    if (bytes <= MAX_ANSWER_BYTES) throw error;
  });
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    body: Buffer.concat(parts),
  };
}

async function authorization(auth: WebDestination['auth']): Promise<Record<string, string>> {
  if (auth === undefined) return {};
  if ('bearer' in auth) return { authorization: `Bearer ${await readSecret(auth.bearer)}` };
  const { username, password } = auth.basic;
  const pair = Buffer.from(`${username}:${await readSecret(password)}`, 'utf8');
  return { authorization: `Basic ${pair.toString('base64')}` };
}

function asTrouble(error: unknown, reached: boolean): RadTriageError {
  if (error instanceof RadTriageError) {
    const { code, message } = error;
    return new RadTriageError(code, message, { cause: error, details: { reached } });
  }
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  const words = error instanceof Error ? error.message : String(error);
  const message = words.startsWith(code.replace(': ', '')) ? words : `${code}${words}`;
  return new RadTriageError('ASSOCIATION_FAILED', message, { cause: error, details: { reached } });
}
