import { z } from 'zod';
import { conditionSchema } from './conditions.ts';

const unit = z.number().min(0).max(1);
const percent = z.number().min(0).max(100);
const side = z.number().int().min(8).max(4096);
/** [rows, columns] */
const size = z.tuple([side, side]);
const millimetres = z.number().min(0.01).max(50);

const plainWindow = [
  z
    .strictObject({ kind: z.literal('percentile'), low: percent, high: percent })
    .refine((one) => one.low < one.high, { message: 'low must be below high' }),
  z.strictObject({ kind: z.literal('fixed'), center: z.number(), width: z.number().positive() }),
  /** From the lowest to the highest value that BitsStored and PixelRepresentation allow. */
  z.strictObject({ kind: z.literal('full-range') }),
] as const;

/**
 * How values become 0 to 1, in values after the Modality LUT (CT: Hounsfield units). `voi`: the image's own VOI LUT
 * or its first window (PS3.3 C.11.2); an image without either takes `otherwise`.
 */
export const windowSchema = z.discriminatedUnion('kind', [
  ...plainWindow,
  z.strictObject({
    kind: z.literal('voi'),
    otherwise: z.discriminatedUnion('kind', plainWindow).default({ kind: 'full-range' }),
  }),
]);
export type Window = z.output<typeof windowSchema>;

/** How an image is brought to the size of the network's input. `pad` is 0 (darkest) to 1, after the window. */
const resizeSchema = z.discriminatedUnion('kind', [
  /** The whole image in its own shape, centred, the rest padded. */
  z.strictObject({ kind: z.literal('area-letterbox'), pad: unit }),
  /** The whole image, its shape given up. */
  z.strictObject({ kind: z.literal('area-stretch') }),
  /** The largest centred part that has the shape of the input. */
  z.strictObject({ kind: z.literal('centre-crop') }),
  /** No scaling: cut or padded around the centre. Meant for images brought to one pixel spacing. */
  z.strictObject({ kind: z.literal('crop-or-pad'), pad: unit }),
]);

const perChannel = <T extends z.ZodType<number>>(one: T) =>
  z.union([one, z.array(one).min(1).max(64)]);
const neighbours = z.number().int().min(0).max(31);

export const inputSchema = z.strictObject({
  /** Name of the network's input: float32 [1, channels, H, W]. */
  name: z.string().min(1),
  /** [H, W] */
  size,
  /** Without `slices` 1, or 3 with the same grey values in each. */
  channels: z.number().int().min(1).max(63).default(1),
  window: windowSchema,
  /** The first variant whose conditions all hold replaces `window` for that image. */
  variants: z
    .array(z.strictObject({ when: z.array(conditionSchema).min(1), window: windowSchema }))
    .optional(),
  /** Resampled by area to these millimetres a pixel [between rows, between columns] before anything else. */
  pixelSpacing: z
    .strictObject({
      mm: z.tuple([millimetres, millimetres]),
      /** An image that does not tell its spacing is declined, or kept as it is. */
      ifMissing: z.enum(['decline', 'keep']).default('decline'),
    })
    .optional(),
  /**
   * `patient`: turned and mirrored so that the patient's left is on the right and the head (or the front, in axial
   * slices) is up; as stored where the image does not say.
   */
  orientation: z.enum(['as-stored', 'patient']).default('as-stored'),
  resize: resizeSchema,
  /** (x - mean) / std of the windowed values 0 to 1, for all channels or each. */
  normalise: z.strictObject({
    mean: perChannel(z.number()),
    std: perChannel(z.number().positive()),
  }),
  /** Neighbouring slices as channels, in order of position; the end slices stand in for missing ones. */
  slices: z.strictObject({ before: neighbours, after: neighbours }).optional(),
  /** The image is cut into tiles, which the network sees one by one. */
  tiles: z
    .strictObject({
      /** [rows, columns] in pixels of the image, after `pixelSpacing`. */
      size,
      /** Share of a tile that the next one covers too, at least. */
      overlap: z.number().min(0).max(0.9).default(0.25),
      /** Tiles in which at least this share of the pixels is the darkest value are left out. */
      emptyShare: unit.default(0.98),
    })
    .optional(),
  /** For networks whose first axis is dynamic: up to so many images at once. */
  maximumBatch: z.number().int().min(1).max(256).default(1),
});
export type ModelInput = z.output<typeof inputSchema>;
