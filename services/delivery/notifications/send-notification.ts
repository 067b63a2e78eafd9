import { readFile } from 'node:fs/promises';
import { receiverAnswerSchema } from '#contracts/notification-payload.ts';
import { toRadTriageError } from '#core/errors.ts';
import type { Config } from '#platform/config/config.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import { nextPause } from '../back-off.ts';
import type { AddressJudge } from '../outgoing-address.ts';
import { type OutgoingAnswer, type OutgoingPost, postOutgoing } from '../post-outgoing.ts';
import { buildPayload } from './build-payload.ts';
import type { ClaimedNotification } from './claim.ts';
import type { TryOutcome } from './record-try.ts';
import { readRuleSecret, signatureOf } from './sign.ts';

export interface SendingOptions {
  readonly settings: Config['notifications'];
  readonly judge: AddressJudge;
  readonly now: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Breaks off what is under way. */
  readonly signal: AbortSignal;
  readonly resolve?: OutgoingPost['resolve'];
}

const LONGEST_PAUSE_MS = 600_000;
/** The receiver will never want it (RFC 9110 15.5.11). Everything else may be mended within the time that there is. */
const GONE = 410;

/** One try to bring a notification to its receiver. Does not throw: whatever goes wrong is an outcome. */
export async function sendNotification(
  claimed: ClaimedNotification,
  rule: NotificationRule,
  options: SendingOptions,
): Promise<TryOutcome> {
  try {
    const answer = await post(claimed, rule, options);
    const { status, retryAfterMs } = answer;
    if (status >= 200 && status < 300) {
      return { kind: 'taken', acknowledgedBy: readAcknowledgement(rule, answer) };
    }
    const error = describeStatus(status);
    if (status === GONE) return { kind: 'given-up', error };
    return judgeFailure(claimed, rule, { error, retryAfterMs, ...options });
  } catch (thrown) {
    if (options.signal.aborted) return { kind: 'broken-off' };
    const { code, message } = toRadTriageError(thrown);
    return judgeFailure(claimed, rule, { error: `${code}: ${message}`, ...options });
  }
}

async function post(
  claimed: ClaimedNotification,
  rule: NotificationRule,
  { settings, judge, now, signal, resolve }: SendingOptions,
): Promise<OutgoingAnswer> {
  const body = JSON.stringify(buildPayload(claimed, settings.pageUrl ?? ''));
  const secret = await readRuleSecret(rule);
  return postOutgoing({
    url: rule.url,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      accept: 'application/json',
      'user-agent': 'RadTriage',
      'idempotency-key': claimed.idempotencyKey,
      'radtriage-signature': signatureOf(secret, body, now()),
    },
    body,
    timeoutMs: rule.timeoutSeconds * 1_000,
    ca: rule.caFile === undefined ? undefined : await readFile(rule.caFile, 'utf8'),
    ...{ judge, signal, resolve },
  });
}

/** Whom the receiver names, with the rule that vouches for it; undefined when it names nobody, or may not. */
function readAcknowledgement(
  { name, receiverMayAcknowledge }: NotificationRule,
  { body }: OutgoingAnswer,
): string | undefined {
  if (!receiverMayAcknowledge || body === undefined) return undefined;
  try {
    const parsed = receiverAnswerSchema.safeParse(JSON.parse(body));
    return parsed.success ? `${name}: ${parsed.data.acknowledgedBy}` : undefined;
  } catch {
    // No JSON: taken, but not acknowledged.
    return undefined;
  }
}

function describeStatus(status: number): string {
  const redirected = status >= 300 && status < 400;
  return `the receiver answered ${status}${redirected ? ', and no redirect is followed' : ''}`;
}

interface Failure extends Pick<SendingOptions, 'now' | 'random'> {
  readonly error: string;
  readonly retryAfterMs?: number | undefined;
}

/** Tries go on until the time to give up; the last one is then. */
function judgeFailure(
  { attempts, giveUpAt }: ClaimedNotification,
  { retrySeconds }: NotificationRule,
  { error, retryAfterMs = 0, now, random }: Failure,
): TryOutcome {
  const at = now().getTime();
  if (at >= giveUpAt.getTime()) return { kind: 'given-up', error };
  const settings = { firstMs: retrySeconds * 1_000, longestMs: LONGEST_PAUSE_MS };
  const asked = Math.min(retryAfterMs, LONGEST_PAUSE_MS);
  const pause = Math.max(nextPause(attempts, settings, random), asked);
  const nextAttemptAt = new Date(Math.min(at + pause, giveUpAt.getTime()));
  return { kind: 'failed', error, nextAttemptAt };
}
