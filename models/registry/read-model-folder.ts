import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { type Manifest, parseManifest } from '../manifest/schema.ts';
import { readVerifiedModel } from './verify-model.ts';

export const MANIFEST_FILE = 'manifest.json';
export const CARD_FILE = 'MODEL_CARD.md';

/** A folder with a manifest. A refused one keeps its place, with the reason. */
export interface ModelFolder {
  readonly folder: string;
  /** The manifest's, or the folder's name when the manifest cannot be read. */
  readonly id: string;
  readonly manifest: Manifest | undefined;
  /** Of manifest.json; empty when that cannot be read. */
  readonly manifestSha256: string;
  /** MODEL_MANIFEST_INVALID, MODEL_MISSING or MODEL_ALTERED; undefined when the model may run. */
  readonly problem: RadTriageError | undefined;
  /** Changes when a file of the folder does. */
  readonly fingerprint: string;
}

async function fingerprintOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return 'absent';
  }
}

async function readManifestFile(folder: string): Promise<Buffer> {
  const path = join(folder, MANIFEST_FILE);
  try {
    return await readFile(path);
  } catch (error) {
    throw new RadTriageError('MODEL_MISSING', `${path} cannot be read`, { cause: error });
  }
}

/**
 * Reads the manifest and hashes the model file; gives `before` back when no file has changed since.
 * Never throws: what is wrong stands in `problem`.
 */
export async function readModelFolder(folder: string, before?: ModelFolder): Promise<ModelFolder> {
  const file = before?.manifest?.file ?? '';
  const fingerprint = await folderFingerprint(folder, file);
  if (before !== undefined && before.fingerprint === fingerprint) return before;
  let manifest: Manifest | undefined;
  let manifestSha256 = '';
  try {
    const bytes = await readManifestFile(folder);
    manifestSha256 = createHash('sha256').update(bytes).digest('hex');
    manifest = parseManifest(bytes.toString('utf8'), join(folder, MANIFEST_FILE));
    await readVerifiedModel(join(folder, manifest.file), manifest.sha256);
    return { ...(await describe(folder, manifest)), manifestSha256, problem: undefined };
  } catch (error) {
    const problem = toRadTriageError(error, 'MODEL_MANIFEST_INVALID');
    return { ...(await describe(folder, manifest)), manifestSha256, problem };
  }
}

async function folderFingerprint(folder: string, file: string): Promise<string> {
  const manifest = await fingerprintOf(join(folder, MANIFEST_FILE));
  return `${manifest} ${file === '' ? '' : await fingerprintOf(join(folder, file))}`;
}

async function describe(folder: string, manifest: Manifest | undefined) {
  const fingerprint = await folderFingerprint(folder, manifest?.file ?? '');
  return { folder, manifest, id: manifest?.id ?? basename(folder), fingerprint };
}

/**
 * The folders with a manifest below the given directories, sorted; `optional` is one that need not exist.
 * @throws RadTriageError CONFIG_INVALID for a directory that cannot be listed
 */
export async function findModelFolders(
  directories: readonly string[],
  optional?: string,
): Promise<string[]> {
  const found: string[] = [];
  const listed = optional !== undefined && existsSync(optional) ? [optional] : [];
  for (const directory of [...directories, ...listed]) {
    const entries = await listDirectory(directory);
    for (const name of entries) {
      // What is only on its way in or out is no model yet, or no more.
      if (name.startsWith('.')) continue;
      const folder = join(directory, name);
      if ((await fingerprintOf(join(folder, MANIFEST_FILE))) !== 'absent') found.push(folder);
    }
  }
  return [...new Set(found)];
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    throw new RadTriageError('CONFIG_INVALID', `the model directory ${directory} cannot be read`, {
      cause: error,
    });
  }
}
