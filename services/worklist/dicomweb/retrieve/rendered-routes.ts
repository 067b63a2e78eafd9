import { z } from 'zod';
import { renderPicture } from '#dicom/images/render.ts';
import { findPixelSyntax } from '#dicom/pixels/transfer-syntaxes.ts';
import { type Route, type RouteContext, rawRoute } from '#platform/http/route.ts';
import { EVERYONE } from '../../access.ts';
import type { WebContext } from '../../context.ts';
import { keepPrivately } from '../caching.ts';
import { findInstances, type InstanceAddress, type RetrievedRow } from '../find-instances.ts';
import { Multipart } from '../multipart.ts';
import { covers, notAcceptable, type Packaging, type Wish } from '../negotiate.ts';
import { OpenFrames, sourceOf } from '../read-object.ts';
import { warn } from '../service.ts';
import { wishesOf } from './accept.ts';
import {
  framesPath,
  INSTANCE,
  instancePath,
  SERIES,
  STUDY,
  seriesPath,
  studyPath,
} from './addresses.ts';
import { recordLook } from './record-retrieve.ts';
import { type RenderParameters, readRenderParameters, regionOf } from './render-parameters.ts';
import { pieceStream } from './send-stream.ts';

const FORMATS = { 'image/jpeg': 'jpeg', 'image/png': 'png' } as const;
type PictureType = keyof typeof FORMATS;
const PICTURE_TYPES = ['image/jpeg', 'image/png'] as const satisfies readonly PictureType[];
const THUMBNAIL_SIDE = 256;

/** One picture to be made. */
interface Picture {
  readonly row: RetrievedRow;
  /** From 1. */
  readonly frame: number;
}

interface Rendering {
  readonly context: WebContext;
  readonly parameters: RenderParameters;
  readonly mediaType: PictureType;
}

async function render({ context, parameters, mediaType }: Rendering, { row, frame }: Picture) {
  const decoded = await context.decoder.decode({ ...sourceOf(context, row), frame: frame - 1 });
  const region = regionOf(parameters.region, decoded);
  const { quality, window, viewport } = parameters;
  return renderPicture(decoded, { format: FORMATS[mediaType], quality, window, viewport, region });
}

async function* pictureParts(
  rendering: Rendering,
  pictures: readonly Picture[],
  multipart: Multipart,
): AsyncGenerator<Uint8Array> {
  for (const picture of pictures) {
    const bytes = await render(rendering, picture);
    yield multipart.partHead({ mediaType: rendering.mediaType, length: bytes.length });
    yield bytes;
    yield multipart.partEnd;
  }
  yield multipart.end;
}

/** Instances that have pixels which can be decoded. */
function drawable(rows: readonly RetrievedRow[]): RetrievedRow[] {
  const found = rows.filter(
    (row) => row.rows !== null && findPixelSyntax(row.transferSyntaxUid) !== undefined,
  );
  if (found.length > 0) return found;
  throw notAcceptable('there is nothing here that can be rendered as a picture');
}

function chooseType(
  wishes: readonly Wish[],
  count: number,
): { packaging: Packaging; mediaType: PictureType } {
  for (const { packaging, mediaType: range } of wishes) {
    const mediaType = PICTURE_TYPES.find((type) => covers(range, type));
    if (mediaType === undefined) continue;
    // Whoever takes anything gets a single picture as it is.
    if (count === 1 && range === '*/*') return { packaging: 'single', mediaType };
    if (packaging === 'multipart' || count === 1) return { packaging, mediaType };
  }
  const alone = count === 1 ? '' : ` (these are ${count} pictures: in multipart/related alone)`;
  throw notAcceptable(`${PICTURE_TYPES.join(' and ')} is what there is${alone}`);
}

/** All frames of all instances; how many an instance has is what its header says, not its row. */
function allPictures(context: WebContext, rows: readonly RetrievedRow[]): Picture[] {
  return rows.flatMap((row) => {
    const frames = row.numberOfFrames ?? 1;
    if (frames === 1) return [{ row, frame: 1 }];
    using open = new OpenFrames(sourceOf(context, row));
    return Array.from({ length: open.numberOfFrames }, (_, index) => ({ row, frame: index + 1 }));
  });
}

/** The one that stands for all: the middle one of the first series. */
function representative(context: WebContext, rows: readonly RetrievedRow[]): Picture[] {
  const first = rows.filter((row) => row.seriesInstanceUid === rows[0]?.seriesInstanceUid);
  const row = first[Math.floor(first.length / 2)];
  if (row === undefined) return [];
  const pictures = allPictures(context, [row]);
  return pictures.slice(Math.floor(pictures.length / 2)).slice(0, 1);
}

interface Asked {
  readonly address: InstanceAddress;
  readonly frames?: readonly number[];
  readonly thumbnail: boolean;
}

function picturesFor(context: WebContext, rows: readonly RetrievedRow[], asked: Asked): Picture[] {
  const [row] = rows;
  if (asked.frames === undefined || row === undefined) {
    return asked.thumbnail ? representative(context, rows) : allPictures(context, rows);
  }
  using open = new OpenFrames(sourceOf(context, row));
  for (const frame of asked.frames) open.check(frame);
  const pictures = asked.frames.map((frame) => ({ row, frame }));
  return asked.thumbnail ? pictures.slice(0, 1) : pictures;
}

function parametersFor({ query }: RouteContext['request'], thumbnail: boolean): RenderParameters {
  const read = readRenderParameters(
    typeof query === 'object' && query !== null ? { ...query } : {},
  );
  if (!thumbnail || read.viewport !== undefined) return read;
  return { ...read, viewport: { width: THUMBNAIL_SIDE, height: THUMBNAIL_SIDE } };
}

async function answerPictures(
  context: WebContext,
  asked: Asked,
  { principal, request, reply }: RouteContext,
): Promise<unknown> {
  const parameters = parametersFor(request, asked.thumbnail);
  const rows = drawable(await findInstances(context, principal, asked.address));
  const pictures = picturesFor(context, rows, asked);
  const { packaging, mediaType } = chooseType(wishesOf(request), pictures.length);
  await recordLook(context, { principal, request }, asked.address.study);
  const shown = pictures.map(({ row, frame }) => `${row.sha256} ${frame}`);
  const how = [packaging, mediaType, parameters.key, String(asked.thumbnail)];
  if (keepPrivately(request, reply, ['rendered', ...how, ...shown])) return reply.send();
  warn(reply, parameters.warnings);
  const rendering = { context, parameters, mediaType };
  const [only, ...others] = pictures;
  if (only !== undefined && others.length === 0 && packaging === 'single') {
    const bytes = await render(rendering, only);
    void reply.type(mediaType);
    return bytes;
  }
  const multipart = new Multipart();
  void reply.type(multipart.contentType(mediaType));
  return pieceStream(context, pictureParts(rendering, pictures, multipart));
}

/** WADO-RS: Retrieve Transaction, rendered and thumbnail resources (PS3.18 10.4.1.1.3 and 10.4.1.1.4). */
export function renderedRoutes(context: WebContext): Route[] {
  const produces = [...PICTURE_TYPES, 'multipart/related'];
  const common = { method: 'GET', access: EVERYONE, produces } as const;
  const pair = (of: string, path: string, params: z.ZodType<InstanceAddress>): Route[] =>
    [false, true].map((thumbnail) =>
      rawRoute(
        {
          ...common,
          path: `${path}/${thumbnail ? 'thumbnail' : 'rendered'}`,
          summary: `WADO-RS: ${thumbnail ? 'a small picture' : 'pictures'} of ${of}`,
          input: z.object({ params }),
        },
        async (input, route) =>
          answerPictures(context, { address: input.params, thumbnail }, route),
      ),
    );
  const ofFrames = [false, true].map((thumbnail) =>
    rawRoute(
      {
        ...common,
        path: `${INSTANCE}/frames/:frames/${thumbnail ? 'thumbnail' : 'rendered'}`,
        summary: `WADO-RS: ${thumbnail ? 'a small picture' : 'pictures'} of frames`,
        input: z.object({ params: framesPath }),
      },
      async ({ params }, route) => {
        const { frames, ...address } = params;
        return answerPictures(context, { address, frames, thumbnail }, route);
      },
    ),
  );
  return [
    ...pair('a study', STUDY, studyPath),
    ...pair('a series', SERIES, seriesPath),
    ...pair('an instance', INSTANCE, instancePath),
    ...ofFrames,
  ];
}
