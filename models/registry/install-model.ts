import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import type { InspectedFolder, ModelFile } from './inspect-folder.ts';
import { versionKey } from './model-states.ts';

/** Folders on their way in; the registry looks into none whose name begins with a dot. */
const INCOMING = '.incoming-';
const REMOVED = '.removed-';
const READ_ONLY = 0o444;
const CHUNK = 1024 * 1024;

/** Where a version lies below the directory of added models. */
export function installedFolder(directory: string, modelId: string, version: string): string {
  return join(directory, versionKey(modelId, version));
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Copies by reading once: what is hashed is what is written. */
async function copyFile(from: string, to: string, expected: ModelFile): Promise<void> {
  const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const target = await open(to, 'wx', 0o644);
    try {
      const hash = createHash('sha256');
      const buffer = Buffer.alloc(CHUNK);
      for (;;) {
        const { bytesRead } = await source.read(buffer, 0, CHUNK);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        await target.writeFile(buffer.subarray(0, bytesRead));
      }
      if (hash.digest('hex') !== expected.sha256) {
        throw new RadTriageError('MODEL_ALTERED', `${expected.name} changed while it was added`);
      }
      await target.chmod(READ_ONLY);
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** What processes that died have left. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith(INCOMING) && !name.startsWith(REMOVED)) continue;
    await rm(join(directory, name), { recursive: true, force: true });
  }
}

/**
 * Copies the files that were inspected into the directory of added models: first into a folder beside, made durable,
 * then renamed. A process that dies in between leaves nothing that is taken for a model. Call while nobody else does.
 * @returns the folder
 * @throws RadTriageError MODEL_ALTERED when a file is not what was inspected, STORAGE_FAILED
 */
export async function installModel(model: InspectedFolder, directory: string): Promise<string> {
  const { id, version } = model.manifest;
  const target = installedFolder(directory, id, version);
  await mkdir(directory, { recursive: true });
  await removeLeftovers(directory);
  const incoming = await mkdtemp(join(directory, INCOMING));
  try {
    for (const file of model.files) {
      await copyFile(join(model.folder, file.name), join(incoming, file.name), file);
    }
    await chmod(incoming, 0o755);
    await syncDirectory(incoming);
    await rename(incoming, target);
    await syncDirectory(directory);
    return target;
  } catch (error) {
    await rm(incoming, { recursive: true, force: true });
    if (error instanceof RadTriageError) throw error;
    const message = `${id} ${version} could not be copied to ${target}`;
    throw new RadTriageError('STORAGE_FAILED', message, { cause: error });
  }
}

/** Takes an added model away in one step, then deletes its files. */
export async function uninstallModel(folder: string, directory: string): Promise<void> {
  const doomed = join(directory, `${REMOVED}${basename(folder)}`);
  await rm(doomed, { recursive: true, force: true });
  await rename(folder, doomed);
  await syncDirectory(directory);
  await rm(doomed, { recursive: true, force: true });
}
