import { z } from 'zod';
import { proportionSchema } from './quality.ts';

/** `id@version`, as `radtriage models list` shows it. */
const VERSION_PATTERN = /^[a-z0-9][a-z0-9-]{1,62}@\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const reference = z.string().max(150).regex(VERSION_PATTERN, 'a model and version: id@1.2.0');
const time = z.iso.datetime({ offset: true });
const interval = z.tuple([z.number(), z.number()]);
const count = z.number().int().min(0);

/** GET /api/model-comparison: `a` is compared with the candidate `b` over studies received from `from` until `to`. */
export const comparisonQuerySchema = z.object({
  a: reference,
  b: reference,
  from: time.optional(),
  to: time.optional(),
});

const millisecondsSchema = z.object({ median: z.number(), p95: z.number() });
const reasonSchema = z.object({ reason: z.string(), count });

/** What one version did with the studies that both saw. */
const sideSchema = z.object({
  modelId: z.string(),
  version: z.string(),
  /** Of the files that it ran with: more than one means that its results are not of one model. */
  sha256: z.array(z.string()),
  /** The roles that it had when it saw them. */
  roles: z.array(z.enum(['shadow', 'active'])),
  analysed: count,
  /** Outside the model's intended use. */
  declined: count,
  notAnalysed: count,
  failed: count,
  /** Why it did not analyse, or failed, the commonest first. */
  reasons: z.array(reasonSchema),
  /** A study; null when it ran on none. Of the network, and with decoding, pre- and postprocessing. */
  networkMs: millisecondsSchema.nullable(),
  totalMs: millisecondsSchema.nullable(),
});
export type ComparisonSide = z.output<typeof sideSchema>;

const subgroupSchema = z.object({
  /** modality, site, sex or age. */
  by: z.enum(['modality', 'site', 'sex', 'age']),
  group: z.string(),
  flaggedA: proportionSchema,
  flaggedB: proportionSchema,
});

/** Scores of both for one finding, by the code that they share. */
const scatterSchema = z.object({
  code: z.string(),
  label: z.string(),
  thresholdA: z.number().nullable(),
  thresholdB: z.number().nullable(),
  /** All studies with both scores; `points` shows an even sample of them. */
  total: count,
  points: z.array(z.tuple([z.number(), z.number()])),
});
export type ComparisonScatter = z.output<typeof scatterSchema>;

/** Studies as one would have raised them, the other, both or neither. */
const fourfoldSchema = z.object({ both: count, onlyA: count, onlyB: count, neither: count });
export type Fourfold = z.output<typeof fourfoldSchema>;

/** A study on which the two differ, or that stands elsewhere in the list. */
const differenceSchema = z.object({
  studyInstanceUid: z.string(),
  receivedAt: time,
  modality: z.string().nullable(),
  site: z.string(),
  flaggedA: z.boolean(),
  flaggedB: z.boolean(),
  scoreA: z.number().nullable(),
  scoreB: z.number().nullable(),
  /** Places nearer the top on arrival with B than with A; negative: farther down. */
  placesGained: z.number().int(),
  /** The reader's signed word, or null. */
  confirmed: z.boolean().nullable(),
});

/** Two versions over the studies that both analysed. Figures over no study are null. */
export const modelComparisonSchema = z.object({
  from: time.nullable(),
  to: time.nullable(),
  /** Studies in the window that A saw, B saw, and both saw on the same images. */
  seen: z.object({ a: count, b: count, both: count }),
  a: sideSchema,
  b: sideSchema,
  /** Studies that both analysed: what all below is about. */
  compared: count,
  flaggedA: proportionSchema,
  flaggedB: proportionSchema,
  flags: fourfoldSchema,
  agreement: z
    .object({
      observed: z.number(),
      kappa: z.number().nullable(),
      kappaInterval: interval.nullable(),
      /** Flag rate of A minus that of B, 95%. */
      difference: z.number(),
      differenceInterval: interval,
      mcNemarP: z.number(),
    })
    .nullable(),
  /** By the site's rule as it is now, each model taken as if it alone were active. */
  raised: fourfoldSchema,
  places: z.object({
    /** How long before its arrival a study's neighbours in the list may have come, minutes. */
    windowMinutes: z.number(),
    earlier: count,
    same: count,
    later: count,
    /** Most places gained and lost by one study. */
    largestGain: count,
    largestLoss: count,
  }),
  readers: z.object({
    signed: count,
    /** Of the studies in which readers confirmed, amended or added a finding. */
    confirmedFlaggedA: proportionSchema,
    confirmedFlaggedB: proportionSchema,
    /** Of the studies in which they did not. */
    unconfirmedFlaggedA: proportionSchema,
    unconfirmedFlaggedB: proportionSchema,
  }),
  scatter: z.array(scatterSchema),
  subgroups: z.array(subgroupSchema),
  differences: z.array(differenceSchema),
  /** Of all that differ, how many `differences` leaves out. */
  differencesLeftOut: count,
  /** What a reader of this report has to know, in sentences. */
  caveats: z.array(z.string()),
});
export type ModelComparison = z.output<typeof modelComparisonSchema>;
