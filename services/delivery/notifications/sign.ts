import { createHmac } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import { readSecret } from '#platform/config/read-secret.ts';

/** Shorter ones can be guessed. */
const MIN_SECRET_LENGTH = 16;

/**
 * `t=<seconds since the epoch>,v1=<HMAC-SHA-256 over "<t>.<body>", hexadecimal>`. The time is that of the try: a receiver
 * refuses what is older than five minutes, and so what somebody has recorded.
 */
export function signatureOf(secret: string, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}

/** The rule's secret, read anew for each try: it can be changed without a restart. @throws RadTriageError CONFIG_INVALID */
export async function readRuleSecret({
  name,
  secret: source,
}: Pick<NotificationRule, 'name' | 'secret'>): Promise<string> {
  const secret = await readSecret(source);
  if (secret.length >= MIN_SECRET_LENGTH) return secret;
  const message = `the secret of ${name} has less than ${MIN_SECRET_LENGTH} characters`;
  throw new RadTriageError('CONFIG_INVALID', message);
}
