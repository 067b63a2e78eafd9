import type { RefusalCause } from '#core/refusal.ts';
import type { Database } from '#platform/database/connect.ts';
import { writeRefusals } from '#platform/door/write-refusals.ts';
import type { Logger } from '#platform/logger/logger.ts';

export interface RefusedSender {
  readonly cause: Extract<RefusalCause, `hl7-${string}`>;
  readonly why: string;
  readonly address: string;
  /** MSH-3 and MSH-4 where they were read: `RIS^HOSP`. */
  readonly named?: string;
}

export interface RefusalLog {
  /** Counts in memory, and returns at once. */
  refuse(refused: RefusedSender): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

const WRITE_AFTER_MS = 1_000;
const HOUR_MS = 3_600_000;
/** A scanner of networks must not fill memory, log or table; what does not fit is not told of. */
const MAX_KNOWN = 500;
const MAX_NAME = 100;

interface Tally extends RefusedSender {
  readonly firstAt: Date;
  lastAt: Date;
  count: number;
}

async function write(database: Database, tallies: readonly Tally[]): Promise<void> {
  await writeRefusals(
    database,
    tallies.map(({ cause, why, address, named = '', count, firstAt, lastAt }) => ({
      ...{ cause, why, peerAddress: address, callingAe: named, calledAe: '' },
      ...{ count, firstAt, lastAt },
    })),
  );
}

/**
 * Who was turned away at the door for HL7: for the administrator among those who were at the door for DICOM, and in the
 * log once an hour for each.
 */
export function createRefusalLog(database: Database, logger: Logger): RefusalLog {
  const logged = new Map<string, number>();
  let tallies = new Map<string, Tally>();
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  const writeNow = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const news = [...tallies.values()];
    tallies = new Map();
    if (news.length > 0) {
      writing = writing
        .then(() => write(database, news))
        .catch((error: unknown) =>
          logger.warn({ err: error }, 'refusals at the door for HL7 were not written down'),
        );
    }
    return writing;
  };
  const logOnce = (key: string, { address, named, why }: RefusedSender, now: Date): void => {
    if (now.getTime() - (logged.get(key) ?? 0) < HOUR_MS) return;
    if (logged.size >= MAX_KNOWN) logged.clear();
    logged.set(key, now.getTime());
    logger.warn({ peerAddress: address, named, why }, 'refused at the door for HL7');
  };
  return {
    refuse: (given) => {
      const refused = { ...given, named: (given.named ?? '').slice(0, MAX_NAME) };
      const now = new Date();
      const key = JSON.stringify([refused.cause, refused.address, refused.named]);
      logOnce(key, refused, now);
      const known = tallies.get(key);
      if (known !== undefined) {
        known.count += 1;
        known.lastAt = now;
      } else if (tallies.size < MAX_KNOWN) {
        tallies.set(key, { ...refused, firstAt: now, lastAt: now, count: 1 });
      }
      timer ??= setTimeout(() => void writeNow(), WRITE_AFTER_MS);
    },
    close: writeNow,
  };
}
