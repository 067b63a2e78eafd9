import { spawnSync } from 'node:child_process';

/** The identity under which Postgres runs: it refuses to run as root. Undefined: as we are. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` of Debian, Fedora and Alpine. initdb needs an account of that number, a mere number will not do. */
const NOBODY: Identity = { uid: 65_534, gid: 65_534 };

/** Postgres gets nothing of our environment: no PG* variable, no secret. */
export const POSTGRES_ENVIRONMENT: Readonly<Record<string, string>> = {
  LC_ALL: 'C',
  TZ: 'UTC',
  PATH: '/usr/local/bin:/usr/bin:/bin',
};

/** Root hands over to an unprivileged account; anybody else runs Postgres as himself. */
export function postgresIdentity(): Identity | undefined {
  return process.geteuid?.() === 0 ? NOBODY : undefined;
}

/** Whether `identity` can run a shell test on a path. Tried rather than computed: access lists and mounts count too. */
export function canAccess(
  path: string,
  test: '-x' | '-w',
  identity: Identity | undefined,
): boolean {
  const script = test === '-w' ? 'cd "$1" && test -w .' : 'test -x "$1"';
  const result = spawnSync('/bin/sh', ['-c', script, 'sh', path], {
    ...identity,
    cwd: '/',
    env: { ...POSTGRES_ENVIRONMENT },
    stdio: 'ignore',
  });
  return result.status === 0;
}
