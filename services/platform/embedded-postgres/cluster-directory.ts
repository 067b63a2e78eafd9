import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { canAccess, type Identity } from './run-as.ts';

const locationSchema = z.object({ postgresDirectory: z.string() });

/** In the data directory: says where its database is, when that is not inside. */
const LOCATION_FILE = 'postgres-location.json';

function prepare(directory: string, identity: Identity | undefined): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (identity !== undefined) chownSync(directory, identity.uid, identity.gid);
  return canAccess(directory, '-w', identity);
}

/** Makes the data directory, or says what is wrong with it. */
function ensureDataDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o750 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RadTriageError('DATA_FOLDER_UNUSABLE', `data directory ${path}: ${reason}`, {
      cause,
    });
  }
}

/** Lets others pass through our own data directory (never list it), but touches no folder above it. */
function openForPassage(dataDirectory: string): void {
  const { mode } = statSync(dataDirectory);
  if ((mode & 0o001) === 0) chmodSync(dataDirectory, (mode & 0o7777) | 0o001);
}

/**
 * The folder that holds the cluster, its password and its log: `<data>/postgres`. Where root starts us and the
 * unprivileged account cannot pass through the folders above (a clone in /root), it is
 * `<systemDirectory>/<random name>` instead, and `<data>/postgres-location.json` says so; that file is believed from
 * then on, so that a data directory that was moved finds its database again. Removing the data directory leaves that
 * folder behind.
 * @throws RadTriageError DATA_FOLDER_UNUSABLE
 */
export function choosePostgresDirectory(
  path: string,
  systemDirectory: string,
  identity: Identity | undefined,
): string {
  const dataDirectory = ensureDataDirectory(path);
  const location = join(dataDirectory, LOCATION_FILE);
  const refuse = (where: string, cause?: unknown): RadTriageError =>
    new RadTriageError(
      'DATA_FOLDER_UNUSABLE',
      `the embedded Postgres cannot write to ${where}${identity === undefined ? '' : ` as user ${identity.uid} (it never runs as root)`}: choose a data directory whose parent folders others may pass through, run as an ordinary user, or set RADTRIAGE_DATABASE_URL`,
      { cause },
    );
  try {
    if (existsSync(location)) {
      const known = locationSchema.parse(JSON.parse(readFileSync(location, 'utf8')));
      if (prepare(known.postgresDirectory, identity)) return known.postgresDirectory;
      throw refuse(known.postgresDirectory);
    }
    if (identity !== undefined) openForPassage(dataDirectory);
    const inside = join(dataDirectory, 'postgres');
    if (prepare(inside, identity)) return inside;
    // A database that stands there already must never be passed over for an empty one.
    if (identity === undefined || existsSync(join(inside, 'cluster'))) throw refuse(inside);
    rmdirSync(inside);
    // Not named after the path: a data directory removed and made again must not find the old database.
    const outside = join(systemDirectory, randomBytes(8).toString('hex'));
    mkdirSync(systemDirectory, { recursive: true, mode: 0o755 });
    if (!prepare(outside, identity)) throw refuse(outside);
    const content = `${JSON.stringify({ postgresDirectory: outside }, undefined, 2)}\n`;
    writeFileSync(location, content, { mode: 0o600, flush: true });
    return outside;
  } catch (cause) {
    if (cause instanceof RadTriageError) throw cause;
    throw refuse(dataDirectory, cause);
  }
}
