import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import type { PostgresBinaries } from './binaries.ts';
import { type Identity, POSTGRES_ENVIRONMENT } from './run-as.ts';

export const DATABASE_USER = 'radtriage';
export const DATABASE_NAME = 'radtriage';

interface Place {
  readonly directory: string;
  readonly binaries: PostgresBinaries;
  readonly identity: Identity | undefined;
}

function writeSecret(path: string, content: string, identity: Identity | undefined): void {
  writeFileSync(path, content, { mode: 0o600, flush: true });
  if (identity !== undefined) chownSync(path, identity.uid, identity.gid);
}

function check(step: string, result: SpawnSyncReturns<string>): void {
  if (result.status === 0) return;
  const said = (result.stderr ?? '').trim().split('\n').slice(-3).join('; ');
  const why = result.error?.message ?? (said || `exit code ${result.status}`);
  throw new RadTriageError(
    'DATA_FOLDER_UNUSABLE',
    `${step} of the embedded Postgres failed: ${why}`,
    {
      cause: result.error,
    },
  );
}

/**
 * Makes the cluster on first use: `<directory>/cluster`, its superuser's generated password beside it, 0600. It gets
 * its name only when it is whole, so that a start which was killed half way begins anew.
 * @throws RadTriageError DATA_FOLDER_UNUSABLE
 */
export function initialiseCluster(place: Place): { cluster: string; password: string } {
  const { directory, binaries, identity } = place;
  const cluster = join(directory, 'cluster');
  const passwordFile = join(directory, 'password');
  if (existsSync(cluster)) return { cluster, password: readFileSync(passwordFile, 'utf8').trim() };

  const half = join(directory, 'cluster.half');
  rmSync(half, { recursive: true, force: true });
  const password = randomBytes(24).toString('hex');
  writeSecret(passwordFile, `${password}\n`, identity);
  const options = {
    ...identity,
    cwd: '/',
    env: { ...POSTGRES_ENVIRONMENT },
    encoding: 'utf8',
  } as const;
  const settings = [
    `--username=${DATABASE_USER}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  const access = ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  check('initdb', spawnSync(binaries.initdb, ['-D', half, ...settings, ...access], options));
  // Single-user mode: the database is made before anything listens.
  const single = ['--single', '-D', half, 'postgres'];
  const input = `CREATE DATABASE ${DATABASE_NAME};\n`;
  check('database creation', spawnSync(binaries.postgres, single, { ...options, input }));
  renameSync(half, cluster);
  const handle = openSync(directory, 'r');
  fsyncSync(handle);
  closeSync(handle);
  return { cluster, password };
}
