import { z } from 'zod';

/** DICOM keywords (PS3.6) that a manifest may select images by. */
export const SELECTABLE_ATTRIBUTES = [
  'SOPClassUID',
  'Modality',
  'BodyPartExamined',
  'ViewPosition',
  'PatientOrientation',
  'PresentationIntentType',
  'ImageType',
  'PhotometricInterpretation',
  'Manufacturer',
  'ManufacturerModelName',
  'StudyDescription',
  'SeriesDescription',
  'ProtocolName',
  'PatientSex',
] as const;
export type SelectableAttribute = (typeof SELECTABLE_ATTRIBUTES)[number];

const values = z.array(z.string().trim().min(1)).min(1);

/** Without `orMissing: true` an attribute that is absent or empty fails the condition, `notIn` included. */
export const conditionSchema = z
  .strictObject({
    attribute: z.enum(SELECTABLE_ATTRIBUTES),
    in: values.optional(),
    notIn: values.optional(),
    orMissing: z.boolean().optional(),
  })
  .refine((one) => (one.in === undefined) !== (one.notIn === undefined), {
    message: 'exactly one of in and notIn',
  });
export type Condition = z.output<typeof conditionSchema>;

const age = z.number().int().min(0).max(150);

/**
 * Which images a model takes. `image`: every image of the study by itself. `series`: the images of one series are
 * slices of a stack, in the order of their position.
 */
export const selectSchema = z
  .strictObject({
    level: z.enum(['image', 'series']),
    all: z.array(conditionSchema).min(1),
    /** Younger patients are declined, with the reason shown. */
    minimumAgeYears: age.optional(),
    /** Older ones too. */
    maximumAgeYears: age.optional(),
    /** Stacks of fewer slices (localisers, for one) are declined. */
    minimumSlices: z.number().int().min(1).max(10_000).optional(),
  })
  .refine((one) => one.level === 'series' || one.minimumSlices === undefined, {
    path: ['minimumSlices'],
    message: 'needs level series',
  })
  .refine((one) => (one.minimumAgeYears ?? 0) <= (one.maximumAgeYears ?? 150), {
    path: ['maximumAgeYears'],
    message: 'must not be below minimumAgeYears',
  });
