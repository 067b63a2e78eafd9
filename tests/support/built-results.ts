import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultKind } from '#core/result-objects.ts';
import { buildKeyObjects, buildRejectionNote } from '#dicom/objects/build-key-objects.ts';
import { buildSecondaryCapture } from '#dicom/objects/build-secondary-capture.ts';
import { buildPresentationState } from '#dicom/objects/presentation/build-presentation-state.ts';
import { groupForPresentation } from '#dicom/objects/presentation/group-images.ts';
import { readSourceImage } from '#dicom/objects/read-source-image.ts';
import { buildReport } from '#dicom/objects/report/build-report.ts';
import { buildSegmentation } from '#dicom/objects/segmentation/build-segmentation.ts';
import type { AiResult, BuiltObject, SourceImage } from '#dicom/objects/types.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import type { PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { splitPart10 } from './data-set-bytes.ts';
import { sampleIdentity, sampleResult } from './sample-result.ts';

/** A study on disk with the images that a result speaks of. */
export interface SourceStudy {
  readonly name: string;
  readonly paths: readonly string[];
  readonly images: readonly SourceImage[];
  readonly files: readonly Buffer[];
}

export function writeSources(folder: string, name: string, files: readonly Buffer[]): SourceStudy {
  mkdirSync(folder, { recursive: true });
  const paths = files.map((file, index) => {
    const path = join(folder, `${name}-source-${index + 1}.dcm`);
    writeFileSync(path, file);
    return path;
  });
  const images = files.map((file) => {
    const { dataSet, transferSyntaxUid } = splitPart10(file);
    return readSourceImage({ bytes: dataSet, transferSyntaxUid });
  });
  return { name, paths, images, files };
}

/** Every kind of object of one result, by kind; those that it has no place for are missing. */
export async function buildAll(
  study: SourceStudy,
  decoder: PixelDecoder,
  changes: Partial<AiResult> = {},
): Promise<ReadonlyMap<ResultKind, BuiltObject>> {
  const { images, name } = study;
  const result = sampleResult(images, changes);
  const identity = (kind: ResultKind) => sampleIdentity(`${name} ${kind}`);
  const [first] = images;
  const [file] = study.files;
  if (first === undefined || file === undefined) throw new Error('a study without an image');
  const built = new Map<ResultKind, BuiltObject>();
  const keep = (kind: ResultKind, object: BuiltObject | undefined) => {
    if (object !== undefined) built.set(kind, object);
  };
  keep('sr', buildReport({ result, images, identity: identity('sr') }));
  keep(
    'seg',
    buildSegmentation({
      result,
      images,
      identity: identity('seg'),
      dimensionOrganizationUid: deriveUid([name, 'dimensions']),
    }),
  );
  const { dataSet, transferSyntaxUid } = splitPart10(file);
  const decoded = await decoder.decode({ bytes: dataSet, transferSyntaxUid });
  const capture = { result, image: first, frame: 1, decoded, identity: identity('sc') };
  keep('sc', await buildSecondaryCapture(capture));
  keep('ko', buildKeyObjects({ result, images, identity: identity('ko') }));
  const [group] = groupForPresentation(result, images);
  if (group !== undefined) {
    keep('gsps', buildPresentationState({ result, images: group, identity: identity('gsps') }));
  }
  const outdated = (['sc', 'seg'] as const).flatMap((kind) => {
    const object = built.get(kind);
    if (object === undefined) return [];
    const { seriesInstanceUid } = identity(kind);
    const { studyInstanceUid } = first;
    return [{ ...object, seriesInstanceUid, studyInstanceUid }];
  });
  const note = { outdated, source: first, identity: identity('rejection') };
  keep('rejection', buildRejectionNote({ ...note, reason: 'Superseded by result 2' }));
  return built;
}
