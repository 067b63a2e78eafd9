import { z } from 'zod';
import { deadLettersSchema } from '#contracts/administration.ts';
import { reanalyseResponseSchema } from '#contracts/reading.ts';
import { RadTriageError } from '#core/errors.ts';
import { requestRun } from '#intake/request-run.ts';
import { retryShadow } from '#intake/request-shadow.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { jsonRoute, noInput, type Route } from '#platform/http/route.ts';
import type { WebContext } from '../context.ts';
import { lockStudy } from '../study/find-study.ts';
import { studyParams } from '../study/study-params.ts';

const MAX_FAILURES = 1000;

/** What waits for an administrator, the newest first. */
async function readFailures(context: WebContext) {
  const rows = await context.database
    .selectFrom('deadLetter')
    .leftJoin('study', 'study.studyKey', 'deadLetter.studyKey')
    .selectAll('deadLetter')
    .select('study.studyInstanceUid')
    .where('deadLetter.resolvedAt', 'is', null)
    .orderBy('deadLetter.failedAt', 'desc')
    .limit(MAX_FAILURES)
    .execute();
  return rows.map(({ jobId, job, studyInstanceUid, code, message, attempts, failedAt }) => ({
    ...{ jobId, job, studyInstanceUid, code, message, attempts },
    failedAt: failedAt.toISOString(),
  }));
}

/** Asks for another run of a study and records who did. */
function reanalyse(context: WebContext, studyInstanceUid: string, actor: string) {
  return context.database.transaction().execute(async (transaction) => {
    const study = await lockStudy(transaction, studyInstanceUid);
    const { jobId } = await requestRun(transaction, study.studyKey, 'retry');
    const details = { jobId };
    await appendAudit(transaction, { actor, action: 'run.requested', studyInstanceUid, details });
    return { jobId };
  });
}

/** Lets the models in shadow try again; nothing that anybody reads changes by it. */
function rerunShadow(
  context: WebContext,
  failed: { jobId: string; studyInstanceUid: string; actor: string },
) {
  const { actor, studyInstanceUid } = failed;
  return context.database.transaction().execute(async (transaction) => {
    const { jobId } = await retryShadow(transaction, failed.jobId);
    const details = { jobId };
    await appendAudit(transaction, {
      actor,
      action: 'shadow.requested',
      studyInstanceUid,
      details,
    });
    return { jobId };
  });
}

/** @throws RadTriageError NOT_FOUND when no such job waits, REQUEST_INVALID when it belongs to no study */
async function retryFailure(context: WebContext, jobId: string, actor: string) {
  const failure = await context.database
    .selectFrom('deadLetter')
    .leftJoin('study', 'study.studyKey', 'deadLetter.studyKey')
    .select(['deadLetter.job', 'study.studyInstanceUid'])
    .where('jobId', '=', jobId)
    .where('resolvedAt', 'is', null)
    .executeTakeFirst();
  if (failure === undefined) throw new RadTriageError('NOT_FOUND', 'no such failure is waiting');
  if (failure.studyInstanceUid === null) {
    throw new RadTriageError('REQUEST_INVALID', 'the job belongs to no study: nothing to retry');
  }
  const { job, studyInstanceUid } = failure;
  return job === 'shadow'
    ? rerunShadow(context, { jobId, studyInstanceUid, actor })
    : reanalyse(context, studyInstanceUid, actor);
}

/** Jobs that ran out of tries, and analyses asked for by hand. */
export function failureRoutes(context: WebContext): Route[] {
  return [
    jsonRoute(
      {
        method: 'GET',
        path: '/api/failures',
        access: ['admin'],
        summary: 'Jobs that ran out of tries and wait for a decision, the newest first',
        input: noInput,
        response: deadLettersSchema,
      },
      async () => ({ items: await readFailures(context) }),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/failures/:jobId/retry',
        access: ['admin'],
        summary: 'Try again: the study gets another analysis run, which settles its failures',
        input: z.object({ params: z.object({ jobId: z.string().min(1).max(200) }) }),
        response: reanalyseResponseSchema,
      },
      async ({ params }, { principal }) => retryFailure(context, params.jobId, principal.name),
    ),
    jsonRoute(
      {
        method: 'POST',
        path: '/api/studies/:uid/reanalyse',
        access: ['admin'],
        summary: 'Ask for another analysis run over the images that the study has',
        input: z.object({ params: studyParams }),
        response: reanalyseResponseSchema,
      },
      async ({ params }, { principal }) => reanalyse(context, params.uid, principal.name),
    ),
  ];
}
