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
      const file = await openObject(locate(object.blobPath), object);
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
  const type = `application/dicom; transfer-syntax=${object.transferSyntaxUid}`;
  const head = Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`);
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

/** Not about the object: the server, or our way to it, has to be seen to first. */
const SERVER_TROUBLE: ReadonlySet<number> = new Set([
  401, 403, 404, 405, 407, 408, 429, 502, 503, 504,
]);
const OK = 200;
const ACCEPTED = 202;
const CONFLICT = 409;

/**
 * What an answer means for the one object that was sent (PS3.18 table 10.5.3-1).
 * @throws RadTriageError ASSOCIATION_FAILED for one that is not about the object, a redirection among them
 */
export function judgeAnswer(answer: WebAnswer, sopInstanceUid: string): Outcome {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    throw new RadTriageError('ASSOCIATION_FAILED', `HTTP ${status}: redirections are not followed`);
  }
  if (SERVER_TROUBLE.has(status)) {
    throw new RadTriageError('ASSOCIATION_FAILED', `HTTP ${status}`);
  }
  const said = readStoreAnswer(answer, sopInstanceUid);
  if (status === OK || status === ACCEPTED || status === CONFLICT) {
    if (said.failed !== undefined) return judgeFailure(status, said.failed);
    if (status === CONFLICT) return { event: 'refused', reason: 'HTTP 409, without a reason' };
    const { warning } = said;
    return {
      event: 'taken',
      ...(warning === undefined ? {} : { warning: describeStatus(warning) }),
    };
  }
  const reason = `HTTP ${status}`;
  return status >= 500 || status < 300
    ? { event: 'try-again', reason }
    : { event: 'refused', reason };
}

/** A failure reason of 0 says that it failed all the same. */
function judgeFailure(status: number, reason: number): Outcome {
  const outcome = judgeStatus(reason);
  if (reason === 0) return { event: 'refused', reason: `HTTP ${status}, failed without a reason` };
  return outcome.event === 'taken'
    ? outcome
    : { ...outcome, reason: `HTTP ${status}, ${outcome.reason}` };
}

/** FailureReason and WarningReason of our object in the answer's DICOM JSON; nothing where it holds none. */
function readStoreAnswer(
  { body, contentType }: WebAnswer,
  sopInstanceUid: string,
): { failed?: number; warning?: number } {
  if (!/json/i.test(contentType)) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
  const dataSet = Array.isArray(parsed) ? parsed[0] : parsed;
  const failures = valuesOf(dataSet, '00081198');
  const ours = failures.find((item) => valuesOf(item, '00081155')[0] === sopInstanceUid);
  if (ours !== undefined) return { failed: numberOf(ours, '00081197') ?? 0 };
  const kept = valuesOf(dataSet, '00081199').find(
    (item) => valuesOf(item, '00081155')[0] === sopInstanceUid,
  );
  const warning = numberOf(kept, '00081196');
  return warning === undefined ? {} : { warning };
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
