import { z } from 'zod';
import { ERROR_KINDS, type ErrorCode } from '#core/errors.ts';
import type { PixelSource } from './byte-source.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { type PixelLimits, undecodable } from './image-description.ts';

/** What the parent asks of the decoding child. */
export interface DecodeRequest {
  readonly id: number;
  readonly source: PixelSource;
  readonly frame: number;
  readonly limits: PixelLimits;
}

const SAMPLE_ARRAYS = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const;
type SampleType = keyof typeof SAMPLE_ARRAYS;

function isSampleType(name: string): name is SampleType {
  return Object.hasOwn(SAMPLE_ARRAYS, name);
}

const sampleType = z.custom<SampleType>((name) => typeof name === 'string' && isSampleType(name));
const words = z.custom<Uint16Array<ArrayBuffer>>((value) => value instanceof Uint16Array);
const size = z.int().positive();
const lookupTable = z.object({ firstMapped: z.int(), values: words, bits: size });
const numbers = z.array(z.number()).readonly();

/**
 * A frame as the child gives it. It is checked like any other input: the child has handled hostile bytes in native
 * code, and its word is not the parent's.
 */
export const frameWithoutSamplesSchema = z.object({
  rows: size,
  columns: size,
  samplesPerPixel: z.union([z.literal(1), z.literal(3)]),
  /** The samples lie in the shared file, from its beginning. */
  sampleType,
  photometricInterpretation: z.enum(['MONOCHROME1', 'MONOCHROME2', 'PALETTE COLOR', 'RGB']),
  bitsAllocated: size,
  bitsStored: size,
  pixelRepresentation: z.union([z.literal(0), z.literal(1)]),
  frame: z.int().nonnegative(),
  numberOfFrames: size,
  rescaleSlope: z.number(),
  rescaleIntercept: z.number(),
  modalityLut: lookupTable.optional(),
  voiLut: lookupTable.optional(),
  palette: z.object({ red: lookupTable, green: lookupTable, blue: lookupTable }).optional(),
  windowCenter: numbers,
  windowWidth: numbers,
  voiLutFunction: z.string().optional(),
  presentationLutShape: z.string().optional(),
  pixelPaddingValue: z.number().optional(),
  pixelPaddingRangeLimit: z.number().optional(),
  pixelSpacing: numbers.optional(),
});
type FrameWithoutSamples = z.output<typeof frameWithoutSamplesSchema>;

const errorCode = z.custom<ErrorCode>((value) => typeof value === 'string' && value in ERROR_KINDS);

export const decodeReplySchema = z.object({
  id: z.int(),
  /** The child must not be used again: a codec trapped, or its memory has grown. */
  spent: z.boolean(),
  outcome: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('decoded'), frame: frameWithoutSamplesSchema }),
    z.object({
      kind: z.literal('failed'),
      code: errorCode,
      message: z.string().max(1000),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    }),
  ]),
});

export type DecodeReply = z.infer<typeof decodeReplySchema>;

/** A frame as it goes over the channel: without its samples, which are too many for it. */
export function withoutSamples({ values, ...rest }: DecodedFrame): FrameWithoutSamples {
  const { name } = values.constructor;
  if (!isSampleType(name)) throw undecodable(`samples of type ${name}`);
  return { ...rest, sampleType: name };
}

/** How many bytes of samples belong to it. */
export function sampleBytes(frame: FrameWithoutSamples): number {
  const { rows, columns, samplesPerPixel, sampleType: type } = frame;
  return rows * columns * samplesPerPixel * SAMPLE_ARRAYS[type].BYTES_PER_ELEMENT;
}

export function withSamples(frame: FrameWithoutSamples, bytes: ArrayBuffer): DecodedFrame {
  const { sampleType: type, ...rest } = frame;
  return { ...rest, values: new SAMPLE_ARRAYS[type](bytes) };
}
