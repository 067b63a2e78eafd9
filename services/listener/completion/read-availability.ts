import { RadTriageError } from '#core/errors.ts';
import { itemsOf } from '#dicom/attributes/element-values.ts';
import { type DataSet, parseHeader } from '#dicom/attributes/parse-elements.ts';
import {
  missingAttribute,
  readCode,
  readReference,
  requireUid,
} from '#dicom/attributes/read-references.ts';
import { isImageClass } from '#intake/instance-record.ts';

/** What an Instance Availability Notification says of a study (PS3.4 annex R). */
export interface Availability {
  readonly studyInstanceUid: string;
  /** Images that can be had now or soon. */
  readonly availableImages: readonly string[];
}

const STUDY_INSTANCE_UID = 0x0020000d;
const SERIES_INSTANCE_UID = 0x0020000e;
const REFERENCED_SERIES = 0x00081115;
const REFERENCED_SOPS = 0x00081199;
const INSTANCE_AVAILABILITY = 0x00080056;
const RETRIEVE_AE_TITLE = 0x00080054;

/** Instance Availability (PS3.3 C.4.23.1.1): what is on a shelf, or gone, is not on its way to us. */
const AVAILABILITIES: ReadonlyMap<string, boolean> = new Map([
  ['ONLINE', true],
  ['NEARLINE', true],
  ['OFFLINE', false],
  ['UNAVAILABLE', false],
]);

/**
 * The attributes of an N-CREATE (PS3.4 table R.3.2-1).
 * @throws RadTriageError DICOM_ATTRIBUTE_MISSING, DICOM_UID_INVALID, REQUEST_INVALID for an availability that is none,
 * and those of the data set's structure
 */
export function readAvailability(dataSet: Buffer, transferSyntaxUid: string): Availability {
  const parsed = parseHeader(dataSet, transferSyntaxUid);
  const studyInstanceUid = requireUid(parsed, STUDY_INSTANCE_UID, 'StudyInstanceUID');
  const images = someItems(parsed, REFERENCED_SERIES, 'ReferencedSeriesSequence').flatMap(
    (series) => {
      requireUid(series, SERIES_INSTANCE_UID, 'SeriesInstanceUID');
      return someItems(series, REFERENCED_SOPS, 'ReferencedSOPSequence').flatMap(readImage);
    },
  );
  return { studyInstanceUid, availableImages: [...new Set(images)] };
}

function readImage(item: DataSet): string[] {
  const { sopClassUid, sopInstanceUid } = readReference(item);
  if (readCode(item, RETRIEVE_AE_TITLE) === '') throw missingAttribute('RetrieveAETitle');
  const availability = readCode(item, INSTANCE_AVAILABILITY);
  if (availability === '') throw missingAttribute('InstanceAvailability');
  const isComing = AVAILABILITIES.get(availability);
  if (isComing === undefined) {
    throw new RadTriageError('REQUEST_INVALID', 'InstanceAvailability has no such value');
  }
  return isComing && isImageClass(sopClassUid) ? [sopInstanceUid] : [];
}

/** Sequences of type 1 have an item at least. */
function someItems(dataSet: DataSet, tag: number, keyword: string): readonly DataSet[] {
  const items = itemsOf(dataSet, tag);
  if (items.length === 0) throw missingAttribute(keyword);
  return items;
}
