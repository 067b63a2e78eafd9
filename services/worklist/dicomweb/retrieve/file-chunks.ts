import { open } from 'node:fs/promises';
import { RadTriageError } from '#core/errors.ts';

const CHUNK_BYTES = 512 * 1024;

/**
 * A file of a known length, chunk by chunk; each is its receiver's. Whoever stops early closes it.
 * @throws RadTriageError STORAGE_FAILED when it is not there, or shorter
 */
export async function* fileChunks(path: string, bytes: number): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new RadTriageError('STORAGE_FAILED', 'the object cannot be read', { cause });
  });
  try {
    for (let left = bytes; left > 0; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(left, CHUNK_BYTES));
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) throw new RadTriageError('STORAGE_FAILED', 'the object is cut short');
      left -= bytesRead;
      yield bytesRead === buffer.length ? buffer : buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
