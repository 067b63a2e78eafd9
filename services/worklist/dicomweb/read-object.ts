import { RadTriageError } from '#core/errors.ts';
import { type DicomJson, toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '#dicom/part10/transfer-syntaxes.ts';
import { type ByteSource, openByteSource, type PixelSource } from '#dicom/pixels/byte-source.ts';
import { readEncapsulatedFrame, readNativeFrame } from '#dicom/pixels/frame-bytes.ts';
import { locatePixels } from '#dicom/pixels/locate-pixels.ts';
import type { WebContext } from '../context.ts';
import type { InstanceRow } from '../study/images.ts';

const FIRST_HEADER_BYTES = 128 * 1024;
const AVAILABLE_TRANSFER_SYNTAX_UID = '00083002';

function sourceOf(context: WebContext, row: InstanceRow): PixelSource {
  return {
    path: context.blobs.locate(row.blobPath),
    dataSetOffset: row.dataSetOffset,
    transferSyntaxUid: row.transferSyntaxUid,
  };
}

/** Deflated data is inflated by the source already, and explicit VR little endian from there on. */
function plainSyntax(row: InstanceRow): string {
  const isDeflated = findTransferSyntax(row.transferSyntaxUid)?.encoding === 'deflated';
  return isDeflated ? EXPLICIT_VR_LITTLE_ENDIAN : row.transferSyntaxUid;
}

/** Reads as much of the object as stands before its pixel data. */
function readHeaderJson(source: ByteSource, syntax: string, bulkDataUri: string): DicomJson {
  for (let size = FIRST_HEADER_BYTES; ; size *= 8) {
    const isWhole = size >= source.size;
    try {
      return toDicomJson(source.read(0, Math.min(size, source.size)), syntax, { bulkDataUri });
    } catch (error) {
      const mayBeCut = error instanceof RadTriageError && error.code === 'DICOM_TRUNCATED';
      if (isWhole || !mayBeCut) throw error;
    }
  }
}

/** An instance in the DICOM JSON model, without its pixels (PS3.18 10.4.1.1.2). */
export function readInstanceJson(
  context: WebContext,
  row: InstanceRow,
  bulkDataUri: string,
): DicomJson {
  using source = openByteSource(sourceOf(context, row));
  const json = readHeaderJson(source, plainSyntax(row), bulkDataUri);
  json[AVAILABLE_TRANSFER_SYNTAX_UID] = { vr: 'UI', Value: [deliveredSyntax(row)] };
  return json;
}

function isNative(row: InstanceRow): boolean {
  return findTransferSyntax(row.transferSyntaxUid)?.encapsulated !== true;
}

/** The transfer syntax that frames go out in: as stored when compressed, else explicit VR little endian. */
export function deliveredSyntax(row: InstanceRow): string {
  return isNative(row) ? EXPLICIT_VR_LITTLE_ENDIAN : row.transferSyntaxUid;
}

export interface Frame {
  readonly bytes: Uint8Array;
  readonly transferSyntaxUid: string;
}

/**
 * The bytes of one frame: compressed ones as stored, native ones in little endian.
 * @param frame from 1, as in the address
 * @throws RadTriageError NOT_FOUND for a frame that there is not, PIXELS_MISSING, PIXELS_UNDECODABLE
 */
export function readFrame(context: WebContext, row: InstanceRow, frame: number): Frame {
  const syntax = plainSyntax(row);
  using source = openByteSource(sourceOf(context, row));
  const located = locatePixels(source, syntax, { frame: frame - 1 });
  if (located.syntax.coding !== 'native') {
    const bytes = readEncapsulatedFrame(source, located, frame - 1);
    return { bytes, transferSyntaxUid: row.transferSyntaxUid };
  }
  const bytes = readNativeFrame(source, located, frame - 1);
  return { bytes, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN };
}
