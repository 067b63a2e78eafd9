import type { RadTriageError } from '#core/errors.ts';
import type { Database } from '#platform/database/connect.ts';

interface FailedJob {
  readonly job: string;
  readonly jobId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly attempts: number;
}

function studyKeyOf(payload: Readonly<Record<string, unknown>>): string | null {
  const key = payload['studyKey'];
  return typeof key === 'string' && /^[0-9]+$/.test(key) ? key : null;
}

/** Makes a job that ran out of tries visible. Written once per job, however often it is told. */
export async function writeDeadLetter(
  database: Database,
  failed: FailedJob,
  error: RadTriageError,
): Promise<void> {
  const wanted = studyKeyOf(failed.payload);
  const study =
    wanted === null
      ? undefined
      : await database
          .selectFrom('study')
          .select('studyKey')
          .where('studyKey', '=', wanted)
          .executeTakeFirst();
  await database
    .insertInto('deadLetter')
    .values({
      jobId: failed.jobId,
      job: failed.job,
      studyKey: study?.studyKey ?? null,
      code: error.code,
      message: error.message,
      attempts: failed.attempts,
      resolvedAt: null,
    })
    .onConflict((conflict) => conflict.column('jobId').doNothing())
    .execute();
}

/** Which of these jobs have no dead letter yet. */
export async function withoutDeadLetter(
  database: Database,
  jobIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (jobIds.length === 0) return new Set();
  const rows = await database
    .selectFrom('deadLetter')
    .select('jobId')
    .where('jobId', 'in', jobIds)
    .execute();
  const written = new Set(rows.map((row) => row.jobId));
  return new Set(jobIds.filter((jobId) => !written.has(jobId)));
}
