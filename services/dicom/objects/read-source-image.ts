import { RadTriageError } from '#core/errors.ts';
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
  const header = readHeader(source);
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

function need<T>(value: T | undefined, keyword: string): T {
  if (value !== undefined) return value;
  throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', `${keyword} is missing`, {
    details: { keyword },
  });
}
