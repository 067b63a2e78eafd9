import { lstat, opendir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';

export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Time of the last change, nanoseconds since 1970. */
  readonly changedAt: bigint;
}

export interface WalkEvents {
  /** A link, which is not followed, or what is neither file nor folder. */
  readonly onSkipped?: ((path: string) => void) | undefined;
  /** A folder or file that cannot be looked at; the walk goes on beside it. */
  readonly onUnreadable?: ((path: string, error: RadTriageError) => void) | undefined;
}

/**
 * The place that a walk starts from, with all links in its own path resolved.
 * @throws RadTriageError NOT_FOUND
 */
export async function findRoot(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new RadTriageError('NOT_FOUND', `${path} cannot be read`, { cause });
  }
}

async function describe(path: string): Promise<FoundFile> {
  const { size, mtimeNs } = await lstat(path, { bigint: true });
  return { path, bytes: Number(size), changedAt: mtimeNs };
}

/**
 * All regular files below a folder, or the one file, while the folders are being read: however many there are, no list
 * of them is held. Links are never followed, so that nothing outside of the folder is taken and no circle is walked.
 * @throws RadTriageError NOT_FOUND when the root itself cannot be read
 */
export async function* walkFiles(root: string, events: WalkEvents = {}): AsyncGenerator<FoundFile> {
  try {
    const info = await lstat(root);
    if (info.isFile()) {
      yield await describe(root);
      return;
    }
    await (await opendir(root)).close();
  } catch (cause) {
    throw new RadTriageError('NOT_FOUND', `${root} cannot be read`, { cause });
  }
  yield* walkFolder(root, events);
}

async function* walkFolder(folder: string, events: WalkEvents): AsyncGenerator<FoundFile> {
  // Only names of folders are kept, and a folder is closed before those in it are opened.
  const folders: string[] = [];
  try {
    for await (const entry of await opendir(folder, { bufferSize: 256 })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(entry.name);
      else if (!entry.isFile()) events.onSkipped?.(path);
      else {
        const found = await describe(path).catch((error: unknown) => {
          events.onUnreadable?.(path, toRadTriageError(error, 'NOT_FOUND'));
        });
        if (found !== undefined) yield found;
      }
    }
  } catch (error) {
    events.onUnreadable?.(folder, toRadTriageError(error, 'NOT_FOUND'));
  }
  for (const name of folders.sort()) yield* walkFolder(join(folder, name), events);
}

/** Counts regular files below a folder, telling of the number now and then. Faults are for `walkFiles` to tell. */
export async function countFiles(
  root: string,
  signal: AbortSignal,
  onCount: (files: number) => void,
): Promise<void> {
  let files = 0;
  const count = async (folder: string): Promise<void> => {
    const folders: string[] = [];
    for await (const entry of await opendir(folder, { bufferSize: 1024 })) {
      if (signal.aborted) return;
      if (entry.isDirectory()) folders.push(entry.name);
      else if (entry.isFile()) {
        files += 1;
        if (files % 1024 === 0) onCount(files);
      }
    }
    for (const name of folders) await count(join(folder, name)).catch(() => undefined);
  };
  const isFile = await lstat(root).then(
    (info) => info.isFile(),
    () => false,
  );
  if (isFile) files = 1;
  else await count(root).catch(() => undefined);
  if (!signal.aborted) onCount(files);
}
