import { z } from 'zod';
import { uidSchema } from './study.ts';

const time = z.iso.datetime({ offset: true });

/** How far the objects of one result are on their way to one destination. */
const destinationProgressSchema = z.object({
  /** Its name in the configuration. */
  name: z.string(),
  waiting: z.number().int(),
  sent: z.number().int(),
  /** Refused for good, or given up; an administrator may send them again. */
  dead: z.number().int(),
  lastSentAt: time.nullable(),
  /** Why something is not there yet. */
  lastError: z.string().nullable(),
});

const studyResultSchema = z.object({
  /** From 1 within its study; a later one supersedes those before it. */
  number: z.number().int(),
  /** `waiting`: for its time, or to be made. */
  state: z.enum(['waiting', 'made', 'failed']),
  /** Why it failed, or why the last attempt did. */
  reason: z.string().nullable(),
  /** The radiologist whose word it carries. */
  signedBy: z.string().nullable(),
  /** When its objects are made at the earliest: a signed review can be undone until then. */
  dueAt: time,
  madeAt: time.nullable(),
  destinations: z.array(destinationProgressSchema),
  /** Its objects went out so long ago that it is not written down any more where to. */
  isForgotten: z.boolean(),
});
export type StudyResult = z.output<typeof studyResultSchema>;

/** GET /api/studies/{uid}/results: what was sent of a study and where to, the newest first. */
export const studyResultsSchema = z.object({ results: z.array(studyResultSchema) });

const failedResultSchema = z.object({
  id: z.string(),
  studyInstanceUid: uidSchema,
  number: z.number().int(),
  signedBy: z.string().nullable(),
  /** A code and our own words, nothing of the patient. */
  reason: z.string(),
  attempts: z.number().int(),
  since: time,
});
export type FailedResult = z.output<typeof failedResultSchema>;

/** GET /api/admin/failed-results: what could not be made into objects, the newest first. */
export const failedResultsSchema = z.object({ results: z.array(failedResultSchema) });

/** POST /api/admin/failed-results/{id}/retry and .../dismiss */
export const failedResultActSchema = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'cancelled']),
});
