import { z } from 'zod';
import { READING_STATUSES, STUDY_STATUSES } from '#core/study-state.ts';
import { uidSchema } from './study.ts';

/** Another study of the same patient: issuer and id agree, and no birth date says otherwise. */
export const priorSchema = z.object({
  studyInstanceUid: uidSchema,
  studyDate: z.string().nullable(),
  studyDescription: z.string().nullable(),
  modality: z.string().nullable(),
  bodyPartExamined: z.string().nullable(),
  accessionNumber: z.string().nullable(),
  site: z.string(),
  status: z.enum(STUDY_STATUSES),
  readingStatus: z.enum(READING_STATUSES),
  imageCount: z.number().int(),
  receivedAt: z.iso.datetime({ offset: true }),
});

/** GET /api/studies/{uid}/priors: the patient's other studies, the newest first. */
export const priorsSchema = z.object({
  priors: z.array(priorSchema),
  /** Why there can be none: the id stands for nobody. */
  withheld: z.enum(['no-patient-id']).nullable(),
  /** Studies under the same id whose birth date disagrees: they are another patient's, or one of the two is wrong. */
  otherBirthDate: z.number().int(),
});
export type Priors = z.output<typeof priorsSchema>;
