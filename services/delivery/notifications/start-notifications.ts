import type { Config } from '#platform/config/config.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import type { Database } from '#platform/database/connect.ts';
import type { Logger } from '#platform/logger/logger.ts';
import { startWatch } from '#platform/watch/watch.ts';
import { createAddressJudge } from '../outgoing-address.ts';
import type { OutgoingPost } from '../post-outgoing.ts';
import { type ClaimedNotification, claimDue, nextDue } from './claim.ts';
import { buryOrphans } from './orphans.ts';
import { recordTry, type TryOutcome } from './record-try.ts';
import { type SendingOptions, sendNotification } from './send-notification.ts';

export interface NotificationsOptions {
  readonly database: Database;
  readonly settings: Config['notifications'];
  readonly logger: Logger;
  /** Told of each try, for metrics. */
  readonly onTry?: ((tried: Tried) => void) | undefined;
  readonly now?: (() => Date) | undefined;
  readonly random?: (() => number) | undefined;
  readonly resolve?: OutgoingPost['resolve'];
}

export interface Tried {
  readonly rule: string;
  readonly outcome: TryOutcome['kind'];
  /** From the result until it was taken; undefined of a test, and of what was not taken. */
  readonly seconds: number | undefined;
}

export interface Notifications {
  /** Something may be due. */
  wake(): void;
  /** Breaks off what is under way: it goes out again at the next start, under the same key. */
  close(): Promise<void>;
}

/** Tries of one rule at the same time. Rules wait for each other never: a receiver that hangs holds up its own alone. */
const AT_ONCE = 4;
/** Beyond its time limit a try needs only to be written down. */
const LEASE_MARGIN_MS = 30_000;

/**
 * Sends what has been planned. All it knows stands in Postgres: it may be killed at any time, and run in any number of
 * processes. What was taken but not yet written down as taken goes out again, under the same Idempotency-Key.
 */
export function startNotifications(options: NotificationsOptions): Notifications {
  const { database, settings, logger, now = () => new Date(), random = Math.random } = options;
  const stopping = new AbortController();
  const sending: SendingOptions = {
    ...{ settings, now, random, signal: stopping.signal, resolve: options.resolve },
    judge: createAddressJudge(settings),
  };
  const underWay = new Map<string, Set<Promise<void>>>(
    settings.rules.map(({ name }) => [name, new Set()]),
  );
  const free = ({ name }: NotificationRule) => AT_ONCE - (underWay.get(name)?.size ?? 0);

  const attempt = async (claimed: ClaimedNotification, rule: NotificationRule): Promise<void> => {
    const outcome = await sendNotification(claimed, rule, sending);
    const at = now();
    const isOurs = await recordTry(database, claimed, { outcome, now: at });
    if (isOurs) tell(options, { claimed, outcome, at });
  };
  const begin = (claimed: ClaimedNotification, rule: NotificationRule): void => {
    const { name } = rule;
    const trying: Promise<void> = attempt(claimed, rule)
      .catch((error: unknown) =>
        // Its lease keeps others away for a while; then it is tried again.
        logger.warn({ err: error, rule: name }, 'what came of a notification is not written down'),
      )
      .finally(() => {
        underWay.get(name)?.delete(trying);
        watch.wake();
      });
    underWay.get(name)?.add(trying);
  };
  const look = async (): Promise<Date | undefined> => {
    await buryOrphans(database, { rules: settings.rules.map(({ name }) => name), now: now() });
    for (const rule of settings.rules) {
      if (stopping.signal.aborted || free(rule) === 0) continue;
      const leaseMs = rule.timeoutSeconds * 1_000 + LEASE_MARGIN_MS;
      const claim = { rule: rule.name, now: now(), leaseMs, limit: free(rule) };
      for (const claimed of await claimDue(database, claim)) begin(claimed, rule);
    }
    const ready = settings.rules.filter((rule) => free(rule) > 0).map(({ name }) => name);
    return nextDue(database, ready);
  };
  const watch = startWatch('notifications', logger, look, () => now().getTime());
  return {
    wake: () => watch.wake(),
    close: async () => {
      stopping.abort();
      await watch.close();
      await Promise.all([...underWay.values()].flatMap((tries) => [...tries]));
    },
  };
}

/** To the log and to the figures; never of the study. */
function tell(
  { logger, onTry }: NotificationsOptions,
  tried: { claimed: ClaimedNotification; outcome: TryOutcome; at: Date },
): void {
  const { rule, notificationKey, attempts, content, createdAt } = tried.claimed;
  const { outcome } = tried;
  const facts = { rule, notification: notificationKey, attempts };
  const isResult = outcome.kind === 'taken' && content !== null;
  const seconds = isResult ? (tried.at.getTime() - createdAt.getTime()) / 1_000 : undefined;
  onTry?.({ rule, outcome: outcome.kind, seconds });
  if (outcome.kind === 'taken') logger.info(facts, 'notification sent');
  else if (outcome.kind === 'failed') {
    logger.warn({ ...facts, error: outcome.error }, 'notification not sent');
  } else if (outcome.kind === 'given-up') {
    logger.error({ ...facts, error: outcome.error }, 'notification given up');
  }
}
