import { RadTriageError } from '#core/errors.ts';
import { type DataSet, parsePlainHeader } from '../attributes/parse-elements.ts';
import { collectAttributes } from '../attributes/read-attributes.ts';
import type { PixelSource } from '../pixels/byte-source.ts';
import { readHeader } from '../pixels/source-header.ts';
import type { SourceImage } from './types.ts';

/**
 * Reads what the builders need of one kept image; of its file no more than the header.
 * @throws RadTriageError as readAttributes does; STORAGE_FAILED; DICOM_ATTRIBUTE_MISSING without Modality, Rows or
 *   Columns: then it is no image that a result could speak of
 */
export function readSourceImage(source: PixelSource): SourceImage {
  const header = cutBeforePixels(readHeader(source), source.transferSyntaxUid);
  const attributes = collectAttributes(header, source.transferSyntaxUid);
  const { sopClassUid, sopInstanceUid, seriesInstanceUid, studyInstanceUid } = attributes;
  return {
    sopClassUid,
    sopInstanceUid,
    seriesInstanceUid,
    studyInstanceUid,
    modality: need(attributes.modality, 'modality'),
    rows: need(attributes.rows, 'rows'),
    columns: need(attributes.columns, 'columns'),
    numberOfFrames: attributes.numberOfFrames ?? 1,
    frameOfReferenceUid: attributes.frameOfReferenceUid,
    header,
  };
}

const PIXEL_DATA = [0x7fe00008, 0x7fe00009, 0x7fe00010];

/**
 * The header in bytes of its own. What was read of the file reaches far into the pixels, and a study has thousands of
 * images.
 */
function cutBeforePixels(header: DataSet, transferSyntaxUid: string): DataSet {
  const starts = PIXEL_DATA.flatMap((tag) => {
    const element = header.elements.get(tag);
    // Tag and length, and in explicit VR the VR with its reserved bytes, stand before the value.
    return element === undefined ? [] : [element.offset - (element.vr === undefined ? 8 : 12)];
  });
  if (starts.length === 0) return header;
  // A copy: slice of a Buffer would be a view that keeps all of it.
  const bytes = Uint8Array.from(header.bytes.subarray(0, Math.min(...starts)));
  return parsePlainHeader(bytes, transferSyntaxUid);
}

function need<T>(value: T | undefined, keyword: string): T {
  if (value !== undefined) return value;
  throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', `${keyword} is missing`, {
    details: { keyword },
  });
}
