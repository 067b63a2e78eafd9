import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
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
  const progress = { reached: false };
  try {
    const call = await openCall(destination, request);
    try {
      return await converse(call, { destination, request, progress });
    } finally {
      call.destroy();
    }
  } catch (error) {
    throw asTrouble(error, progress.reached);
  }
}

async function openCall(destination: WebDestination, request: WebRequest): Promise<ClientRequest> {
  const url = new URL(`${destination.url.replace(/\/+$/, '')}${request.path}`);
  const secure = url.protocol === 'https:';
  const { networks, allowPrivate } = destination;
  const rule = { networks, allowPrivate, allowPublic: secure };
  requireAllowed(url.hostname, rule);
  const tls = secure && destination.tls !== undefined ? await tlsOptions(destination.tls) : {};
  const call = (secure ? requestHttps : requestHttp)({
    ...(secure ? { minVersion: 'TLSv1.2' as const } : {}),
    ...tls,
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
  // Told to whoever waits; what comes when nobody waits any more would end the process.
  call.on('error', () => undefined);
  return call;
}

/** Sends the body and waits for the answer, each within its time. */
async function converse(
  call: ClientRequest,
  exchange: { destination: WebDestination; request: WebRequest; progress: { reached: boolean } },
): Promise<WebAnswer> {
  const { destination, request, progress } = exchange;
  const { connectSeconds, responseSeconds } = destination.timeouts;
  const connected = destination.url.startsWith('https:') ? 'secureConnect' : 'connect';
  const limit = startLimit((reason) => call.destroy(new Error(reason)));
  limit.set(connectSeconds, 'a connection');
  call.on('socket', (socket) => {
    socket.once(connected, () => {
      progress.reached = true;
      limit.set(responseSeconds, 'the server to take data');
    });
  });
  try {
    const answered = awaitAnswer(call);
    await sendBody(call, { body: request.body, answered }, () => {
      if (progress.reached) limit.set(responseSeconds, 'the server to take data');
    });
    if (progress.reached) limit.set(responseSeconds, 'an answer');
    const response = await answered;
    limit.set(responseSeconds, 'the rest of the answer');
    return await readAnswer(response);
  } finally {
    limit.clear();
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

/** The answer, or why there will be none; asked for before anything can have happened. */
function awaitAnswer(call: ClientRequest): Promise<IncomingMessage> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    call.once('response', resolve);
    call.once('error', reject);
    call.once('close', () => reject(new Error('the server closed the connection')));
  });
  answered.catch(() => undefined);
  return answered;
}

/** Writes the body as fast as the server takes it. A server that answers early is listened to. */
async function sendBody(
  call: ClientRequest,
  sent: { body: AsyncIterable<Buffer> | undefined; answered: Promise<unknown> },
  onProgress: () => void,
): Promise<void> {
  const { body, answered } = sent;
  let settled = false;
  const end = () => {
    settled = true;
  };
  answered.then(end, end);
  for await (const chunk of body ?? []) {
    if (settled) break;
    if (!call.write(chunk)) {
      const drained = new Promise((resolve) => call.once('drain', resolve));
      await Promise.race([drained, answered]);
    }
    onProgress();
  }
  if (!settled) call.end();
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
