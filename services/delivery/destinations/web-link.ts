import { randomUUID } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';
import type { WebDestination } from '#platform/config/destinations.ts';
import type { SendableObject } from './delivery-store.ts';
import { describeStatus, judgeStatus, type Outcome } from './judge-status.ts';
import type { DestinationLink, LinkSurroundings } from './link.ts';
import { openObject, readBytesOf } from './object-file.ts';
import { sendRequest, type WebAnswer } from './web-request.ts';

/** STOW-RS (PS3.18 10.5): one request for each object, so that each has an answer of its own. */
export function openWebLink(
  destination: WebDestination,
  { locate }: LinkSurroundings,
): DestinationLink {
  const stopping = new AbortController();
  return {
    send: async (object) => {
      const file = await openObject(locate, object);
      if ('event' in file) return file;
      try {
        const whole = readBytesOf(file, object, 0);
        const request = { ...storeRequest(object, whole), signal: stopping.signal };
        return judgeAnswer(await sendRequest(destination, request), object.sopInstanceUid);
      } finally {
        await file.close();
      }
    },
    close: async () => undefined,
    abort: () => stopping.abort(),
  };
}

function storeRequest(object: SendableObject, file: AsyncIterable<Buffer>) {
  const boundary = randomUUID();
  // Without its transfer-syntax, which the file says itself: Orthanc finds no object behind a media type with parameters.
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    method: 'POST' as const,
    path: '/studies',
    headers: {
      'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      'content-length': head.length + object.fileBytes + tail.length,
      accept: 'application/dicom+json',
    },
    body: (async function* () {
      yield head;
      yield* file;
      yield tail;
    })(),
  };
}

/** Not about the object: our way to the server has to be seen to first. It has not taken the object. */
const TURNED_AWAY: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 429]);
/** The server is in trouble, or one before it: what became of the object is not known. */
const SERVER_TROUBLE: ReadonlySet<number> = new Set([408, 502, 503, 504]);
const OK = 200;
const ACCEPTED = 202;
const CONFLICT = 409;

/**
 * What an answer means for the one object that was sent (PS3.18 table 10.5.3-1).
 * @throws RadTriageError ASSOCIATION_FAILED for one that is not about the object, a redirection among them
 */
export function judgeAnswer(answer: WebAnswer, sopInstanceUid: string): Outcome {
  const { status } = answer;
  if (status >= 300 && status < 400) throw trouble(status, ': redirections are not followed');
  if (TURNED_AWAY.has(status)) throw trouble(status);
  if (SERVER_TROUBLE.has(status)) throw trouble(status, '', true);
  if (status === OK || status === ACCEPTED || status === CONFLICT) {
    return judgeStored(status, readStoreAnswer(answer, sopInstanceUid));
  }
  const reason = `HTTP ${status}`;
  return status >= 500 || status < 300
    ? { event: 'try-again', reason }
    : { event: 'refused', reason };
}

/** @param reached whether the object may have arrived all the same */
function trouble(status: number, words = '', reached = false): RadTriageError {
  const details = { reached };
  return new RadTriageError('ASSOCIATION_FAILED', `HTTP ${status}${words}`, { details });
}

function judgeStored(status: number, said: StoreAnswer): Outcome {
  switch (said.of) {
    case 'failed':
      return judgeFailure(status, said.reason);
    case 'kept':
      return said.warning === undefined
        ? { event: 'taken' }
        : { event: 'taken', warning: describeStatus(said.warning) };
    case 'nobody':
      // Some servers answer 200 to a body in which they found no object at all.
      return {
        event: 'try-again',
        reason: `HTTP ${status}, and the answer does not name the object`,
      };
    case 'unreadable':
      if (status === CONFLICT) return { event: 'refused', reason: 'HTTP 409, without a reason' };
      return status === OK
        ? { event: 'taken' }
        : { event: 'taken', warning: 'HTTP 202, without saying what was changed' };
  }
}

/** A failure reason of 0 says that it failed all the same. */
function judgeFailure(status: number, reason: number): Outcome {
  if (reason === 0) return { event: 'refused', reason: `HTTP ${status}, failed without a reason` };
  const outcome = judgeStatus(reason);
  return outcome.event === 'taken'
    ? outcome
    : { ...outcome, reason: `HTTP ${status}, ${outcome.reason}` };
}

/** What an answer says of our object; `nobody`: it does not name it. */
type StoreAnswer =
  | { readonly of: 'unreadable' | 'nobody' }
  | { readonly of: 'failed'; readonly reason: number }
  | { readonly of: 'kept'; readonly warning: number | undefined };

/** Reads FailureReason and WarningReason of our object (PS3.18 table 10.5.3-3) in DICOM JSON. */
function readStoreAnswer({ body, contentType }: WebAnswer, sopInstanceUid: string): StoreAnswer {
  if (!/json/i.test(contentType)) return { of: 'unreadable' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return { of: 'unreadable' };
  }
  const dataSet = Array.isArray(parsed) ? parsed[0] : parsed;
  const itemIn = (tag: string): unknown =>
    valuesOf(dataSet, tag).find((item) => valuesOf(item, '00081155')[0] === sopInstanceUid);
  const failed = itemIn('00081198');
  if (failed !== undefined) return { of: 'failed', reason: numberOf(failed, '00081197') ?? 0 };
  const kept = itemIn('00081199');
  if (kept === undefined) return { of: 'nobody' };
  return { of: 'kept', warning: numberOf(kept, '00081196') };
}

function valuesOf(dataSet: unknown, tag: string): readonly unknown[] {
  if (typeof dataSet !== 'object' || dataSet === null) return [];
  const element: unknown = Reflect.get(dataSet, tag);
  if (typeof element !== 'object' || element === null) return [];
  const value: unknown = Reflect.get(element, 'Value');
  return Array.isArray(value) ? value : [];
}

function numberOf(dataSet: unknown, tag: string): number | undefined {
  const [value] = valuesOf(dataSet, tag);
  return typeof value === 'number' ? value : undefined;
}
