import { z } from 'zod';
import { OUTSIDE_REPORT_STATES } from '#core/outside-report.ts';
import { READING_STATUSES } from '#core/study-state.ts';
import { modelSchema } from './administration.ts';
import { uidSchema } from './study.ts';

/** Answer of POST and DELETE on `open` and `reported-elsewhere`, and of DELETE on a review: who reads the study now. */
export const readingStateSchema = z.object({
  studyInstanceUid: uidSchema,
  version: z.number().int(),
  readingStatus: z.enum(READING_STATUSES),
  openedBy: z.string().nullable(),
  openedAt: z.iso.datetime({ offset: true }).nullable(),
});
export type ReadingState = z.output<typeof readingStateSchema>;

/** POST /api/reported-elsewhere: by accession number, with the patient that it is about. */
export const outsideReportRequestSchema = z.object({
  accessionNumber: z.string().trim().min(1).max(64),
  patientId: z.string().trim().min(1).max(64),
  issuerOfPatientId: z.string().trim().min(1).max(64).optional(),
  /** `YYYYMMDD` */
  patientBirthDate: z
    .string()
    .regex(/^\d{8}$/)
    .optional(),
  /** Only studies of this site. */
  site: z.string().min(1).max(100).optional(),
  /** What the sender calls this word: sent once more it changes nothing. */
  messageId: z.string().min(1).max(100).optional(),
});
export const outsideReportResponseSchema = z.object({ state: z.enum(OUTSIDE_REPORT_STATES) });

/** POST /api/studies/{uid}/reanalyse: the run that was asked for. */
export const reanalyseResponseSchema = z.object({ jobId: z.string() });

/** POST /api/models/{id}/role: the model as it stands now, and what that means for studies. */
export const modelRoleResponseSchema = z.object({ model: modelSchema, effect: z.string() });
