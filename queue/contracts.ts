import { z } from 'zod';

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
  triage: { payload: runSchema, attempts: 4, backoffMs: 1_000 },
  /** Let the models in shadow see what a run has analysed. */
  shadow: { payload: runSchema, attempts: 4, backoffMs: 5_000 },
  /** Make the heatmaps of a run whose models give scores only. */
  explain: { payload: runSchema, attempts: 3, backoffMs: 5_000 },
} as const satisfies Record<string, JobContract>;

interface JobContract {
  readonly payload: z.ZodType<Record<string, unknown>>;
  readonly attempts: number;
  readonly backoffMs: number;
}

export type JobName = keyof typeof JOB_CONTRACTS;
export type JobPayload<N extends JobName = JobName> = z.output<
  (typeof JOB_CONTRACTS)[N]['payload']
>;

const NAMES = Object.keys(JOB_CONTRACTS);

export function isJobName(name: string): name is JobName {
  return NAMES.includes(name);
}

export function listJobNames(): JobName[] {
  return NAMES.filter(isJobName);
}
