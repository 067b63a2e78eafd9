import { findDifferences, nameTag } from '#dicom/attributes/compare-data-sets.ts';
import { type DicomJson, headerToJson } from '#dicom/attributes/dicom-json.ts';
import { formatTag } from '#dicom/attributes/dictionary.ts';
import { readHeader } from '#dicom/pixels/source-header.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { QuarantinedContent } from './list-quarantine.ts';

/** One attribute in which two contents differ. The values are a patient's: for administrators alone. */
export interface AttributeDifference {
  readonly keyword: string;
  readonly kept: string | null;
  readonly arrived: string | null;
}

const MAX_ATTRIBUTES = 200;
const MAX_TEXT = 200;

function describeValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  // A name has groups (PS3.18 F.2.2), an item of a sequence has tags.
  const name = Object.entries(value).find(([group]) => group === 'Alphabetic')?.[1];
  return typeof name === 'string' ? name : '(item)';
}

function describe(json: DicomJson, tag: string): string | null {
  const element = json[tag];
  if (element === undefined) return null;
  const { Value: values, vr } = element;
  if (values === undefined || values.length === 0) {
    return 'InlineBinary' in element || 'BulkDataURI' in element ? '(binary)' : '';
  }
  if (vr === 'SQ') return `(${values.length} item${values.length === 1 ? '' : 's'})`;
  return values.map(describeValue).join('\\').slice(0, MAX_TEXT);
}

/**
 * The attributes of the top level in which two kept contents differ, with their values.
 * @throws RadTriageError STORAGE_FAILED, and what reading a header throws
 */
export function readDifferences(
  blobs: Pick<BlobStore, 'locate'>,
  kept: QuarantinedContent,
  arrived: QuarantinedContent,
): AttributeDifference[] {
  const [before, after] = [kept, arrived].map(({ blobPath, dataSetOffset, transferSyntaxUid }) =>
    readHeader({ path: blobs.locate(blobPath), dataSetOffset, transferSyntaxUid }),
  );
  if (before === undefined || after === undefined) return [];
  const one = headerToJson(before, {});
  const other = headerToJson(after, {});
  return findDifferences(before, after)
    .slice(0, MAX_ATTRIBUTES)
    .map((tag) => ({
      keyword: nameTag(tag),
      kept: describe(one, formatTag(tag)),
      arrived: describe(other, formatTag(tag)),
    }));
}
