import { z } from 'zod';
import { ERROR_KINDS, type ErrorCode } from '#core/errors.ts';
import type { PixelSource } from '#dicom/pixels/byte-source.ts';
import { frameWithoutSamplesSchema } from '#dicom/pixels/decoder-messages.ts';
import type { PixelLimits } from '#dicom/pixels/image-description.ts';
import type { Manifest } from '../manifest/schema.ts';
import type { ImageFacts } from '../manifest/select-image.ts';

/** One frame that is to be decoded, and what its image's header says. */
export interface FrameToPrepare {
  readonly source: PixelSource;
  /** From 0. */
  readonly frame: number;
  readonly facts: ImageFacts;
}

/** What one model wants of the frames of a request. */
export interface Preparation {
  readonly input: Manifest['input'];
  readonly inputCheck?: Manifest['inputCheck'] | undefined;
}

/** What the parent asks of the preparing child. Inputs are written into the shared file from `offset` on. */
export interface PrepareRequest {
  readonly id: number;
  readonly limits: PixelLimits;
  /** Neighbours in a stack, or a single one. */
  readonly frames: readonly FrameToPrepare[];
  /** Which of the frames are to be prepared; the others serve as neighbours alone. */
  readonly own: { readonly from: number; readonly to: number };
  readonly preparations: readonly Preparation[];
  /** A small copy of one frame is wanted too. */
  readonly reduced: { readonly index: number; readonly longestSide: number } | undefined;
  readonly offset: number;
}

const code = z.custom<ErrorCode>((value) => typeof value === 'string' && value in ERROR_KINDS);
const failed = z.object({
  kind: z.literal('failed'),
  code,
  message: z.string().max(1000),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
const side = z.int().positive();
const size = z.object({ rows: side, columns: side });
const place = z.object({
  input: size,
  source: size,
  orientation: z.object({ transpose: z.boolean(), flipX: z.boolean(), flipY: z.boolean() }),
  scaleX: z.number(),
  scaleY: z.number(),
  originX: z.number(),
  originY: z.number(),
});

/** What a model's input of one frame came to. */
const preparedSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('prepared'),
    source: size,
    mean: z.number(),
    /** One, or one a tile; they follow each other in the shared file. */
    parts: z.array(z.object({ place, bytes: z.int().positive() })),
    ms: z.number(),
  }),
  z.object({ kind: z.literal('declined'), reason: z.string().max(300), ms: z.number() }),
  failed,
]);

const frameSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('decoded'),
    ms: z.number(),
    /** As the request lists the preparations. */
    prepared: z.array(preparedSchema),
  }),
  failed,
]);
export type FrameReply = z.output<typeof frameSchema>;
export type PreparedReply = z.output<typeof preparedSchema>;

export const prepareReplySchema = z.object({
  id: z.int(),
  /** The child must not be used again: a codec trapped, or its memory has grown. */
  spent: z.boolean(),
  /** The own frames. */
  frames: z.array(frameSchema),
  /** Its samples lie behind everything else. */
  reduced: frameWithoutSamplesSchema.optional(),
});
export type PrepareReply = z.output<typeof prepareReplySchema>;
