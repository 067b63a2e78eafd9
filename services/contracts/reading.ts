import { z } from 'zod';
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

/** POST /api/studies/{uid}/reanalyse: the run that was asked for. */
export const reanalyseResponseSchema = z.object({ jobId: z.string() });

/** POST /api/models/{id}/role: the model as it stands now, and what that means for studies. */
export const modelRoleResponseSchema = z.object({ model: modelSchema, effect: z.string() });
