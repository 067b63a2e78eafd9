import { z } from 'zod';
import {
  HEATMAP_ORIGINS,
  IMPRESSIONS,
  MODEL_ROLES,
  READING_MODES,
  REVIEW_MODES,
  VERDICTS,
} from '#core/finding.ts';
import { TAKEN_BACK_AS } from '#core/outside-report.ts';
import { PRIORITIES } from '#core/priority.ts';
import { READING_STATUSES, STUDY_STATUSES } from '#core/study-state.ts';
import { studyNotificationSchema } from './notifications.ts';

/** DICOM UID, PS3.5 9.1. Checked before it comes near a query or a path. */
export const uidSchema = z.string().regex(/^[0-9.]{1,64}$/);
const time = z.iso.datetime({ offset: true });
export const boxSchema = z.tuple([
  z.number(),
  z.number(),
  z.number().positive(),
  z.number().positive(),
]);

export const codeSchema = z.object({ scheme: z.string(), value: z.string(), meaning: z.string() });

/** What became of the notifications about a study, in one line. */
const notificationSummarySchema = z.object({
  state: z.enum(['unacknowledged', 'not-sent', 'waiting', 'acknowledged']),
  sentAt: time.nullable(),
  /** When a radiologist first opened the study after that; it acknowledges nothing. */
  seenAt: time.nullable(),
  acknowledgedAt: time.nullable(),
  acknowledgedBy: z.string().nullable(),
});
export type NotificationSummary = z.output<typeof notificationSummarySchema>;

/** Another system's word, or a reader's, that a study was reported elsewhere. */
const reportedElsewhereSchema = z.object({
  by: z.string(),
  at: time,
  /** It came while a reader has the study open: it leaves the list when they leave it. */
  pending: z.boolean(),
});

/** Another system's word that a study is not reported there after all. */
const reportTakenBackSchema = z.object({
  by: z.string(),
  at: time,
  as: z.enum(TAKEN_BACK_AS),
});

/** One row of the worklist. */
export const worklistItemSchema = z.object({
  studyInstanceUid: uidSchema,
  /** Send it back with a review: a stale one gets 409. */
  version: z.number().int(),
  patientId: z.string().nullable(),
  issuerOfPatientId: z.string().nullable(),
  /** The alphabetic (or only) component group, decoded, with `^` between components. */
  patientName: z.string().nullable(),
  patientBirthDate: z.string().nullable(),
  patientSex: z.string().nullable(),
  patientAge: z.string().nullable(),
  accessionNumber: z.string().nullable(),
  studyDescription: z.string().nullable(),
  studyDate: z.string().nullable(),
  modality: z.string().nullable(),
  bodyPartExamined: z.string().nullable(),
  site: z.string(),
  status: z.enum(STUDY_STATUSES),
  statusReason: z.string().nullable(),
  /** Of a study that is still being received: what it waits for, and when it is taken as it is at the latest. */
  waitingFor: z.string().nullable(),
  waitsUntil: time.nullable(),
  /** Set while an analysis is overdue: "AI delayed since". */
  aiDelayedSince: time.nullable(),
  readingStatus: z.enum(READING_STATUSES),
  openedBy: z.string().nullable(),
  openedAt: time.nullable(),
  /** While `readingStatus` says so; of an opened study in its details alone. */
  reportedElsewhere: reportedElsewhereSchema.nullable(),
  /** Why it is to be read again after it had left the list; null once it is read. */
  reportTakenBack: reportTakenBackSchema.nullable(),
  priority: z.enum(PRIORITIES),
  basePriority: z.enum(PRIORITIES),
  orderPrioritySource: z.string(),
  reason: z.string(),
  overdue: z.boolean(),
  score: z.number().nullable(),
  scoreModel: z.string().nullable(),
  flagged: z.boolean(),
  /**
   * The asker reads this study blind first and has not yet recorded an impression: `reason`, `score`, `scoreModel`,
   * `flagged` and `notification` say nothing then.
   */
  aiWithheld: z.boolean(),
  imageCount: z.number().int(),
  receivedAt: time,
  lastImageAt: time.nullable(),
  completedAt: time.nullable(),
  analysedAt: time.nullable(),
  /** When a reader signed it off; null while it is to be read, and where it was reported elsewhere. */
  reviewedAt: time.nullable(),
  dueAt: time,
  hasThumbnail: z.boolean(),
  /** Null when nobody was to be told of it. */
  notification: notificationSummarySchema.nullable(),
});
export type WorklistItem = z.output<typeof worklistItemSchema>;

/** What one model says of a place. `box` is null in triage-only mode. */
const sightingSchema = z.object({
  findingId: z.string(),
  modelId: z.string(),
  modelVersion: z.string(),
  label: z.string(),
  score: z.number(),
  box: boxSchema.nullable(),
});

/**
 * What one or several models say of one place. In triage-only mode a reader gets `sopInstanceUid`, `frame` and `box` as
 * null: no location leaves the server.
 */
export const findingSchema = z.object({
  id: z.string(),
  label: z.string(),
  code: codeSchema,
  sopInstanceUid: uidSchema.nullable(),
  frame: z.number().int().nullable(),
  box: boxSchema.nullable(),
  /** Of the model with the highest score, as are id, label, box and model. */
  score: z.number(),
  modelId: z.string(),
  modelVersion: z.string(),
  /** Every model that saw it, the highest score first. A verdict counts for all of them. */
  seenBy: z.array(sightingSchema),
});
export type Finding = z.output<typeof findingSchema>;

export const heatmapSummarySchema = z.object({
  id: z.string(),
  sopInstanceUid: uidSchema,
  frame: z.number().int(),
  modelId: z.string(),
  /** What it is a heatmap of, and what it comes from. */
  label: z.string(),
  origin: z.enum(HEATMAP_ORIGINS),
  peak: z.number(),
});

/** A heatmap that is made after the result, by hiding parts of the image. */
const explanationSchema = z.object({
  modelId: z.string(),
  label: z.string(),
  method: z.enum(['occlusion', 'rise']),
  /** `insufficient`: the time was up before the map could mean anything. */
  state: z.enum(['queued', 'done', 'insufficient', 'failed']),
  /** Masked images that were scored, and how many were planned; null before that is known. */
  masks: z.number().int().nullable(),
  plannedMasks: z.number().int().nullable(),
});

/** A score says how strongly a model reacts. It is no probability. */
const labelScoreSchema = z.object({
  id: z.string(),
  label: z.string(),
  code: codeSchema,
  score: z.number(),
  threshold: z.number(),
  flagged: z.boolean(),
});

export const modelRunSchema = z.object({
  modelId: z.string(),
  modelVersion: z.string(),
  modelSha256: z.string(),
  role: z.enum(MODEL_ROLES),
  /** `declined`: the images are outside the model's intended use. */
  outcome: z.enum(['analysed', 'not-analysed', 'declined', 'failed']),
  reason: z.string().nullable(),
  provider: z.string().nullable(),
  /** Of the label that stands out most; `labels` has all of them. */
  score: z.number().nullable(),
  threshold: z.number().nullable(),
  flagged: z.boolean(),
  labels: z.array(labelScoreSchema),
  images: z.number().int(),
  /** Milliseconds by stage. */
  timings: z.record(z.string(), z.number()),
});

export const analysisRunSchema = z.object({
  id: z.string(),
  number: z.number().int(),
  imageRevision: z.string(),
  trigger: z.string(),
  state: z.string(),
  reason: z.string().nullable(),
  traceId: z.string(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  models: z.array(modelRunSchema),
});

export const findingVerdictSchema = z.object({
  findingId: z.string().nullable(),
  verdict: z.enum([...VERDICTS, 'add']),
  reason: z.string().nullable(),
  label: z.string().nullable(),
  sopInstanceUid: uidSchema.nullable(),
  frame: z.number().int().nullable(),
  box: boxSchema.nullable(),
});

export const reviewSchema = z.object({
  id: z.string(),
  kind: z.enum(['reading', 'second-reading']),
  state: z.enum(['signed', 'undone']),
  reader: z.string(),
  readingMode: z.enum(REVIEW_MODES),
  imageRevision: z.string().nullable(),
  seenVersion: z.number().int(),
  positive: z.boolean(),
  comment: z.string().nullable(),
  openedAt: time.nullable(),
  createdAt: time,
  /** When its reader took it back. */
  undoneAt: time.nullable(),
  verdicts: z.array(findingVerdictSchema),
});
export type Review = z.output<typeof reviewSchema>;

/** A reader's own impression, recorded before the AI's word was shown. */
export const impressionSchema = z.object({
  id: z.string(),
  reader: z.string(),
  word: z.enum(IMPRESSIONS),
  comment: z.string().nullable(),
  marks: z.array(
    z.object({ sopInstanceUid: uidSchema, frame: z.number().int().min(1), box: boxSchema }),
  ),
  createdAt: time,
});
export type Impression = z.output<typeof impressionSchema>;

export const instanceSchema = z.object({
  sopInstanceUid: uidSchema,
  sopClassUid: uidSchema,
  transferSyntaxUid: uidSchema,
  kind: z.enum(['image', 'object']),
  instanceNumber: z.number().int().nullable(),
  rows: z.number().int().nullable(),
  columns: z.number().int().nullable(),
  numberOfFrames: z.number().int(),
  sha256: z.string(),
});

export const seriesSchema = z.object({
  seriesInstanceUid: uidSchema,
  modality: z.string().nullable(),
  seriesNumber: z.number().int().nullable(),
  seriesDescription: z.string().nullable(),
  instances: z.array(instanceSchema),
});

export const studyDetailSchema = worklistItemSchema.extend({
  readingMode: z.enum(READING_MODES),
  imageRevision: z.string().nullable(),
  imageRevisions: z.array(
    z.object({
      imageRevision: z.string(),
      number: z.number().int(),
      imageCount: z.number().int(),
      createdAt: time,
      /** Why its images counted as complete, and by which rule; null where that was not recorded. */
      completionReason: z.string().nullable(),
      completionRule: z.string().nullable(),
    }),
  ),
  series: z.array(seriesSchema),
  /** Newest first. Model runs in shadow are given to admins alone. */
  analysisRuns: z.array(analysisRunSchema),
  /** Of active models over the current image revision. */
  findings: z.array(findingSchema),
  heatmaps: z.array(heatmapSummarySchema),
  explanations: z.array(explanationSchema),
  reviews: z.array(reviewSchema),
  /** The asker's own; null where none was recorded. */
  impression: impressionSchema.nullable(),
  /** The oldest first. */
  notifications: z.array(studyNotificationSchema),
});
export type StudyDetail = z.output<typeof studyDetailSchema>;

export const heatmapSchema = heatmapSummarySchema.extend({
  width: z.number().int(),
  height: z.number().int(),
  /** Row-major, 0 to 1. */
  values: z.array(z.number()),
  /** x = column * scaleX + originX, y = row * scaleY + originY; cell corners to source pixels. */
  transform: z.object({
    scaleX: z.number(),
    scaleY: z.number(),
    originX: z.number(),
    originY: z.number(),
  }),
  threshold: z.number(),
  /** Of explanations by occlusion and RISE: the share of the score that is lost when the place is hidden. */
  unit: z.enum(['score', 'share-of-score']),
});
export type Heatmap = z.output<typeof heatmapSchema>;

/** What a reader sends to sign a study off. */
export const reviewRequestSchema = z.object({
  /** The study version that was on the reader's screen. */
  version: z.number().int(),
  verdicts: z.array(
    z.discriminatedUnion('verdict', [
      z.object({ verdict: z.literal('confirm'), findingId: z.string() }),
      z.object({
        verdict: z.literal('reject'),
        findingId: z.string(),
        reason: z.string().max(200).optional(),
      }),
      z.object({
        verdict: z.literal('amend'),
        findingId: z.string(),
        label: z.string().min(1).max(100).optional(),
        box: boxSchema.optional(),
      }),
      z.object({
        verdict: z.literal('add'),
        label: z.string().min(1).max(100),
        sopInstanceUid: uidSchema,
        frame: z.number().int().min(1).default(1),
        box: boxSchema,
      }),
    ]),
  ),
  comment: z.string().max(2000).optional(),
  openedAt: time.optional(),
});
export type ReviewRequest = z.input<typeof reviewRequestSchema>;

/** POST /api/studies/{uid}/impressions: before the AI's word is shown, once for each reader. */
export const impressionRequestSchema = z.object({
  word: z.enum(IMPRESSIONS),
  comment: z.string().max(2000).optional(),
  marks: impressionSchema.shape.marks.max(100).default([]),
  openedAt: time.optional(),
});
export type ImpressionRequest = z.input<typeof impressionRequestSchema>;
export const impressionResponseSchema = z.object({ impression: impressionSchema });

export const reviewResponseSchema = z.object({ review: reviewSchema, version: z.number().int() });
