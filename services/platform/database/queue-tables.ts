import type { Generated } from 'kysely';
import type { CreatedAt, Json, Timestamp } from './column-types.ts';

export interface OutboxTable {
  outboxId: Generated<string>;
  job: string;
  jobId: string;
  payload: Json<Record<string, unknown>>;
  /** 0 goes first, then 1, 2, ...: a more urgent study is analysed earlier when there is a backlog. */
  priority: Generated<number>;
  createdAt: CreatedAt;
  sentAt: Timestamp | null;
}

/** Jobs that ran out of tries; they stay until an administrator retries or dismisses them. */
export interface DeadLetterTable {
  jobId: string;
  job: string;
  studyKey: string | null;
  code: string;
  message: string;
  attempts: number;
  failedAt: CreatedAt;
  resolvedAt: Timestamp | null;
}

/** The last sign of life of each long-running process. */
export interface HeartbeatTable {
  process: string;
  at: Timestamp;
  details: Json<Record<string, unknown>>;
}
