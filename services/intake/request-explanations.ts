import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { addToOutbox } from '#platform/outbox/outbox.ts';

/** After every triage job: a result goes before its explanation. */
const AFTER_RESULTS = 50;

export interface ExplainedRun {
  readonly runKey: string;
  readonly studyKey: string;
  readonly imageRevision: string;
  readonly traceId: string;
  /** Of the run itself. */
  readonly jobId: string;
}

const SUFFIX = '_explain';

/** Under which name the queue knows the job that explains a run. */
export function explanationJobId({ jobId }: Pick<ExplainedRun, 'jobId'>): string {
  return jobId + SUFFIX;
}

export function explanationJobIdInSql(jobId: RawBuilder<unknown>): RawBuilder<string> {
  return sql`(${jobId} || ${sql.lit(SUFFIX)})`;
}

/** Sends the job that makes the explanations a run has written down as wanted, once more too. */
export async function requestExplanations(
  trx: Kysely<DatabaseSchema>,
  run: ExplainedRun,
): Promise<void> {
  const { studyKey, imageRevision, runKey, traceId } = run;
  await addToOutbox(trx, {
    job: 'explain',
    jobId: explanationJobId(run),
    payload: { studyKey, imageRevision, runKey, traceId },
    priority: AFTER_RESULTS,
  });
}
