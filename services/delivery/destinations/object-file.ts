import { type FileHandle, open } from 'node:fs/promises';
import type { SendableObject } from './delivery-store.ts';
import type { Outcome } from './judge-status.ts';

const CHUNK_BYTES = 128 * 1024;

/** A file that is whole, open to be read, or why it cannot be sent. */
export async function openObject(
  locate: (blobPath: string) => string,
  { blobPath, fileBytes }: SendableObject,
): Promise<FileHandle | Outcome> {
  let file: FileHandle;
  try {
    file = await open(locate(blobPath), 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason';
    // NOT_FOUND: the store knows no such place.
    return code === 'ENOENT' || code === 'NOT_FOUND'
      ? { event: 'refused', reason: 'our own file of the object is missing' }
      : { event: 'try-again', reason: `our own file of the object cannot be read (${code})` };
  }
  const { size } = await file.stat();
  if (size >= fileBytes) return file;
  await file.close();
  return { event: 'refused', reason: 'our own file of the object is cut short' };
}

/** The bytes of a file from an offset up to the object's end. Nothing is opened until they are asked for. */
export async function* readBytesOf(
  file: FileHandle,
  { fileBytes }: SendableObject,
  from: number,
): AsyncGenerator<Buffer> {
  const range = { start: from, end: fileBytes - 1 };
  // A stream that nobody reads would keep the file from being closed.
  yield* file.createReadStream({ ...range, highWaterMark: CHUNK_BYTES, autoClose: false });
}
