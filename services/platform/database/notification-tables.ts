import type { ColumnType, Generated } from 'kysely';
import type { NotificationContent, NotificationState } from '#core/notification.ts';
import type { CreatedAt, EventualTime, Json, Timestamp } from './column-types.ts';

/** One message of one rule about one run of a study, or a test of the rule. */
export interface NotificationTable {
  notificationKey: Generated<string>;
  /** Its name in the configuration. */
  rule: string;
  /** Null of a test, as are the run and the content. */
  studyKey: string | null;
  runKey: string | null;
  content: Json<NotificationContent | null>;
  /** Sent with every try: the receiver knows by it what it has already taken. */
  idempotencyKey: string;
  state: ColumnType<NotificationState, NotificationState | undefined, NotificationState>;
  /** Times that it was begun to be sent since `waitingSince`. */
  attempts: Generated<number>;
  nextAttemptAt: Timestamp;
  giveUpAt: Timestamp;
  /** The try under way: nobody else takes it until then. */
  leaseId: Generated<string | null>;
  leaseUntil: EventualTime;
  /** Why it is not there yet, or dead: nothing of a patient. */
  lastError: Generated<string | null>;
  /** Of the study at the time; null of a test. */
  lastImageAt: EventualTime;
  /** When it was planned: with the result that it tells of. */
  createdAt: CreatedAt;
  /** When it was planned, or sent again by hand. */
  waitingSince: CreatedAt;
  sentAt: EventualTime;
  /** When a radiologist first opened the study after it was sent. Seen is not acknowledged. */
  seenBy: Generated<string | null>;
  seenAt: EventualTime;
  acknowledgedBy: Generated<string | null>;
  acknowledgedAt: EventualTime;
}
