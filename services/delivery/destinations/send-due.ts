import { toRadTriageError } from '#core/errors.ts';
import type { Destination } from '#platform/config/destinations.ts';
import type { Database } from '#platform/database/connect.ts';
import { type BackOff, nextPause } from '../back-off.ts';
import {
  beginAttempt,
  type DueDelivery,
  dropSuperseded,
  type Result,
  recordResult,
} from './delivery-store.ts';
import { describeTrouble } from './describe-trouble.ts';
import type { Outcome } from './judge-status.ts';
import type { DestinationLink } from './link.ts';

export interface SendOptions {
  readonly database: Database;
  readonly destination: Destination;
  readonly backOff: BackOff;
  readonly clock: () => Date;
  /** Objects that show where a finding lies do not leave the server (reading mode triage-only). */
  readonly withholdsPlaces: boolean;
  /** Set when another process may serve the destination, or we are stopped: nothing more is sent. */
  readonly signal: AbortSignal;
  /** `answered`: the destination said so itself. */
  readonly onResult: (delivery: DueDelivery, result: Result, answered: boolean) => void;
}

/**
 * Sends a run of objects over one link, each with its result written down before the next. When one has to be tried
 * again, those behind it in its study wait for it; other studies go on.
 * @throws RadTriageError when the link was lost; the object under way is to be tried again by then
 */
export async function sendDue(
  link: DestinationLink,
  due: readonly DueDelivery[],
  options: SendOptions,
): Promise<void> {
  const { database, destination, signal, clock } = options;
  const held = new Set<string>();
  for (const delivery of due) {
    if (signal.aborted) return;
    if (held.has(delivery.studyKey)) continue;
    const result = await sendOne(link, delivery, options);
    if (result === 'not-wanted') {
      await dropSuperseded(database, destination.name, clock());
    } else if (result.event === 'try-again') {
      held.add(delivery.studyKey);
    }
  }
}

async function sendOne(
  link: DestinationLink,
  delivery: DueDelivery,
  options: SendOptions,
): Promise<Result | 'not-wanted'> {
  const { database, clock, onResult } = options;
  const keep = async (result: Result, answered: boolean): Promise<Result> => {
    await recordResult(database, delivery, { result, now: clock() });
    onResult(delivery, result, answered);
    return result;
  };
  if (options.withholdsPlaces && delivery.showsPlace) {
    const reason = 'shows where a finding lies, which the reading mode triage-only keeps here';
    return keep({ event: 'refused', reason }, false);
  }
  if (!(await beginAttempt(database, delivery))) return 'not-wanted';
  let outcome: Outcome;
  try {
    outcome = await link.send(delivery);
  } catch (thrown) {
    // Ended by us: not the destination's doing, and due again at once.
    if (!options.signal.aborted) await keep(afterLoss(thrown, delivery, options), false);
    throw thrown;
  }
  return keep(afterAnswer(outcome, delivery, options), true);
}

function afterAnswer(outcome: Outcome, delivery: DueDelivery, options: SendOptions): Result {
  const { destination } = options;
  if (outcome.event === 'taken') {
    const askToKeep = destination.kind === 'C-STORE' && destination.storageCommitment;
    return { event: 'taken', warning: outcome.warning ?? null, askToKeep };
  }
  if (outcome.event === 'refused') return outcome;
  // It said that it did not take the object: if that never reached it before, it still has not.
  return tryAgain(outcome.reason, delivery, { options, everTried: delivery.everTried });
}

/** Whether the object has arrived is not known, unless the destination was certainly not reached. */
function afterLoss(thrown: unknown, delivery: DueDelivery, options: SendOptions): Result {
  const untouched = toRadTriageError(thrown).details['reached'] === false;
  const reason = describeTrouble(thrown);
  if (!untouched) return tryAgain(reason, delivery, { options, everTried: true });
  const { everTried } = delivery;
  return { event: 'try-again', reason, everTried, counts: false, nextAttemptAt: options.clock() };
}

function tryAgain(
  reason: string,
  delivery: DueDelivery,
  { options, everTried }: { options: SendOptions; everTried: boolean },
): Result {
  const attempts = delivery.attempts + 1;
  const { maxAttempts } = options.destination;
  if (maxAttempts !== undefined && attempts >= maxAttempts) {
    return { event: 'given-up', reason: `given up after ${attempts} attempts: ${reason}` };
  }
  const pause = nextPause(attempts, options.backOff);
  const nextAttemptAt = new Date(options.clock().getTime() + pause);
  return { event: 'try-again', reason, everTried, counts: true, nextAttemptAt };
}
