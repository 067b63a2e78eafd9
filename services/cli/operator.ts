import { userInfo } from 'node:os';

/** Who runs this command, for the audit log: the account of the operating system. */
export function operatorName(): string {
  return `cli:${userInfo().username}`;
}
