import { sql } from 'kysely';
import { z } from 'zod';
import {
  type FailedResult,
  failedResultActSchema,
  failedResultsSchema,
} from '#contracts/results.ts';
import { RadTriageError } from '#core/errors.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { Database } from '#platform/database/connect.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import { RESULTS_CHANNEL } from '#platform/study-results/request-results.ts';

const MOST = 500;

async function listFailed(database: Database): Promise<FailedResult[]> {
  const rows = await database
    .selectFrom('resultSet')
    .innerJoin('study', 'study.studyKey', 'resultSet.studyKey')
    .leftJoin('review', 'review.reviewId', 'resultSet.reviewId')
    .select(['resultSetKey as id', 'study.studyInstanceUid', 'number', 'review.reader'])
    .select(['resultSet.reason', 'attempts', 'resultSet.createdAt'])
    .where('resultSet.state', '=', 'failed')
    .orderBy('resultSetKey', 'desc')
    .limit(MOST)
    .execute();
  return rows.map(({ reader, reason, createdAt, ...rest }) => ({
    ...rest,
    signedBy: reader,
    reason: reason ?? '',
    since: createdAt.toISOString(),
  }));
}

const ACTS = {
  retry: { state: 'waiting', attempts: 0, action: 'result.retried' },
  dismiss: { state: 'cancelled', action: 'result.dismissed' },
} as const;

/** @throws RadTriageError NOT_FOUND for one that has not failed, or has failed no more */
async function decide(
  database: Database,
  { id, act, actor }: { id: string; act: keyof typeof ACTS; actor: string },
) {
  const { action, ...columns } = ACTS[act];
  await database.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('resultSet')
      .set({ ...columns, dueAt: sql<Date>`now()` })
      .where('resultSetKey', '=', id)
      .where('state', '=', 'failed')
      .returning(['studyKey', 'number'])
      .executeTakeFirst();
    if (row === undefined) throw new RadTriageError('NOT_FOUND', 'no such result has failed');
    const { studyInstanceUid } = await trx
      .selectFrom('study')
      .select('studyInstanceUid')
      .where('studyKey', '=', row.studyKey)
      .executeTakeFirstOrThrow();
    await appendAudit(trx, { actor, action, studyInstanceUid, details: { number: row.number } });
    await sql`SELECT pg_notify(${RESULTS_CHANNEL}, '')`.execute(trx);
  });
  return { id, state: columns.state };
}

/** Results that could not be made into DICOM objects, and what an administrator decides of them. */
export function failedResultRoutes({ database }: { readonly database: Database }): Route[] {
  const decision = (act: keyof typeof ACTS, summary: string): Route =>
    jsonRoute(
      {
        method: 'POST',
        path: `/api/admin/failed-results/:id/${act}`,
        access: ['admin'],
        summary,
        input: z.object({ params: z.object({ id: z.string().regex(/^\d{1,18}$/) }) }),
        response: failedResultActSchema,
      },
      ({ params }, { principal }) => decide(database, { ...params, act, actor: principal.name }),
    );
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/admin/failed-results',
        access: ['admin'],
        summary: 'Results that could not be made into DICOM objects',
        input: noInput,
        response: failedResultsSchema,
      },
      async () => ({ results: await listFailed(database) }),
    ),
    decision('retry', 'Make the objects of a result once more'),
    decision('dismiss', 'Leave a result unmade'),
  ];
}
