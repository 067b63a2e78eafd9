import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { isValueRepresentation } from '#dicom/part10/value-representations.ts';
import { Part10Sink } from '../part10-sink.ts';
import type { InstanceReceiver, KeptInstance } from '../types.ts';
import type { FoundFile } from './walk-files.ts';

/** Why a file is none that an import is for. */
export type SkipReason = 'notDicom' | 'dicomdir';

/** What became of a file: kept durably, or left alone. */
export type ImportedFile =
  | { readonly kept: KeptInstance; readonly unchanged: boolean }
  | { readonly skipped: SkipReason };

export interface FileImport {
  readonly receiver: InstanceReceiver;
  /** Holds what is read, one file at a time. */
  readonly buffer: Buffer;
  readonly onBytes: (bytes: number) => void;
}

const IMPORT_AE = 'IMPORT';
/** DICOMDIR (PS3.3 annex F): a table of contents, no instance of its own. */
const MEDIA_STORAGE_DIRECTORY = '1.2.840.10008.1.3.10';
const PREFIX_OFFSET = 128;
const MAX_FIRST_ELEMENT_BYTES = 0x10000;

/**
 * True for what looks like a data set without preamble, prefix or all file meta: an element of group 0002 or 0008 at
 * its beginning, explicit or implicit.
 */
export function isBareDataSet(bytes: Buffer): boolean {
  if (bytes.length < 8) return false;
  const group = bytes.readUInt16LE(0);
  if (group !== 0x0002 && group !== 0x0008) return false;
  if (bytes.readUInt16LE(2) > 0x0100) return false;
  if (isValueRepresentation(bytes.toString('latin1', 4, 6))) return true;
  return bytes.readUInt32LE(4) <= MAX_FIRST_ELEMENT_BYTES && bytes.readUInt16LE(2) <= 0x0020;
}

async function read(handle: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
  return buffer.subarray(0, bytesRead);
}

async function pour(handle: FileHandle, first: Buffer, task: FileImport): Promise<KeptInstance> {
  const sink = new Part10Sink(task.receiver, {
    callingAe: IMPORT_AE,
    calledAe: IMPORT_AE,
    peerAddress: 'local',
    via: 'import',
  });
  try {
    let position = 0;
    for (let chunk = first; chunk.length > 0; ) {
      await sink.write(chunk);
      position += chunk.length;
      task.onBytes(chunk.length);
      chunk = await read(handle, task.buffer, position);
    }
    return await sink.finish();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

function isDicomdir(error: unknown): boolean {
  return (
    error instanceof RadTriageError && error.details['sopClassUid'] === MEDIA_STORAGE_DIRECTORY
  );
}

/**
 * Takes one file in.
 * @throws RadTriageError NOT_FOUND when it cannot be read, DICOM_NOT_PART10 for a data set without file meta, and as
 * the receiver does
 */
export async function importFile(file: FoundFile, task: FileImport): Promise<ImportedFile> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file.path, flags).catch((error: unknown) => {
    throw toRadTriageError(error, 'NOT_FOUND');
  });
  try {
    const first = await read(handle, task.buffer, 0);
    if (first.toString('latin1', PREFIX_OFFSET, PREFIX_OFFSET + 4) !== 'DICM') {
      if (!isBareDataSet(first)) return { skipped: 'notDicom' };
      throw new RadTriageError(
        'DICOM_NOT_PART10',
        'a data set without preamble and file meta; `dcmconv` of DCMTK makes a DICOM file of it',
        { details: { bareDataSet: true } },
      );
    }
    const kept = await pour(handle, first, task);
    // Asked for later: a failure that comes before then is no unhandled one.
    kept.indexed.catch(() => undefined);
    const { size, mtimeNs } = await handle.stat({ bigint: true });
    // Written to while it was read: not to be taken for done.
    const unchanged = Number(size) === file.bytes && mtimeNs === file.changedAt;
    return { kept, unchanged };
  } catch (error) {
    if (isDicomdir(error)) return { skipped: 'dicomdir' };
    throw error instanceof RadTriageError ? error : toRadTriageError(error, 'NOT_FOUND');
  } finally {
    await handle.close();
  }
}
