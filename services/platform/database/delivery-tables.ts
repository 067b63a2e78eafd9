import type { ColumnType, Generated } from 'kysely';
import type { CommitmentOutlook, DeliveryState } from '#core/delivery-state.ts';
import type { CreatedAt, EventualTime, Timestamp } from './column-types.ts';

/** One object on its way to one destination. Within a study and a destination, keys rise in the order of sending. */
export interface DeliveryTable {
  deliveryKey: Generated<string>;
  /** Its name in the configuration. */
  destination: string;
  resultObjectKey: string;
  studyKey: string;
  state: ColumnType<DeliveryState, DeliveryState | undefined, DeliveryState>;
  /** Times that it was begun to be sent since `waitingSince`. */
  attempts: Generated<number>;
  /** Whether its bytes may ever have reached the destination. */
  everTried: Generated<boolean>;
  nextAttemptAt: CreatedAt;
  /** From when the time to give up counts: when it was planned, or sent again by hand. */
  waitingSince: CreatedAt;
  /** Why it is not there yet, or dead: codes, UIDs and our own words, nothing of a patient. */
  lastError: Generated<string | null>;
  /** What the destination remarked when it took it: a warning status, or a duplicate. */
  warning: Generated<string | null>;
  createdAt: CreatedAt;
  sentAt: EventualTime;
  /** When it left `waiting`, or was dismissed. */
  settledAt: EventualTime;
  commitmentState: Generated<CommitmentOutlook | null>;
  /** The request that asks for it. */
  transactionUid: Generated<string | null>;
  /** When commitment is asked for, or asked for again. */
  commitmentDueAt: EventualTime;
  commitmentAttempts: Generated<number>;
}

/** What is known of a destination, and which process serves it at the moment. */
export interface DestinationTable {
  name: string;
  /** The process that serves it, until `leaseUntil` by the database's clock. */
  leaseOwner: Generated<string | null>;
  leaseUntil: EventualTime;
  /** Failures to reach it since it last took something; the pause grows with them. */
  failures: Generated<number>;
  nextAttemptAt: EventualTime;
  /** Since when each contact has succeeded; null while the last one failed. */
  reachableSince: EventualTime;
  lastContactAt: EventualTime;
  lastError: Generated<string | null>;
  lastErrorAt: EventualTime;
}

/** A request for storage commitment that we made (PS3.4 J.3.2). */
export interface DeliveryCommitmentTable {
  transactionUid: string;
  destination: string;
  askedAt: Timestamp;
}

/** What a destination reported of one object (PS3.4 J.3.3), written by whichever process took the report. */
export interface CommitmentAnswerTable {
  answerKey: Generated<string>;
  transactionUid: string;
  sopInstanceUid: string;
  /** Failure Reason (0008,1197); null when the object is kept. */
  failureReason: number | null;
  receivedAt: CreatedAt;
}
