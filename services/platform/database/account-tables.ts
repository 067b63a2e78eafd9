import type { Generated } from 'kysely';
import type { UserRole } from '#core/finding.ts';
import type { CreatedAt, Json, Timestamp } from './column-types.ts';

export interface AccountTable {
  username: string;
  passwordHash: string;
  roles: UserRole[];
  disabled: Generated<boolean>;
  createdAt: CreatedAt;
}

export interface SessionTable {
  /** SHA-256 of the cookie's secret. */
  sessionHash: string;
  username: string;
  createdAt: CreatedAt;
  lastSeenAt: Timestamp;
}

export interface ApiTokenTable {
  /** SHA-256 of the bearer token. */
  tokenHash: string;
  name: string;
  roles: UserRole[];
  createdAt: CreatedAt;
  revokedAt: Timestamp | null;
}

export interface AuditLogTable {
  sequence: Generated<string>;
  at: CreatedAt;
  actor: string;
  action: string;
  studyInstanceUid: string | null;
  details: Json<Record<string, unknown>>;
  previousHash: string;
  hash: string;
}
