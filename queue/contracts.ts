import { z } from 'zod';
import type { ErrorCode } from '#core/errors.ts';

/** A key of a table: bigint, as text. */
const key = z.string().regex(/^[0-9]{1,19}$/);

const runSchema = z.strictObject({
  studyKey: key,
  imageRevision: z.string().regex(/^[0-9a-f]{64}$/),
  runKey: key,
  traceId: z.string().min(1).max(64),
});

/**
 * Every kind of job: what it carries (ids, never data), how often it is tried, and how long the first pause is; each
 * further pause is twice as long. A handler re-reads what the ids name and may run more than once.
 */
export const JOB_CONTRACTS = {
  /** Analyse one image revision of one study. */
  triage: {
    payload: runSchema,
    attempts: 4,
    backoffMs: 1_000,
    attemptsAfter: { ANALYSIS_TIMEOUT: 2, ANALYSIS_MEMORY: 2 },
  },
  /** Let the models in shadow see what a run has analysed. */
  shadow: { payload: runSchema, attempts: 4, backoffMs: 5_000 },
  /** Make the heatmaps of a run whose models give scores only. */
  explain: { payload: runSchema, attempts: 3, backoffMs: 5_000 },
} as const satisfies Record<string, JobContract>;

interface JobContract {
  readonly payload: z.ZodType<Record<string, unknown>>;
  readonly attempts: number;
  readonly backoffMs: number;
  /**
   * Tries in all once one has failed with this code, where that is fewer: what took all its time or memory twice would
   * hold up the studies behind it for as long again.
   */
  readonly attemptsAfter?: Partial<Record<ErrorCode, number>>;
}

export type JobName = keyof typeof JOB_CONTRACTS;
export type JobPayload<N extends JobName = JobName> = z.output<
  (typeof JOB_CONTRACTS)[N]['payload']
>;

/** How often a job is tried whose last try failed with this code. */
export function attemptsAfter(name: JobName, code: ErrorCode): number {
  const contract: JobContract = JOB_CONTRACTS[name];
  return Math.min(contract.attempts, contract.attemptsAfter?.[code] ?? contract.attempts);
}

const NAMES = Object.keys(JOB_CONTRACTS);

export function isJobName(name: string): name is JobName {
  return NAMES.includes(name);
}

export function listJobNames(): JobName[] {
  return NAMES.filter(isJobName);
}
