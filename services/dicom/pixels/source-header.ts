import {
  type DicomJson,
  headerToJson,
  type JsonOptions,
  readBulkData,
} from '../attributes/dicom-json.ts';
import {
  type DataSet,
  encodingOf,
  parseGrowing,
  parseHeader,
} from '../attributes/parse-elements.ts';
import { collectAttributes, type DicomAttributes } from '../attributes/read-attributes.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../part10/transfer-syntaxes.ts';
import { type ByteSource, openByteSource, type PixelSource } from './byte-source.ts';

/**
 * The header of a source that is not deflated, reading no more of it than that takes.
 * @throws RadTriageError what parseHeader throws, and STORAGE_FAILED
 */
export function readSourceHeader(source: ByteSource, transferSyntaxUid: string): DataSet {
  return parseGrowing(source.size, transferSyntaxUid, (size) => source.read(0, size));
}

/**
 * The elements of a kept object up to its pixel data. Of a deflated one no more is inflated than its header takes: this
 * runs outside of the decoding process.
 * @throws RadTriageError what parseHeader throws, and STORAGE_FAILED
 */
export function readHeader(source: PixelSource): DataSet {
  const { transferSyntaxUid } = source;
  if (encodingOf(transferSyntaxUid) !== 'deflated') {
    using bytes = openByteSource(source);
    return readSourceHeader(bytes, transferSyntaxUid);
  }
  using deflated = openByteSource({ ...source, transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN });
  return parseHeader(deflated.read(0, deflated.size), transferSyntaxUid);
}

/**
 * The attributes of a kept object, reading no more of its file than its header.
 * @throws RadTriageError as readAttributes does, and STORAGE_FAILED
 */
export function readSourceAttributes(source: PixelSource): DicomAttributes {
  return collectAttributes(readHeader(source), source.transferSyntaxUid);
}

/**
 * The DICOM JSON of a kept object, reading no more of its file than its header.
 * @throws RadTriageError as toDicomJson does, and STORAGE_FAILED
 */
export function readSourceJson(source: PixelSource, options: JsonOptions = {}): DicomJson {
  return headerToJson(readHeader(source), options);
}

/**
 * The bytes that a BulkDataURI of `readSourceJson` names, in little endian.
 * @param path what stands behind `/bulkdata/`
 * @throws RadTriageError NOT_FOUND, and as readSourceJson
 */
export function readSourceBulkData(source: PixelSource, path: string): Uint8Array {
  return readBulkData(readHeader(source), path);
}
