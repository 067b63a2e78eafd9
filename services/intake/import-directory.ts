import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, RadTriageError, toRadTriageError } from '#core/errors.ts';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import type { InstanceReceiver, ReceiveOutcome } from './types.ts';

export interface ImportCounts {
  readonly files: number;
  readonly done: number;
  readonly stored: number;
  readonly duplicate: number;
  readonly conflict: number;
  readonly failed: number;
}

interface ImportError {
  /** As found below the directory; for the person at the terminal, not for the log. */
  readonly file: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface ImportReport extends ImportCounts {
  readonly errors: readonly ImportError[];
}

export interface ImportOptions {
  /** A folder, read with all its subfolders, or one file. */
  readonly directory: string;
  readonly receiver: InstanceReceiver;
  readonly onProgress?: ((counts: ImportCounts) => void) | undefined;
  /** Files read at once. */
  readonly concurrency?: number | undefined;
}

const READ_BYTES = 256 * 1024;
const CONCURRENCY = 4;
const IMPORT_AE = 'IMPORT';
/** DICOMDIR (PS3.3 annex F): a table of contents, no instance of its own. */
const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';

async function listFiles(directory: string): Promise<string[]> {
  try {
    if ((await stat(directory)).isFile()) return [directory];
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name)).sort();
  } catch (cause) {
    throw new RadTriageError('NOT_FOUND', `${directory} cannot be read`, { cause });
  }
}

async function pour(
  handle: FileHandle,
  offset: number,
  sink: { write(chunk: Buffer): void | Promise<void> },
): Promise<void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let position = offset; ; ) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    await sink.write(buffer.subarray(0, bytesRead));
  }
}

async function importFile(
  path: string,
  receiver: InstanceReceiver,
): Promise<ReceiveOutcome['outcome']> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw toRadTriageError(error, 'NOT_FOUND');
  });
  try {
    const { meta, dataSetOffset } = await readPart10(handle);
    if (meta.sopClassUid === MEDIA_STORAGE_DIRECTORY) {
      throw new RadTriageError('DICOM_UNSUPPORTED', 'a DICOMDIR is no instance');
    }
    const sink = await receiver.open({
      sopClassUid: meta.sopClassUid,
      sopInstanceUid: meta.sopInstanceUid,
      transferSyntaxUid: meta.transferSyntaxUid,
      callingAe: IMPORT_AE,
      calledAe: IMPORT_AE,
      peerAddress: 'local',
      via: 'import',
    });
    try {
      await pour(handle, dataSetOffset, sink);
      const { indexed } = await sink.finish();
      return (await indexed).outcome;
    } catch (error) {
      await sink.abort();
      throw error;
    }
  } finally {
    await handle.close();
  }
}

/**
 * Takes in every DICOM file of a folder, through the same door as the network. One bad file never stops the rest;
 * each is named with its coded error.
 * @throws RadTriageError NOT_FOUND when the folder itself cannot be read
 */
export async function importDirectory(options: ImportOptions): Promise<ImportReport> {
  const files = await listFiles(options.directory);
  const counts = { files: files.length, done: 0, stored: 0, duplicate: 0, conflict: 0, failed: 0 };
  const errors: ImportError[] = [];
  const pending = files.values();
  const work = async (): Promise<void> => {
    for (const file of pending) {
      try {
        counts[await importFile(file, options.receiver)] += 1;
      } catch (thrown) {
        const { code, message } = toRadTriageError(thrown);
        errors.push({ file, code, message });
        counts.failed += 1;
      }
      counts.done += 1;
      options.onProgress?.({ ...counts });
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? CONCURRENCY }, work));
  return { ...counts, errors };
}
