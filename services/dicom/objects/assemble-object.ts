import { encodeDataSet, isUnwritable, type NewElement } from '../attributes/encode-data-set.ts';
import type { DataSet } from '../attributes/parse-elements.ts';
import { encodePart10Header } from '../part10/encode-header.ts';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../part10/transfer-syntaxes.ts';
import { ElementCopier } from './copy-elements.ts';
import type { BuiltObject } from './types.ts';

/** The SOP classes of what we make (PS3.6 annex A). */
export const RESULT_SOP_CLASSES = {
  comprehensive3dSr: '1.2.840.10008.5.1.4.1.1.88.34',
  keyObjectSelection: '1.2.840.10008.5.1.4.1.1.88.59',
  segmentation: '1.2.840.10008.5.1.4.1.1.66.4',
  secondaryCapture: '1.2.840.10008.5.1.4.1.1.7',
  grayscalePresentationState: '1.2.840.10008.5.1.4.1.1.11.1',
} as const;

/**
 * A Part 10 file from elements of our own and of a source image. The source's bytes and its character set are kept
 * where all of our own text (a reader's name, say) can be written in it; else everything becomes UTF-8.
 * @param build is called a second time in the second case
 */
export function assembleObject(
  object: { sopClassUid: string; sopInstanceUid: string; source: DataSet },
  build: (copier: ElementCopier) => readonly NewElement[],
): BuiltObject {
  const { sopClassUid, sopInstanceUid, source } = object;
  let dataSet: Buffer;
  try {
    dataSet = encode(new ElementCopier(source, 'keep'), build);
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    dataSet = encode(new ElementCopier(source, 'utf-8'), build);
  }
  const header = encodePart10Header({
    sopClassUid,
    sopInstanceUid,
    transferSyntaxUid: EXPLICIT_VR_LITTLE_ENDIAN,
  });
  return { sopClassUid, sopInstanceUid, bytes: Buffer.concat([header, dataSet]) };
}

function encode(
  copier: ElementCopier,
  build: (copier: ElementCopier) => readonly NewElement[],
): Buffer {
  return encodeDataSet(build(copier), EXPLICIT_VR_LITTLE_ENDIAN, copier.characterSet);
}
