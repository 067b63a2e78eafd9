import type { RadTriageError } from '#core/errors.ts';
import { canTransition } from '#core/study-state.ts';
import type { Database } from '#platform/database/connect.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import { isOpen, lockRun, type TriageJob } from './begin-run.ts';

/**
 * After the last try: the run has failed, and so has its study unless newer images or a newer run have come. Its class
 * and place in the list stay what they are.
 */
export async function giveUpStudy(
  database: Database,
  job: TriageJob,
  error: RadTriageError,
): Promise<void> {
  const reason = `${error.code}: ${error.message}`;
  await database.transaction().execute(async (transaction) => {
    const locked = await lockRun(transaction, job);
    if (locked === undefined || !isOpen(locked.run)) return;
    const { study, run } = locked;
    const isCurrent = locked.isCurrent && canTransition(study.status, 'analysis-failed');
    await transaction
      .updateTable('analysisRun')
      .set({ state: isCurrent ? 'failed' : 'superseded', reason, finishedAt: new Date() })
      .where('runKey', '=', run.runKey)
      .execute();
    if (!isCurrent) return;
    const patch = { statusReason: reason };
    await updateStudy(transaction, study.studyKey, { event: 'analysis-failed', patch });
  });
}
