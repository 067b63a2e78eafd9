import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { UserIdentity } from '#dicom/dimse/user-information.ts';
import type { Config } from '#platform/config/config.ts';
import { verifyPassword } from '#platform/passwords/passwords.ts';

type IdentityRule = NonNullable<Config['dicom']['peers'][number]['userIdentity']>;

export type IdentityFinding = 'good' | 'bad' | 'unsupported' | 'busy';

/** Types of PS3.7 D.3.3.7.1. Tickets, assertions and tokens would need an authority to ask. */
const USERNAME = 1;
const USERNAME_AND_PASSCODE = 2;

/** Deriving a key takes tens of milliseconds of a thread that also writes files: one at a time, and few that wait. */
const MAX_WAITING = 16;
const MAX_PASSCODE_BYTES = 256;

/**
 * Compares what a user says to be with what the configuration asks for. A passcode that was right once is known again
 * by its HMAC under a key that dies with the process: senders that associate for each image cost nothing more.
 */
export class IdentityCheck {
  readonly #key = randomBytes(32);
  /** By the hash of the configuration. */
  readonly #right = new Map<string, Buffer>();
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  check(
    rule: IdentityRule,
    identity: UserIdentity | undefined,
  ): IdentityFinding | Promise<IdentityFinding> {
    if (identity === undefined) return 'bad';
    if (identity.type !== USERNAME && identity.type !== USERNAME_AND_PASSCODE) return 'unsupported';
    const named =
      identity.primary.toString('utf8').normalize('NFC') === rule.username.normalize('NFC');
    if (rule.passcodeHash === undefined) return named ? 'good' : 'bad';
    const { secondary } = identity;
    if (identity.type !== USERNAME_AND_PASSCODE || secondary.length > MAX_PASSCODE_BYTES)
      return 'bad';
    const seal = createHmac('sha256', this.#key)
      .update(rule.passcodeHash)
      .update(secondary)
      .digest();
    const known = this.#right.get(rule.passcodeHash);
    if (named && known !== undefined && timingSafeEqual(known, seal)) return 'good';
    if (this.#waiting >= MAX_WAITING) return 'busy';
    return this.#derive(
      { ...rule, passcodeHash: named ? rule.passcodeHash : undefined },
      {
        secondary,
        seal,
      },
    );
  }

  async #derive(
    { passcodeHash }: { passcodeHash: string | undefined },
    { secondary, seal }: { secondary: Buffer; seal: Buffer },
  ): Promise<IdentityFinding> {
    this.#waiting += 1;
    const turn = this.#queue.then(() => verifyPassword(secondary.toString('utf8'), passcodeHash));
    this.#queue = turn.catch(() => undefined);
    try {
      if (!(await turn) || passcodeHash === undefined) return 'bad';
    } finally {
      this.#waiting -= 1;
    }
    this.#right.set(passcodeHash, seal);
    return 'good';
  }
}
