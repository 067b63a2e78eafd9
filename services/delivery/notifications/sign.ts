import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RadTriageError } from '#core/errors.ts';
import { environmentVariable } from '#platform/config/config.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';

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
export async function readSecret({
  name,
  secretFile,
  secretEnvironment,
}: Pick<NotificationRule, 'name' | 'secretFile' | 'secretEnvironment'>): Promise<string> {
  const secret = (await readRaw(secretFile, secretEnvironment)).trim();
  if (secret.length >= MIN_SECRET_LENGTH) return secret;
  const place = secretFile ?? secretEnvironment ?? 'nothing';
  const why = secret === '' ? 'is missing' : `has less than ${MIN_SECRET_LENGTH} characters`;
  throw new RadTriageError('CONFIG_INVALID', `the secret of ${name} in ${place} ${why}`);
}

async function readRaw(file: string | undefined, variable: string | undefined): Promise<string> {
  if (file === undefined) return environmentVariable(variable ?? '') ?? '';
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new RadTriageError('CONFIG_INVALID', `the secret in ${file} cannot be read`, { cause });
  }
}
