import { z } from 'zod';
import { faithfulnessSchema } from './faithfulness-schema.ts';
import { modelDescriptionSchema } from './model-description.ts';
import { OUTCOMES } from './score-record.ts';

const count = z.number().int().min(0);
const interval = z.tuple([z.number(), z.number()]).readonly();
const maybeInterval = interval.nullable();

/** A proportion; of nothing there is neither estimate nor interval. */
const rateSchema = z.strictObject({
  count,
  total: count,
  estimate: z.number().nullable(),
  wilson: maybeInterval,
  clopperPearson: maybeInterval,
});
export type RateFigure = z.output<typeof rateSchema>;

const confusionSchema = z.strictObject({
  truePositives: count,
  falseNegatives: count,
  trueNegatives: count,
  falsePositives: count,
});

const aucSchema = z.strictObject({
  auc: z.number(),
  variance: z.number(),
  interval,
  method: z.enum(['delong-logit', 'newcombe-score']),
});
export type AucFigure = z.output<typeof aucSchema>;

const prevalenceSchema = z.strictObject({
  prevalence: z.number(),
  flagRate: z.number(),
  positivePredictiveValue: z.number().nullable(),
  positiveInterval: maybeInterval,
  negativePredictiveValue: z.number().nullable(),
  negativeInterval: maybeInterval,
});

const pointSchema = z.strictObject({
  id: z.string(),
  threshold: z.number(),
  isDefault: z.boolean(),
  confusion: confusionSchema,
  sensitivity: rateSchema,
  specificity: rateSchema,
  positivePredictiveValue: rateSchema,
  negativePredictiveValue: rateSchema,
  flagged: rateSchema,
  /** From resampled patients. */
  bootstrap: z.strictObject({ sensitivity: maybeInterval, specificity: maybeInterval }),
  /** What was not analysed counted as not flagged. */
  withNotAnalysed: z.strictObject({ sensitivity: rateSchema, specificity: rateSchema }),
  atPrevalence: z.array(prevalenceSchema),
});
export type PointFigures = z.output<typeof pointSchema>;

const estimateSchema = z.strictObject({ estimate: z.number(), interval });

const calibrationSchema = z.strictObject({
  slope: estimateSchema,
  intercept: estimateSchema,
  inTheLarge: estimateSchema,
  moved: count,
});

const reliabilitySchema = z.strictObject({
  bins: z.array(
    z.strictObject({
      low: z.number(),
      high: z.number(),
      count,
      positives: count,
      meanScore: z.number(),
      observed: z.number(),
      interval,
    }),
  ),
  brier: z.number(),
  brierOfPrevalence: z.number(),
  decomposition: z.strictObject({
    reliability: z.number(),
    resolution: z.number(),
    uncertainty: z.number(),
    withinBins: z.number(),
  }),
  expectedCalibrationError: z.number(),
});

const groupSchema = z.strictObject({
  value: z.string(),
  positives: count,
  negatives: count,
  notAnalysed: count,
  auc: aucSchema.nullable(),
  sensitivity: rateSchema,
  specificity: rateSchema,
  /** Against all other images of known value; p adjusted over all of the label's groups (Holm). */
  differenceToRest: z
    .strictObject({
      difference: z.number(),
      interval,
      pValue: z.number().nullable(),
      holm: z.number().nullable(),
    })
    .nullable(),
});

const variableSchema = z.strictObject({
  variable: z.string(),
  groups: z.array(groupSchema),
  /** Of a variable with two values: how well it alone would rank. */
  alone: z.strictObject({ value: z.string(), auc: aucSchema }).nullable(),
});
export type VariableFigures = z.output<typeof variableSchema>;

const localisationSchema = z.strictObject({
  hitRule: z.string(),
  /** Positive images whose boxes are known, and those left out because they are not. */
  imagesWithBoxes: count,
  withoutBoxes: count,
  lesions: count,
  peakInBox: rateSchema,
  /** One place for all images, in most boxes of the other patients. */
  fixedPoint: rateSchema,
  froc: z.strictObject({
    images: count,
    curve: z.array(z.tuple([z.number(), z.number()])),
    rates: z.array(
      z.strictObject({
        falseMarksPerImage: z.number(),
        hit: count,
        lesions: count,
        sensitivity: z.number(),
        interval: maybeInterval,
      }),
    ),
  }),
  /** Boxes as the product draws them on images flagged at the default point, matched one to one. */
  drawn: z.strictObject({
    minimumIou: z.number(),
    images: count,
    precision: rateSchema,
    recall: rateSchema,
  }),
  /** Sensitivity of the default point by the total area of the reference boxes, in shares of the image. */
  bySize: z.array(z.strictObject({ from: z.number(), to: z.number(), sensitivity: rateSchema })),
});
export type LocalisationFigures = z.output<typeof localisationSchema>;

const caseSchema = z.strictObject({
  caseId: z.string(),
  /** Only where it was asked for. */
  sopInstanceUid: z.string().optional(),
  score: z.number(),
  groups: z.record(z.string(), z.string()),
});
export type ShownCase = z.output<typeof caseSchema>;

const labelSchema = z.strictObject({
  id: z.string(),
  label: z.string(),
  /** Of units with a truth for this label. */
  counts: z.strictObject({
    positives: count,
    negatives: count,
    patients: count,
    analysedPositives: count,
    analysedNegatives: count,
    withoutTruth: count,
  }),
  auc: aucSchema.nullable(),
  /** From resampled patients. */
  aucBootstrap: maybeInterval,
  /** What was not analysed ranked below everything. */
  aucWithNotAnalysed: aucSchema.nullable(),
  /** [false positive rate, sensitivity], thinned for drawing. */
  roc: z.array(z.tuple([z.number(), z.number()])),
  /** [false positive rate, low, high], pointwise 95%. */
  band: z.array(z.tuple([z.number(), z.number(), z.number()])),
  points: z.array(pointSchema),
  reliability: reliabilitySchema.nullable(),
  calibration: calibrationSchema.nullable(),
  /** Counts in 20 equal bins from 0 to 1. */
  histogram: z.strictObject({ positives: z.array(count), negatives: z.array(count) }),
  variables: z.array(variableSchema),
  localisation: localisationSchema.nullable(),
  /** Null unless it was asked for, and where no flagged image had a map. */
  faithfulness: faithfulnessSchema.nullable(),
  misses: z.array(caseSchema),
  falseAlarms: z.array(caseSchema),
});
export type LabelFigures = z.output<typeof labelSchema>;

const outcomeSchema = z.strictObject({
  outcome: z.enum(OUTCOMES),
  reason: z.string().nullable(),
  count,
  /** At most a hundred of them. */
  cases: z.array(z.string()),
});

/** Version 2 of report.json (1 knew no series, no choice of rows, no faithfulness). No name, no id of a patient, no file name; UIDs of images only where asked for. */
export const reportSchema = z.strictObject({
  schemaVersion: z.literal(2),
  kind: z.literal('evaluation'),
  createdAt: z.iso.datetime(),
  product: z.string(),
  model: modelDescriptionSchema,
  unit: z.enum(['image', 'series', 'study']),
  counts: z.strictObject({
    files: count,
    units: count,
    patients: count,
    analysed: count,
    notAnalysed: count,
    withoutTruth: count,
    withoutImage: count,
    /** Rows of truth that were not asked for. */
    notChosen: count,
  }),
  /** Which rows of truth were asked for, in words; empty for all. */
  choice: z.array(z.string()),
  /** Whether the truth file names patients; else every image without a DICOM patient counts as a patient. */
  knowsPatients: z.boolean(),
  /** What became of the units, those not analysed by reason. */
  outcomes: z.array(outcomeSchema),
  settings: z.strictObject({
    bootstrapRepeats: count,
    seed: z.number().int(),
    prevalences: z.array(z.number()),
    ageBands: z.array(z.number()),
    variablesLeftOut: z.array(z.string()),
  }),
  labels: z.array(labelSchema),
});
export type EvaluationReport = z.output<typeof reportSchema>;

/** What is read of a report of any version. */
export const reportedModelSchema = z.object({
  kind: z.literal('evaluation'),
  model: modelDescriptionSchema,
});
