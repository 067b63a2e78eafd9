import { type RawBuilder, sql } from 'kysely';
import type { JobName } from '#queue/contracts.ts';
import type { QueueProducer } from '#queue/open-queue.ts';

/** What a sweep looks at most at one time. */
export const SWEPT_AT_ONCE = 500;

/** Whether a job has not been handed to the queue yet: then the queue cannot know it. */
export function isInOutbox(jobId: RawBuilder<string>): RawBuilder<boolean> {
  return sql`EXISTS (SELECT FROM outbox WHERE outbox.job_id = ${jobId} AND outbox.sent_at IS NULL)`;
}

/** What we have in our books as open. */
export interface OpenWork<Work> {
  readonly job: JobName;
  readonly work: readonly Work[];
  jobIdOf(work: Work): string;
  /** The queue knows nothing of it. */
  resend(work: Work): Promise<void>;
  /** Its job has ended without our books having heard of it. */
  settle(work: Work): Promise<void>;
}

/** Compares what is open with the queue. @returns how much was sent again, and how much was settled */
export async function sweepJobs<Work>(
  { job, work, jobIdOf, resend, settle }: OpenWork<Work>,
  producer: Pick<QueueProducer, 'standingOf'>,
): Promise<{ resent: number; settled: number }> {
  const counts = { resent: 0, settled: 0 };
  for (const each of work) {
    const standing = await producer.standingOf(job, jobIdOf(each));
    if (standing === 'unknown') {
      await resend(each);
      counts.resent += 1;
    } else if (standing === 'completed') {
      await settle(each);
      counts.settled += 1;
    }
  }
  return counts;
}
