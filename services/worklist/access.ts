import { USER_ROLES, type UserRole } from '#core/finding.ts';

/** Whoever is known, whatever the role. */
export const EVERYONE: readonly [UserRole, ...UserRole[]] = [USER_ROLES[0], ...USER_ROLES.slice(1)];
