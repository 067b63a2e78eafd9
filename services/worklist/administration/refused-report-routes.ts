import { z } from 'zod';
import { dismissedReportSchema, refusedReportsSchema } from '#contracts/outside-reports.ts';
import { RadTriageError } from '#core/errors.ts';
import type { OutsidePatientId } from '#core/outside-report.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import type { WebContext } from '../context.ts';

const MAX_REPORTS = 500;

function toIds(ids: readonly OutsidePatientId[]) {
  return ids.map(({ id, issuers }) => ({ id, issuers: [...issuers] }));
}

async function readRefused({ database }: WebContext) {
  const rows = await database
    .selectFrom('outsideReport')
    .select(['reportKey', 'source', 'via', 'messageId', 'accessionNumber'])
    .select(['patientIds', 'mergedInto', 'word', 'receivedAt'])
    .where('state', '=', 'refused')
    .orderBy('receivedAt', 'desc')
    .limit(MAX_REPORTS)
    .execute();
  return rows.map(({ reportKey, patientIds, mergedInto, receivedAt, ...rest }) => ({
    ...{ ...rest, id: reportKey, receivedAt: receivedAt.toISOString() },
    patientIds: toIds(patientIds),
    mergedInto: mergedInto && toIds(mergedInto),
  }));
}

/** @throws RadTriageError NOT_FOUND when no such report waits */
function dismiss({ database }: WebContext, id: string, actor: string) {
  return database.transaction().execute(async (transaction) => {
    const report = await transaction
      .updateTable('outsideReport')
      .set({ state: 'dismissed', settledAt: new Date() })
      .where('reportKey', '=', id)
      .where('state', '=', 'refused')
      .returning(['source', 'via', 'messageId'])
      .executeTakeFirst();
    if (report === undefined) {
      throw new RadTriageError('NOT_FOUND', 'no such refused report is waiting');
    }
    await appendAudit(transaction, { actor, action: 'report.dismissed', details: report });
    return { id, state: 'dismissed' as const };
  });
}

/** Words of other systems that an administrator has to look at. */
export function refusedReportRoutes(context: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/refused-reports',
        access: ['admin'],
        summary:
          'Reports of other systems that name another patient than their study, and patients that they merged',
        input: noInput,
        response: refusedReportsSchema,
      },
      async (_input, { principal }) => {
        await context.accessLog.record({ actor: principal.name, action: 'reports.listed' });
        return { reports: await readRefused(context) };
      },
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/admin/refused-reports/:id/dismiss',
        access: ['admin'],
        summary: 'Say that a refused report has been seen to',
        input: z.object({ params: z.object({ id: z.string().regex(/^\d{1,18}$/) }) }),
        response: dismissedReportSchema,
      },
      async ({ params }, { principal }) => dismiss(context, params.id, principal.name),
    ),
  ];
}
