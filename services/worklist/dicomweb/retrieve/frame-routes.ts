import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { frameToBytes } from '#dicom/pixels/decoded-frame.ts';
import type { LocatedPixels } from '#dicom/pixels/locate-pixels.ts';
import { pixelValueChunks } from '#dicom/pixels/transcode.ts';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../../access.ts';
import type { WebContext } from '../../context.ts';
import type { InstanceRow } from '../../study/images.ts';
import { keepPrivately } from '../caching.ts';
import { findInstance, type InstanceAddress } from '../find-instances.ts';
import { Multipart } from '../multipart.ts';
import { OpenFrames, sourceOf } from '../read-object.ts';
import { wishesOf } from './accept.ts';
import { framesPath, INSTANCE, instancePath } from './addresses.ts';
import { chooseFrames, FRAME_MEDIA_TYPES, type FrameChoice } from './frame-choice.ts';
import { recordLook } from './record-retrieve.ts';
import { streamOf } from './send-stream.ts';

type Reply = RouteContext['reply'];

/** One instance whose frames go out in the way chosen. */
interface Outgoing {
  readonly context: WebContext;
  readonly row: InstanceRow;
  readonly choice: FrameChoice;
}

async function readFrame({ context, row, choice }: Outgoing, open: OpenFrames, frame: number) {
  if (!choice.decoded) return open.read(frame);
  open.check(frame);
  const source = sourceOf(context, row);
  return frameToBytes(await context.decoder.decode({ ...source, frame: frame - 1 }));
}

function typeOf({ mediaType, transferSyntaxUid }: FrameChoice): string {
  return `${mediaType}; transfer-syntax=${transferSyntaxUid}`;
}

/** One frame at once: the whole answer is one piece of memory anyway. */
async function sendFrame(
  outgoing: Outgoing,
  { open, frame }: { open: OpenFrames; frame: number },
  reply: Reply,
): Promise<Uint8Array> {
  const { choice } = outgoing;
  const bytes = await readFrame(outgoing, open, frame);
  if (choice.packaging === 'single') {
    void reply.type(typeOf(choice));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  const multipart = new Multipart();
  void reply.type(multipart.contentType(choice.mediaType, choice.transferSyntaxUid));
  const head = multipart.partHead({ ...choice, length: bytes.length });
  return Buffer.concat([head, bytes, multipart.partEnd, multipart.end]);
}

/** Opens the object itself: what is never read from must have nothing to close. */
async function* frameParts(
  outgoing: Outgoing,
  frames: Iterable<number>,
  multipart: Multipart,
): AsyncGenerator<Uint8Array> {
  using open = new OpenFrames(sourceOf(outgoing.context, outgoing.row));
  for (const frame of frames) {
    const bytes = await readFrame(outgoing, open, frame);
    yield multipart.partHead({ ...outgoing.choice, length: bytes.length });
    yield bytes;
    yield multipart.partEnd;
    await nextTurn();
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
): AsyncGenerator<Uint8Array> {
  yield multipart.partHead({ ...choice, length: located.value?.length ?? 0 });
  yield* pixelValueChunks(sourceOf(context, row), located);
  yield multipart.partEnd;
  yield multipart.end;
}

async function answerFrames(
  context: WebContext,
  asked: { address: Required<InstanceAddress>; frames: readonly number[] | 'all' },
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  const { address, frames } = asked;
  const row = await findInstance(context, address);
  using open = new OpenFrames(sourceOf(context, row));
  const numbers = frames === 'all' ? [...countTo(open.numberOfFrames)] : frames;
  for (const frame of numbers) open.check(frame);
  const choice = chooseFrames(open, wishesOf(request), numbers.length);
  await recordLook(context, principal.name, address.study);
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
  return streamOf(
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
