import type { UserRole } from '#core/finding.ts';

/** Who asks. `session` names the cookie's session, so that a long answer can tell when it has ended. */
export interface Principal {
  readonly name: string;
  readonly roles: readonly UserRole[];
  readonly via: 'session' | 'token' | 'none';
  readonly sessionHash: string | null;
}

/** The principal of routes that need none. */
export const ANONYMOUS: Principal = Object.freeze({
  name: 'anonymous',
  roles: Object.freeze([]),
  via: 'none',
  sessionHash: null,
});

export function hasAnyRole(principal: Principal, roles: readonly UserRole[]): boolean {
  return roles.some((role) => principal.roles.includes(role));
}
