import { RadTriageError } from '#core/errors.ts';
import { isUid, readUid } from '../part10/uid.ts';
import { itemsOf, latin1, readBytes } from './element-values.ts';
import type { DataSet } from './parse-elements.ts';

/** One item of a sequence of SOP references (PS3.3 table 10-11). */
export interface SopReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

const REFERENCED_SOP_CLASS_UID = 0x00081150;
const REFERENCED_SOP_INSTANCE_UID = 0x00081155;

/**
 * A UID that has to be there.
 * @throws RadTriageError DICOM_ATTRIBUTE_MISSING, DICOM_UID_INVALID
 */
export function requireUid(dataSet: DataSet, tag: number, keyword: string): string {
  const bytes = readBytes(dataSet, tag);
  const uid = bytes === undefined ? '' : readUid(Buffer.from(bytes));
  if (uid === '') throw missingAttribute(keyword);
  if (!isUid(uid)) throw new RadTriageError('DICOM_UID_INVALID', `${keyword} is no UID`);
  return uid;
}

/** A short text without its padding; empty where the attribute is absent. */
export function readCode(dataSet: DataSet, tag: number): string {
  return latin1(readBytes(dataSet, tag) ?? new Uint8Array())
    .replaceAll('\0', ' ')
    .trim();
}

export function missingAttribute(keyword: string): RadTriageError {
  return new RadTriageError('DICOM_ATTRIBUTE_MISSING', `${keyword} is missing`);
}

/** @throws RadTriageError DICOM_ATTRIBUTE_MISSING, DICOM_UID_INVALID */
export function readReference(item: DataSet): SopReference {
  return {
    sopClassUid: requireUid(item, REFERENCED_SOP_CLASS_UID, 'ReferencedSOPClassUID'),
    sopInstanceUid: requireUid(item, REFERENCED_SOP_INSTANCE_UID, 'ReferencedSOPInstanceUID'),
  };
}

/** The references of a sequence; none where it is absent. @throws as readReference */
export function readReferences(dataSet: DataSet, sequence: number): SopReference[] {
  return itemsOf(dataSet, sequence).map(readReference);
}
