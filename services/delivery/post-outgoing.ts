import { lookup as lookupName } from 'node:dns/promises';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { hostOf } from '#platform/config/notifications.ts';
import type { AddressJudge } from './outgoing-address.ts';

interface Resolved {
  readonly address: string;
  readonly family: number;
}

export interface OutgoingPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the look-up of the name to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly judge: AddressJudge;
  /** Authorities to trust beside those that Node brings, PEM. */
  readonly ca?: string | undefined;
  /** Breaks it off. */
  readonly signal?: AbortSignal | undefined;
  /** Every address of a name; that of the system without it. */
  readonly resolve?: ((host: string) => Promise<readonly Resolved[]>) | undefined;
}

export interface OutgoingAnswer {
  readonly status: number;
  /** Undefined when there is more of it than is read. */
  readonly body: string | undefined;
  /** Retry-After (RFC 9110 10.2.3) in milliseconds, where it is given in seconds. */
  readonly retryAfterMs: number | undefined;
}

/** More of an answer is not read: the connection is ended. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;

const resolveBySystem = (host: string) => lookupName(host, { all: true });

/**
 * One POST to a place outside. The address that was judged is the one that is connected to, so that a name that changes
 * its mind between look-up and connection gains nothing. No redirect is followed, no proxy of the environment used, no
 * connection kept.
 * @throws RadTriageError ADDRESS_FORBIDDEN, RECEIVER_UNREACHABLE (no name, no connection, no time, bad certificate, no
 * HTTP). Any status is an answer.
 */
export async function postOutgoing(post: OutgoingPost): Promise<OutgoingAnswer> {
  const host = hostOf(post.url);
  if (isIP(host) !== 0) {
    // Node asks no look-up for what is an address already.
    const refusal = post.judge(host, host);
    if (refusal !== undefined) throw forbidden(refusal);
  }
  const time = AbortSignal.timeout(post.timeoutMs);
  const signal = post.signal === undefined ? time : AbortSignal.any([time, post.signal]);
  try {
    return await readAnswer(await exchange(post, host, signal));
  } catch (thrown) {
    if (thrown instanceof RadTriageError) throw thrown;
    if (time.aborted) throw unreachable(`no whole answer within ${post.timeoutMs} ms`, thrown);
    throw unreachable(describe(thrown), thrown);
  }
}

function exchange(
  { url, headers, body, judge, ca, resolve }: OutgoingPost,
  host: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve: answered, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    agent: false as const,
    lookup: judgedLookup(host, judge, resolve ?? resolveBySystem),
    maxHeaderSize: MAX_HEADER_BYTES,
    signal,
  };
  const request =
    new URL(url).protocol === 'https:'
      ? requestSecure(url, { ...options, ...tlsOptions(ca) })
      : requestPlain(url, options);
  request.once('response', answered);
  request.on('error', reject);
  // A switch of protocols that nobody asked for ends without an error.
  request.once('close', () => reject(new Error('the connection was ended without an answer')));
  request.end(body);
  return promise;
}

/** Said outright: an environment variable must not be able to turn the check of certificates off. */
function tlsOptions(ca: string | undefined) {
  const always = { rejectUnauthorized: true, minVersion: 'TLSv1.2' as const };
  return ca === undefined ? always : { ...always, ca: [...getCACertificates('default'), ca] };
}

/** Looks a name up and gives only the addresses that it may be reached at. */
function judgedLookup(
  host: string,
  judge: AddressJudge,
  resolve: NonNullable<OutgoingPost['resolve']>,
): LookupFunction {
  return (name, { all }, callback) => {
    const give = async (): Promise<readonly Resolved[]> => {
      const found = await resolve(name);
      const fit = found.filter(({ address }) => judge(host, address) === undefined);
      if (fit.length > 0) return fit;
      const [first] = found;
      throw forbidden(
        first === undefined ? `${name} has no address` : (judge(host, first.address) ?? ''),
      );
    };
    give().then(
      (fit) => {
        const [first] = fit;
        if (all === true) callback(null, [...fit]);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: Error) => callback(error, []),
    );
  };
}

async function readAnswer(response: IncomingMessage): Promise<OutgoingAnswer> {
  const status = response.statusCode ?? 0;
  const seconds = Number(response.headers['retry-after'] ?? Number.NaN);
  const retryAfterMs = Number.isInteger(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop destroys the response, and with it the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) return { status, body: undefined, retryAfterMs };
    chunks.push(chunk);
  }
  return { status, body: Buffer.concat(chunks).toString('utf8'), retryAfterMs };
}

function forbidden(message: string): RadTriageError {
  return new RadTriageError('ADDRESS_FORBIDDEN', message);
}

function unreachable(message: string, cause: unknown): RadTriageError {
  return new RadTriageError('RECEIVER_UNREACHABLE', message, { cause });
}

/** With the code that tells a closed port from a bad certificate. Several addresses fail with several causes. */
function describe(thrown: unknown): string {
  const cause = thrown instanceof AggregateError ? thrown.errors[0] : thrown;
  const code = cause instanceof Error && 'code' in cause ? `${String(cause.code)}: ` : '';
  return `${code}${toRadTriageError(cause).message}`.slice(0, 300);
}
