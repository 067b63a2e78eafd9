import type { Readable } from 'node:stream';
import { z } from 'zod';
import { frameToBytes } from '#dicom/pixels/decoded-frame.ts';
import type { LocatedPixels } from '#dicom/pixels/locate-pixels.ts';
import { pixelValueChunks } from '#dicom/pixels/transcode.ts';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../../access.ts';
import type { WebContext } from '../../context.ts';
import { keepPrivately } from '../caching.ts';
import { findInstance, type OneInstance, type RetrievedRow } from '../find-instances.ts';
import { Multipart } from '../multipart.ts';
import { OpenFrames, sourceOf } from '../read-object.ts';
import { wishesOf } from './accept.ts';
import { framesPath, INSTANCE, instancePath } from './addresses.ts';
import { chooseFrames, FRAME_MEDIA_TYPES, type FrameChoice } from './frame-choice.ts';
import type { Piece } from './piece-stream.ts';
import { recordLook } from './record-retrieve.ts';
import { pieceStream } from './send-stream.ts';

type Reply = RouteContext['reply'];

/** One instance whose frames go out in the way chosen. */
interface Outgoing {
  readonly context: WebContext;
  readonly row: RetrievedRow;
  readonly choice: FrameChoice;
}

/** The bytes of one frame: ranges of the file where they can be passed on, else what was read or decoded. */
async function piecesOf(
  { context, row, choice }: Outgoing,
  open: OpenFrames,
  frame: number,
): Promise<readonly Piece[]> {
  open.check(frame);
  if (!choice.decoded) return open.rangesOf(frame) ?? [open.read(frame)];
  const source = sourceOf(context, row);
  return [frameToBytes(await context.decoder.decode({ ...source, frame: frame - 1 }))];
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** One frame: whatever can go wrong with it is known before anything is said. */
async function sendFrame(
  outgoing: Outgoing,
  { open, frame }: { open: OpenFrames; frame: number },
  reply: Reply,
): Promise<Readable> {
  const { context, choice } = outgoing;
  const { mediaType, transferSyntaxUid } = choice;
  const pieces = await piecesOf(outgoing, open, frame);
  const length = lengthOf(pieces);
  const multipart = choice.packaging === 'single' ? undefined : new Multipart();
  const head = multipart?.partHead({ ...choice, length }) ?? Buffer.alloc(0);
  const tail =
    multipart === undefined ? Buffer.alloc(0) : Buffer.concat([multipart.partEnd, multipart.end]);
  void reply
    .type(
      multipart?.contentType(mediaType, transferSyntaxUid) ??
        `${mediaType}; transfer-syntax=${transferSyntaxUid}`,
    )
    .header('content-length', head.length + length + tail.length);
  return pieceStream(
    context,
    (async function* () {
      yield head;
      for (const piece of pieces)
        yield piece instanceof Uint8Array ? piece : { ...piece, atOnce: true };
      yield tail;
    })(),
  );
}

/** Opens the object itself: what is never read from must have nothing to close. */
async function* frameParts(
  outgoing: Outgoing,
  frames: Iterable<number>,
  multipart: Multipart,
): AsyncGenerator<Piece> {
  using open = new OpenFrames(sourceOf(outgoing.context, outgoing.row));
  for (const frame of frames) {
    const pieces = await piecesOf(outgoing, open, frame);
    yield multipart.partHead({ ...outgoing.choice, length: lengthOf(pieces) });
    yield* pieces;
    yield multipart.partEnd;
  }
  yield multipart.end;
}

function* countTo(last: number): Generator<number> {
  for (let number = 1; number <= last; number += 1) yield number;
}

/** Native pixels of all frames as one value, which is what the address in the metadata stands for. */
async function* wholeValue(
  { context, row, choice }: Outgoing,
  located: LocatedPixels,
  multipart: Multipart,
): AsyncGenerator<Piece> {
  yield multipart.partHead({ ...choice, length: located.value?.length ?? 0 });
  yield* pixelValueChunks(sourceOf(context, row), located);
  yield multipart.partEnd;
  yield multipart.end;
}

async function answerFrames(
  context: WebContext,
  asked: { address: OneInstance; frames: readonly number[] | 'all' },
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  const { address, frames } = asked;
  const row = await findInstance(context, principal, address);
  using open = new OpenFrames(sourceOf(context, row));
  const numbers = frames === 'all' ? [...countTo(open.numberOfFrames)] : frames;
  for (const frame of numbers) open.check(frame);
  const choice = chooseFrames(open, wishesOf(request), numbers.length);
  await recordLook(context, { principal, request }, address.study);
  const how = [choice.packaging, choice.mediaType, choice.transferSyntaxUid];
  if (keepPrivately(request, reply, ['frames', row.sha256, String(frames), ...how])) {
    return reply.send();
  }
  const outgoing = { context, row, choice };
  const [first = 1, ...others] = numbers;
  if (others.length === 0) return await sendFrame(outgoing, { open, frame: first }, reply);
  const multipart = new Multipart();
  void reply.type(multipart.contentType(choice.mediaType, choice.transferSyntaxUid));
  const { located } = open;
  const isOneValue = frames === 'all' && located.value !== undefined;
  return pieceStream(
    context,
    isOneValue
      ? wholeValue(outgoing, located, multipart)
      : frameParts(outgoing, numbers, multipart),
  );
}

/** WADO-RS: Retrieve Transaction, frames and the pixels as bulk data (PS3.18 10.4.1.1.6 and 10.4.1.1.5). */
export function frameRoutes(context: WebContext): Route[] {
  const produces = ['multipart/related', ...FRAME_MEDIA_TYPES];
  const common = { method: 'GET', access: EVERYONE, produces } as const;
  return [
    rawRoute(
      {
        ...common,
        path: `${INSTANCE}/frames/:frames`,
        summary: 'WADO-RS: the pixels of frames, uncompressed or as stored',
        input: z.object({ params: framesPath }),
      },
      async ({ params }, route) => {
        const { frames, ...address } = params;
        return answerFrames(context, { address, frames }, route);
      },
    ),
    rawRoute(
      {
        ...common,
        path: `${INSTANCE}/frames`,
        summary: 'WADO-RS: the pixels of all frames, as the metadata points to them',
        input: z.object({ params: instancePath }),
      },
      async ({ params }, route) => answerFrames(context, { address: params, frames: 'all' }, route),
    ),
  ];
}
