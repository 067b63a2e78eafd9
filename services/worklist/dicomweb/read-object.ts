import type { DicomJson } from '#dicom/attributes/dicom-json.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '#dicom/part10/transfer-syntaxes.ts';
import { openByteSource, type PixelSource } from '#dicom/pixels/byte-source.ts';
import { readEncapsulatedFrame, readNativeFrame } from '#dicom/pixels/frame-bytes.ts';
import { locatePixels } from '#dicom/pixels/locate-pixels.ts';
import { readSourceBulkData, readSourceJson } from '#dicom/pixels/source-header.ts';
import type { WebContext } from '../context.ts';
import type { InstanceRow } from '../study/images.ts';

const AVAILABLE_TRANSFER_SYNTAX_UID = '00083002';

function sourceOf(context: WebContext, row: InstanceRow): PixelSource {
  return {
    path: context.blobs.locate(row.blobPath),
    dataSetOffset: row.dataSetOffset,
    transferSyntaxUid: row.transferSyntaxUid,
  };
}

/** An instance in the DICOM JSON model, without its pixels (PS3.18 10.4.1.1.2). */
export function readInstanceJson(
  context: WebContext,
  row: InstanceRow,
  bulkDataUri: string,
): DicomJson {
  const json = readSourceJson(sourceOf(context, row), { bulkDataUri });
  json[AVAILABLE_TRANSFER_SYNTAX_UID] = { vr: 'UI', Value: [deliveredSyntax(row)] };
  return json;
}

/**
 * The bytes of a large binary value, in little endian.
 * @param path what stands behind `/bulkdata/` in the metadata
 * @throws RadTriageError NOT_FOUND
 */
export function readBulk(context: WebContext, row: InstanceRow, path: string): Uint8Array {
  return readSourceBulkData(sourceOf(context, row), path);
}

/** The transfer syntax that frames go out in: as stored when compressed, else explicit VR little endian. */
export function deliveredSyntax(row: InstanceRow): string {
  const isEncapsulated = findTransferSyntax(row.transferSyntaxUid)?.encapsulated === true;
  return isEncapsulated ? row.transferSyntaxUid : EXPLICIT_VR_LITTLE_ENDIAN;
}

export interface Frame {
  readonly bytes: Uint8Array;
  readonly transferSyntaxUid: string;
}

/**
 * The bytes of one frame: compressed ones as stored, native ones in little endian. What counts is how the pixels are
 * really coded: some archives decompress without changing the transfer syntax.
 * @param frame from 1, as in the address
 * @throws RadTriageError NOT_FOUND for a frame that there is not, PIXELS_MISSING, PIXELS_UNDECODABLE
 */
export function readFrame(context: WebContext, row: InstanceRow, frame: number): Frame {
  const { transferSyntaxUid } = row;
  using source = openByteSource(sourceOf(context, row));
  const located = locatePixels(source, transferSyntaxUid, { frame: frame - 1 });
  if (located.fragments !== undefined) {
    return { bytes: readEncapsulatedFrame(source, located, frame - 1), transferSyntaxUid };
  }
  const bytes = readNativeFrame(source, located, frame - 1);
  return { bytes, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN };
}
