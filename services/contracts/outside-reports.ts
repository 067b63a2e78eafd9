import { z } from 'zod';
import { OUTSIDE_WORDS } from '#core/outside-report.ts';

const patientIds = z.array(z.object({ id: z.string(), issuers: z.array(z.string()) }));

const refusedReportSchema = z.object({
  id: z.string(),
  /** `merged`: the ids were given up for those of `mergedInto`. */
  word: z.enum(OUTSIDE_WORDS),
  /** Name of the system that sent it. */
  source: z.string(),
  via: z.enum(['hl7', 'http']),
  messageId: z.string(),
  accessionNumber: z.string().nullable(),
  /** As the message names them, with who issued them. */
  patientIds,
  mergedInto: patientIds.nullable(),
  receivedAt: z.iso.datetime({ offset: true }),
});
export type RefusedReport = z.output<typeof refusedReportSchema>;

/** GET /api/admin/refused-reports: those that name another patient than their study, and merged patients. */
export const refusedReportsSchema = z.object({ reports: z.array(refusedReportSchema) });

/** POST /api/admin/refused-reports/{id}/dismiss */
export const dismissedReportSchema = z.object({ id: z.string(), state: z.literal('dismissed') });
