import { read, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import type { SharedRegion } from './shared-arena.ts';

const readAsync = promisify(read);

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
    const left = values.byteLength - written;
    written += writeSync(descriptor, values, written, left, offset + written);
  }
  return written;
}

/** Fills `target` from a position of a shared file. @throws RangeError when the file ends before */
export function fillValues(descriptor: number, target: Uint8Array, offset: number): void {
  let filled = 0;
  while (filled < target.length) {
    const length = readSync(descriptor, target, filled, target.length - filled, offset + filled);
    if (length === 0) throw ended();
    filled += length;
  }
}

/** The bytes of a region, read without holding up this process. @throws RangeError when the file ends before */
export async function readRegion({ arena, offset, bytes }: SharedRegion): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(bytes);
  const target = new Uint8Array(buffer);
  let filled = 0;
  while (filled < bytes) {
    const position = offset + filled;
    const { bytesRead } = await readAsync(
      arena.descriptor,
      target,
      filled,
      bytes - filled,
      position,
    );
    if (bytesRead === 0) throw ended();
    filled += bytesRead;
  }
  return buffer;
}
