import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { RadTriageError } from '#core/errors.ts';
import { inflateDataSet, MAX_INFLATED_BYTES } from '../attributes/inflate.ts';
import { encodingOf } from '../attributes/parse-elements.ts';

/** Where an object's data set lies: in memory, or within a file (which may hold other things before and after). */
export interface PixelSource {
  readonly bytes?: Uint8Array;
  readonly path?: string;
  /** Start of the data set, behind preamble and file meta information; 0 without it. */
  readonly dataSetOffset?: number;
  /** Bytes of the data set; up to the end without it. */
  readonly dataSetLength?: number;
  readonly transferSyntaxUid: string;
}

/** Reads ranges of one data set, so that one frame of a large object does not cost reading all of it. */
export interface ByteSource extends Disposable {
  readonly size: number;
  /** Exactly `length` bytes; throws DICOM_TRUNCATED where there are not so many. */
  read(offset: number, length: number): Uint8Array;
}

/** Read at once: a kernel that cannot be preempted lets nobody else on its core while it copies, 0.2 ms a megabyte. */
const READ_BYTES = 2 ** 21;

/** @throws RadTriageError STORAGE_FAILED when the file cannot be read */
export function openByteSource(source: PixelSource): ByteSource {
  if (encodingOf(source.transferSyntaxUid) === 'deflated') {
    using whole = openRaw(source);
    return memorySource(inflateDataSet(whole.read(0, whole.size), MAX_INFLATED_BYTES));
  }
  return openRaw(source);
}

function openRaw({ bytes, path, dataSetOffset = 0, dataSetLength }: PixelSource): ByteSource {
  if (bytes !== undefined) {
    const end = dataSetLength === undefined ? bytes.length : dataSetOffset + dataSetLength;
    return memorySource(bytes.subarray(dataSetOffset, end));
  }
  if (path === undefined) throw new RadTriageError('REQUEST_INVALID', 'neither bytes nor a path');
  return fileSource(path, dataSetOffset, dataSetLength);
}

function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset + length > bytes.length) throw ended();
      return bytes.subarray(offset, offset + length);
    },
    [Symbol.dispose]() {},
  };
}

function fileSource(path: string, start: number, length: number | undefined): ByteSource {
  const descriptor = attempt(() => openSync(path, 'r'));
  const available = attempt(() => fstatSync(descriptor).size) - start;
  const size = Math.max(0, Math.min(length ?? available, available));
  return {
    size,
    read(offset, wanted) {
      if (offset + wanted > size) throw ended();
      const buffer = Buffer.allocUnsafeSlow(wanted);
      let filled = 0;
      while (filled < wanted) {
        const position = start + offset + filled;
        const length = Math.min(wanted - filled, READ_BYTES);
        const read = attempt(() => readSync(descriptor, buffer, filled, length, position));
        if (read === 0) throw ended();
        filled += read;
      }
      return buffer;
    },
    [Symbol.dispose]() {
      closeSync(descriptor);
    },
  };
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new RadTriageError('STORAGE_FAILED', 'the object cannot be read', { cause });
  }
}

function ended(): RadTriageError {
  return new RadTriageError('DICOM_TRUNCATED', 'the data set ends within its pixel data');
}
