import { z } from 'zod';

/** What became of an image. Everything but `analysed` counts as not analysed, and is told. */
export const OUTCOMES = [
  'analysed',
  /** The model is made for such images, but not for this patient (age). */
  'declined',
  /** The manifest's rule does not take it. */
  'does-not-fit',
  /** The input check found that the pixels are not what the model is made for. */
  'outside-intended-use',
  'undecodable',
  /** Neither a DICOM object with pixels nor a PNG or JPEG. */
  'no-image',
  'model-failed',
] as const;
const outcomeSchema = z.enum(OUTCOMES);
export type Outcome = z.output<typeof outcomeSchema>;

/** A place that a model points at: x and y in source pixels, and how much it points, 0 to 1. */
const markSchema = z.tuple([z.number(), z.number(), z.number()]);
export type Mark = z.output<typeof markSchema>;

/** Left, top, width, height in source pixels, and a score. */
const drawnBoxSchema = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);
export type DrawnBox = z.output<typeof drawnBoxSchema>;

const frameSchema = z.strictObject({
  /** From 1. */
  frame: z.number().int().min(1),
  /** Of a series: which of its slices, from 0. */
  slice: z.number().int().min(0).optional(),
  /** By label id, 0 to 1. */
  scores: z.record(z.string(), z.number()),
  /** By label id, the highest first; absent when the model does not say where. */
  marks: z.record(z.string(), z.array(markSchema)).optional(),
  boxes: z.record(z.string(), z.array(drawnBoxSchema)).optional(),
});
export type FrameScores = z.output<typeof frameSchema>;

/** What of the image's header may tell subgroups apart. */
const factsSchema = z.strictObject({
  view: z.string().optional(),
  sex: z.string().optional(),
  ageYears: z.number().optional(),
  manufacturer: z.string().optional(),
  modality: z.string().optional(),
  site: z.string().optional(),
});
export type HeaderFacts = z.output<typeof factsSchema>;

const sliceSchema = z.strictObject({ file: z.string().min(1), sopInstanceUid: z.string() });
/** One image of a series: its file is named as that of an image. */
export type SliceName = z.output<typeof sliceSchema>;

/** One image, or one series, with what a model gave: a line of the journal. */
export const scoreRecordSchema = z.strictObject({
  /** Path below the folder of images; of an image from the archive its SOP Instance UID. Of a series, its first slice's. */
  file: z.string().min(1),
  /** Of a series, over the digests of its files. */
  fileSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of all that decides about the scores: see `recordKey`. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  /** Null for a plain image, and for a series. */
  sopInstanceUid: z.string().nullable(),
  /** Null for a plain image; absent in journals of before series were scored. */
  seriesInstanceUid: z.string().nullable().optional(),
  studyInstanceUid: z.string().nullable(),
  /** A salted digest: joins images of one patient, and names nobody. */
  patient: z.string().nullable(),
  rows: z.number().int().nullable(),
  columns: z.number().int().nullable(),
  facts: factsSchema,
  outcome: outcomeSchema,
  /** In words, without patient data; null when analysed without remark. */
  reason: z.string().nullable(),
  frames: z.array(frameSchema),
  /** Of a series, its images in the order in which the model saw them. */
  slices: z.array(sliceSchema).min(1).optional(),
  /** Text is burned into the pixels, says the header: the image is not put into a report. */
  burnedIn: z.boolean(),
});
export type ScoreRecord = z.output<typeof scoreRecordSchema>;
