import { z } from 'zod';
import { uidSchema } from '#contracts/study.ts';

/** `:uid`, the Study Instance UID. */
export const studyParams = z.object({ uid: uidSchema });
