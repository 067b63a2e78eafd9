import type { DicomAttributes } from '#dicom/attributes/read-attributes.ts';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import { readSourceAttributes } from '#dicom/pixels/source-header.ts';
import type { ImageRow } from '#inference/triage-types.ts';

/** A DICOM file as the triage job knows an image: its path stands for the blob's. */
interface FileImage {
  readonly row: ImageRow;
  readonly attributes: DicomAttributes;
}

/** @throws RadTriageError as readPart10 and readSourceAttributes */
export async function readFileImage(path: string): Promise<FileImage> {
  const { meta, dataSetOffset } = await readPart10(path);
  const { transferSyntaxUid } = meta;
  const attributes = readSourceAttributes({ path, dataSetOffset, transferSyntaxUid });
  const row: ImageRow = {
    sopInstanceUid: attributes.sopInstanceUid,
    seriesInstanceUid: attributes.seriesInstanceUid,
    seriesNumber: attributes.seriesNumber ?? null,
    instanceNumber: attributes.instanceNumber ?? null,
    transferSyntaxUid,
    blobPath: path,
    dataSetOffset,
    rows: attributes.rows ?? null,
    columns: attributes.columns ?? null,
    numberOfFrames: attributes.numberOfFrames ?? null,
    modality: attributes.modality ?? null,
  };
  return { row, attributes };
}
