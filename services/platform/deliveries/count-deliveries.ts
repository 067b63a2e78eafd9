import { sql } from 'kysely';
import type { Database } from '../database/connect.ts';

/** How many deliveries of a destination stand where. */
export interface DestinationCounts {
  readonly name: string;
  readonly waiting: number;
  readonly dead: number;
  /** Of the last 24 hours. */
  readonly sentLastDay: number;
  /** Taken, and its promise to keep them is awaited. */
  readonly uncommitted: number;
  /** Taken, and given up to ask for its promise. */
  readonly unanswered: number;
  /** Since when the oldest of those that wait has waited. */
  readonly oldestWaiting: Date | null;
  readonly lastSentAt: Date | null;
  /** Since when each contact has succeeded; null when the last one failed, or there was none. */
  readonly reachableSince: Date | null;
  readonly lastContactAt: Date | null;
  readonly lastError: string | null;
  readonly lastErrorAt: Date | null;
  /** When it is tried again after a failure. */
  readonly nextAttemptAt: Date | null;
}

/** Every destination that is known of, also those that are no longer configured, by name. */
export async function readDestinationCounts(database: Database): Promise<DestinationCounts[]> {
  const { rows } = await sql<DestinationCounts>`
    SELECT d.name, d.reachable_since, d.last_contact_at, d.last_error, d.last_error_at,
      d.next_attempt_at, w.waiting, w.oldest_waiting, x.dead, s.sent_last_day,
      (SELECT max(sent_at) FROM delivery WHERE destination = d.name AND sent_at IS NOT NULL)
        AS last_sent_at,
      u.uncommitted, n.unanswered
    FROM destination d
    CROSS JOIN LATERAL (SELECT count(*)::int AS waiting, min(waiting_since) AS oldest_waiting
      FROM delivery WHERE destination = d.name AND state = 'waiting') w
    CROSS JOIN LATERAL (SELECT count(*)::int AS dead
      FROM delivery WHERE destination = d.name AND state = 'dead') x
    CROSS JOIN LATERAL (SELECT count(*)::int AS sent_last_day FROM delivery
      WHERE destination = d.name AND sent_at > now() - interval '1 day') s
    CROSS JOIN LATERAL (SELECT count(*)::int AS uncommitted FROM delivery
      WHERE destination = d.name AND commitment_state IN ('wanted', 'asked')) u
    CROSS JOIN LATERAL (SELECT count(*)::int AS unanswered FROM delivery
      WHERE destination = d.name AND commitment_state = 'unanswered') n
    ORDER BY d.name`.execute(database);
  return rows;
}
