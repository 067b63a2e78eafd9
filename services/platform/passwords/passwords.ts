import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';

/** Cost of one derivation: 32 MiB and three passes (the OWASP password storage cheat sheet's second choice). */
const COST = { logN: 15, blockSize: 8, parallelization: 3 } as const;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const MIN_PASSWORD_CHARACTERS = 8;
const MAX_PASSWORD_CHARACTERS = 256;

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  // Keyboards write the same letter in different code points (RFC 8265 asks for one form).
  const text = password.normalize('NFKC');
  return new Promise((resolve, reject) => {
    scrypt(text, salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function scryptOptions(logN: number, blockSize: number, parallelization: number): ScryptOptions {
  const cost = 2 ** logN;
  return { N: cost, r: blockSize, p: parallelization, maxmem: 256 * cost * blockSize };
}

/** @throws RadTriageError REQUEST_INVALID for a password that is too short or too long */
export function checkPasswordLength(password: string): void {
  const { length } = password;
  if (length >= MIN_PASSWORD_CHARACTERS && length <= MAX_PASSWORD_CHARACTERS) return;
  throw new RadTriageError(
    'REQUEST_INVALID',
    `a password has ${MIN_PASSWORD_CHARACTERS} to ${MAX_PASSWORD_CHARACTERS} characters`,
  );
}

/** `scrypt$logN$r$p$salt$key`, both in base64url: what the account table keeps. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { logN, blockSize, parallelization } = COST;
  const key = await derive(password, salt, scryptOptions(logN, blockSize, parallelization));
  const parts = [logN, blockSize, parallelization, salt.toString('base64url')];
  return ['scrypt', ...parts, key.toString('base64url')].join('$');
}

const HASH_PATTERN = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]+)$/;

/** Stands in for the hash of an account that does not exist, so that both take the same time. */
const NOBODY = `scrypt$${COST.logN}$${COST.blockSize}$${COST.parallelization}$${Buffer.alloc(SALT_BYTES).toString('base64url')}$${Buffer.alloc(KEY_BYTES).toString('base64url')}`;

/** Compares in a time that does not depend on whether there is such an account (`stored` undefined). */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
): Promise<boolean> {
  const match = HASH_PATTERN.exec(stored ?? NOBODY);
  if (match === null) throw new RadTriageError('INTERNAL', 'a stored password hash is unreadable');
  const [, logN, blockSize, parallelization, salt = '', expected = ''] = match;
  const options = scryptOptions(Number(logN), Number(blockSize), Number(parallelization));
  const key = await derive(password, Buffer.from(salt, 'base64url'), options);
  const wanted = Buffer.from(expected, 'base64url');
  const isEqual = key.length === wanted.length && timingSafeEqual(key, wanted);
  return isEqual && stored !== undefined;
}
