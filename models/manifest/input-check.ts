import { z } from 'zod';

const side = z.number().int().min(1).max(100_000);
const unit = z.number().min(0).max(1);
const text = z.string().min(1).max(300);

/** Limits on the pixels themselves, of the image as stored; padding pixels do not count. */
const pixelsSchema = z.strictObject({
  minimumRows: side.optional(),
  minimumColumns: side.optional(),
  /** Columns over rows. */
  minimumAspectRatio: z.number().positive().optional(),
  maximumAspectRatio: z.number().positive().optional(),
  /** A blank image has one value. */
  minimumDistinctValues: z.number().int().min(1).optional(),
  /** Of the pixels that share the commonest value. */
  maximumSingleValueShare: unit.optional(),
  /** Of the network's input before normalisation, 0 to 1, padding left out. */
  minimumMean: unit.optional(),
  maximumMean: unit.optional(),
});

/** A number that the network (or a part of it) gives, above which an image is refused. */
const detectorSchema = z.strictObject({
  /** Name of an output of kind atypicality. */
  output: z.string().min(1),
  maximum: z.number(),
  /** Measured: of n images of a class so many were refused. The class that the model is made for belongs here too. */
  errorRates: z.array(
    z.strictObject({
      class: text,
      n: z.number().int().positive(),
      refused: z.number().int().min(0),
    }),
  ),
  /** Classes of images for which nothing was at hand to try. */
  untested: z.array(text).default([]),
});

/** An image that fails is not analysed: outside intended use. */
export const inputCheckSchema = z.strictObject({
  pixels: pixelsSchema.optional(),
  detector: detectorSchema.optional(),
});
export type InputCheck = z.output<typeof inputCheckSchema>;
