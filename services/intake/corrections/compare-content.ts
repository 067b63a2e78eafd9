import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { toRadTriageError } from '#core/errors.ts';
import type { DicomAttributes } from '#dicom/attributes/attribute-schema.ts';
import { findDifferences, nameTag } from '#dicom/attributes/compare-data-sets.ts';
import { collectAttributes } from '#dicom/attributes/read-attributes.ts';
import type { PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { readHeader } from '#dicom/pixels/source-header.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import { kindOf } from '../instance-record.ts';
import { type ComparisonLimits, comparePixels, type KeptObject } from './compare-pixels.ts';
import { judgeVersion, type VersionVerdict } from './judge-version.ts';

/** Where an object lies in the image store. */
export interface ContentPlace {
  readonly blobPath: string;
  readonly dataSetOffset: number;
  readonly fileBytes: number;
  readonly transferSyntaxUid: string;
}

export interface Comparison {
  readonly verdict: VersionVerdict;
  readonly differences: readonly string[];
  /** What the version that was kept before says of itself; undefined when its header cannot be read. */
  readonly keptAttributes: DicomAttributes | undefined;
}

export interface ContentComparer {
  readonly blobs: Pick<BlobStore, 'locate'>;
  readonly decoder: PixelDecoder;
  readonly limits?: ComparisonLimits | undefined;
}

/** Attributes that say who and which order: a new character set may spell them otherwise. */
const IDENTITY_FIELDS: readonly (keyof DicomAttributes)[] = [
  'transferSyntaxUid',
  'specificCharacterSet',
  'patientId',
  'issuerOfPatientId',
  'patientName',
  'accessionNumber',
  'studyId',
  'referringPhysicianName',
  'institutionName',
  'requestedProcedureId',
  'scheduledProcedureStepId',
  'requestedProcedureDescription',
  'photometricInterpretation',
  'planarConfiguration',
  'problems',
];

function meaningOf(attributes: DicomAttributes): Partial<DicomAttributes> {
  const meaning: Partial<DicomAttributes> = { ...attributes };
  for (const field of IDENTITY_FIELDS) delete meaning[field];
  return meaning;
}

function openObject({ blobs }: ContentComparer, place: ContentPlace): KeptObject {
  const { dataSetOffset, transferSyntaxUid, fileBytes, blobPath } = place;
  const source = { path: blobs.locate(blobPath), dataSetOffset, transferSyntaxUid };
  return { source, fileBytes, header: readHeader(source) };
}

/**
 * What a content that came under a known SOP Instance UID is to the one that is kept. Nothing is hashed and no
 * transaction is held meanwhile.
 * @throws RadTriageError STORAGE_FAILED, NOT_FOUND: a file cannot be read now
 */
export async function compareContent(
  comparer: ContentComparer,
  kept: ContentPlace,
  newer: ContentPlace,
): Promise<Comparison> {
  await setImmediate();
  try {
    const before = openObject(comparer, kept);
    const after = openObject(comparer, newer);
    const keptAttributes = collectAttributes(before.header, kept.transferSyntaxUid);
    const attributes = collectAttributes(after.header, newer.transferSyntaxUid);
    const differences = [...new Set(findDifferences(before.header, after.header).map(nameTag))];
    const pixels = await comparePixels(before, after, comparer);
    const verdict = judgeVersion({
      pixels,
      differences,
      sameMeaning: isDeepStrictEqual(meaningOf(keptAttributes), meaningOf(attributes)),
      sameKind: kindOf(keptAttributes) === kindOf(attributes),
    });
    const shown = pixels === 'changed' ? ['PixelData', ...differences] : differences;
    return { verdict, differences: shown, keptAttributes };
  } catch (thrown) {
    const problem = toRadTriageError(thrown);
    // What was kept before and is gone or cannot be parsed now is no reason to lose the newer.
    const isGone = !existsSync(comparer.blobs.locate(kept.blobPath));
    if (!isGone && (problem.retryable || problem.code === 'INTERNAL')) throw problem;
    const verdict = { verdict: 'quarantine', reason: 'pixels-not-compared' } as const;
    return { verdict, differences: [], keptAttributes: undefined };
  }
}
