import { type FileHandle, open } from 'node:fs/promises';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import type { FileMeta } from './encode-header.ts';
import { isUid, readUid } from './uid.ts';
import { isLongFormVr, isValueRepresentation } from './value-representations.ts';

export interface Part10 {
  readonly meta: FileMeta;
  /** Byte at which the data set begins. */
  readonly dataSetOffset: number;
  /** Bytes of the whole file. */
  readonly fileBytes: number;
}

const PREFIX_END = 132;
const FIRST_READ = 4096;
/** File meta holds a few UIDs and at most some private bytes: anything longer is not file meta. */
export const MAX_META_BYTES = 256 * 1024;

const TAG_MEDIA_STORAGE_SOP_CLASS_UID = 0x0002;
const TAG_MEDIA_STORAGE_SOP_INSTANCE_UID = 0x0003;
const TAG_TRANSFER_SYNTAX_UID = 0x0010;
const TAG_SOURCE_AE_TITLE = 0x0016;
const TAG_SENDING_AE_TITLE = 0x0017;

/**
 * Reads the file meta of a DICOM file without reading its data set (PS3.10 section 7.1).
 * @throws RadTriageError DICOM_NOT_PART10 (no `DICM` at byte 128), DICOM_TRUNCATED (ends within file meta),
 * DICOM_STRUCTURE (file meta is not element after element), DICOM_ATTRIBUTE_MISSING, DICOM_UID_INVALID.
 */
export async function readPart10(source: string | FileHandle): Promise<Part10> {
  if (typeof source !== 'string') return readFrom(source);
  let handle: FileHandle;
  try {
    handle = await open(source, 'r');
  } catch (error) {
    throw toRadTriageError(error, 'NOT_FOUND');
  }
  try {
    return await readFrom(handle);
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: FileHandle): Promise<Part10> {
  const { size } = await handle.stat();
  for (let want = FIRST_READ; ; want = MAX_META_BYTES) {
    const bytes = await readStart(handle, Math.min(want, size));
    const whole = bytes.length >= Math.min(size, MAX_META_BYTES);
    const found = parseFileMeta(bytes, whole && bytes.length < MAX_META_BYTES);
    if (found !== undefined) return { ...found, fileBytes: size };
    if (whole) {
      throw new RadTriageError(
        'DICOM_STRUCTURE',
        `file meta is longer than ${MAX_META_BYTES} bytes`,
      );
    }
  }
}

async function readStart(handle: FileHandle, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/**
 * Reads file meta from the beginning of a file held in memory.
 * @param whole the bytes are the whole file, so that an end within file meta is a fault.
 * @returns undefined when more bytes are needed.
 */
export function parseFileMeta(
  bytes: Buffer,
  whole: boolean,
): { meta: FileMeta; dataSetOffset: number } | undefined {
  if (bytes.length < PREFIX_END || bytes.toString('latin1', 128, PREFIX_END) !== 'DICM') {
    throw new RadTriageError('DICOM_NOT_PART10', 'no DICM prefix at byte 128');
  }
  const values = new Map<number, Buffer>();
  let offset = PREFIX_END;
  for (;;) {
    if (offset + 8 > bytes.length) {
      if (!whole) return undefined;
      if (offset === bytes.length && values.has(TAG_TRANSFER_SYNTAX_UID)) break;
      throw truncated();
    }
    if (bytes.readUInt16LE(offset) !== 0x0002) break;
    const element = readMetaElement(bytes, offset);
    if (element === undefined || element.end > bytes.length) {
      if (whole) throw truncated();
      return undefined;
    }
    values.set(element.number, bytes.subarray(element.valueStart, element.end));
    offset = element.end;
  }
  return { meta: readMetaValues(values), dataSetOffset: offset };
}

function readMetaElement(
  bytes: Buffer,
  offset: number,
): { number: number; valueStart: number; end: number } | undefined {
  const vr = bytes.toString('latin1', offset + 4, offset + 6);
  if (!isValueRepresentation(vr)) {
    throw new RadTriageError('DICOM_STRUCTURE', 'file meta is not Explicit VR Little Endian');
  }
  const number = bytes.readUInt16LE(offset + 2);
  const long = isLongFormVr(vr);
  const valueStart = offset + (long ? 12 : 8);
  if (valueStart > bytes.length) return undefined;
  const length = long ? bytes.readUInt32LE(offset + 8) : bytes.readUInt16LE(offset + 6);
  if (length > MAX_META_BYTES) {
    throw new RadTriageError('DICOM_STRUCTURE', `a file meta element claims ${length} bytes`);
  }
  return { number, valueStart, end: valueStart + length };
}

function readMetaValues(values: ReadonlyMap<number, Buffer>): FileMeta {
  const sendingAe = values.get(TAG_SENDING_AE_TITLE) ?? values.get(TAG_SOURCE_AE_TITLE);
  return {
    sopClassUid: requireUid(values, TAG_MEDIA_STORAGE_SOP_CLASS_UID, 'MediaStorageSOPClassUID'),
    sopInstanceUid: requireUid(
      values,
      TAG_MEDIA_STORAGE_SOP_INSTANCE_UID,
      'MediaStorageSOPInstanceUID',
    ),
    transferSyntaxUid: requireUid(values, TAG_TRANSFER_SYNTAX_UID, 'TransferSyntaxUID'),
    ...(sendingAe === undefined ? {} : { sendingAe: sendingAe.toString('latin1').trim() }),
  };
}

function requireUid(values: ReadonlyMap<number, Buffer>, number: number, keyword: string): string {
  const value = values.get(number);
  if (value === undefined || value.length === 0) {
    throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', `file meta has no ${keyword}`);
  }
  const uid = readUid(value);
  if (!isUid(uid)) {
    throw new RadTriageError('DICOM_UID_INVALID', `${keyword} in file meta is not a UID`);
  }
  return uid;
}

function truncated(): RadTriageError {
  return new RadTriageError('DICOM_TRUNCATED', 'the file ends within its file meta');
}
