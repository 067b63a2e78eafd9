import { read, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { SharedRegion } from './shared-arena.ts';

const readAsync = promisify(read);

/** Copied at once: a kernel that cannot be preempted lets nobody else on its core meanwhile, 0.2 ms a megabyte. */
const COPIED_BYTES = 2 ** 21;

function ended(): RangeError {
  return new RangeError('the shared file ends before the values do');
}

/** Writes all bytes of `values` at a position of a shared file, and gives how many those are. */
export function writeValues(
  descriptor: number,
  values: NodeJS.ArrayBufferView,
  offset: number,
): number {
  let written = 0;
  while (written < values.byteLength) {
    const length = Math.min(values.byteLength - written, COPIED_BYTES);
    written += writeSync(descriptor, values, written, length, offset + written);
  }
  return written;
}

/** Fills `target` from a position of a shared file. @throws RangeError when the file ends before */
export function fillValues(descriptor: number, target: Uint8Array, offset: number): void {
  let filled = 0;
  while (filled < target.length) {
    const length = Math.min(target.length - filled, COPIED_BYTES);
    const bytesRead = readSync(descriptor, target, filled, length, offset + filled);
    if (bytesRead === 0) throw ended();
    filled += bytesRead;
  }
}

/** The bytes of a region, read without holding up this process. @throws RangeError when the file ends before */
export async function readRegion({ arena, offset, bytes }: SharedRegion): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(bytes);
  const target = new Uint8Array(buffer);
  let filled = 0;
  while (filled < bytes) {
    const position = offset + filled;
    const length = Math.min(bytes - filled, COPIED_BYTES);
    const { bytesRead } = await readAsync(arena.descriptor, target, filled, length, position);
    if (bytesRead === 0) throw ended();
    filled += bytesRead;
  }
  return buffer;
}
