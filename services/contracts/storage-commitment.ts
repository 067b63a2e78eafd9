import { z } from 'zod';
import { COMMITMENT_FINDINGS, COMMITMENT_STATES } from '#core/commitment-state.ts';

const time = z.iso.datetime({ offset: true });
const count = z.number().int();

/** A peer's request that we promise to keep what it has sent (PS3.4 annex J). */
export const storageCommitmentSchema = z.object({
  key: z.string(),
  transactionUid: z.string(),
  /** AE title and address of who asks, and the title of ours that it asked. */
  callingAe: z.string(),
  peerAddress: z.string(),
  calledAe: z.string(),
  state: z.enum(COMMITMENT_STATES),
  requestedAt: time,
  decidedAt: time.nullable(),
  /** When its report was taken, or given up. */
  settledAt: time.nullable(),
  /** Null once it is settled. */
  nextAttemptAt: time.nullable(),
  objects: count,
  /** Null until it is decided. */
  kept: count.nullable(),
  /** Why the others are not promised, and how many of each. */
  refusals: z.array(z.object({ finding: z.enum(COMMITMENT_FINDINGS), objects: count })),
  /** Tries to deliver the report. */
  attempts: count,
  lastError: z.string().nullable(),
});
export type StorageCommitment = z.output<typeof storageCommitmentSchema>;

/** GET /api/admin/storage-commitments: what needs attention first, then the newest. */
export const storageCommitmentsSchema = z.object({
  enabled: z.boolean(),
  /** How long objects are declared to be kept; null: for no time, and nothing is promised. */
  keepAtLeastDays: z.number().nullable(),
  /** Of all requests, not of those listed. */
  counts: z.record(z.enum(COMMITMENT_STATES), count),
  items: z.array(storageCommitmentSchema),
});
export type StorageCommitments = z.output<typeof storageCommitmentsSchema>;

/** POST /api/admin/storage-commitments/{key}/retry */
export const storageCommitmentRetrySchema = z.object({ transactionUid: z.string() });
