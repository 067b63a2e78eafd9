import type { NewElement } from '../attributes/encode-data-set.ts';
import { toElements } from '../attributes/keywords.ts';
import { codeItem, SOURCE_IMAGE } from './codes.ts';
import type { InstanceReference, SourceImage } from './types.ts';

/** One image or one of its frames. @param frame from 1; left out for an image that has but one */
export function imageReference(image: SourceImage, frame?: number): NewElement[] {
  return toElements({
    ReferencedSOPClassUID: image.sopClassUid,
    ReferencedSOPInstanceUID: image.sopInstanceUid,
    ReferencedFrameNumber: image.numberOfFrames > 1 ? frame : undefined,
  });
}

/** An object as a whole. */
export function objectReference(object: {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}): NewElement[] {
  return toElements({
    ReferencedSOPClassUID: object.sopClassUid,
    ReferencedSOPInstanceUID: object.sopInstanceUid,
  });
}

/** An item of SourceImageSequence: what the pixels of a new image were made of. */
export function sourceImageItem(image: SourceImage, frame: number): NewElement[] {
  return [
    ...imageReference(image, frame),
    ...toElements({ PurposeOfReferenceCodeSequence: [codeItem(SOURCE_IMAGE)] }),
  ];
}

/** Instances by study, series and instance, as evidence sequences name them (PS3.3 table C.17-3). */
export function evidence(instances: readonly InstanceReference[]): NewElement[][] {
  const studies = Map.groupBy(instances, (each) => each.studyInstanceUid);
  return [...studies].map(([studyInstanceUid, inStudy]) =>
    toElements({
      StudyInstanceUID: studyInstanceUid,
      ReferencedSeriesSequence: seriesItems(inStudy, 'ReferencedSOPSequence'),
    }),
  );
}

/** Instances by series, named by one or the other sequence (PS3.3 tables C.12-1 and C.11.11-1). */
export function seriesItems(
  instances: readonly InstanceReference[],
  sequence: 'ReferencedSOPSequence' | 'ReferencedImageSequence',
): NewElement[][] {
  const series = Map.groupBy(instances, (each) => each.seriesInstanceUid);
  return [...series].map(([seriesInstanceUid, inSeries]) => {
    const unique = new Map(inSeries.map((each) => [each.sopInstanceUid, each]));
    const items = [...unique.values()].map(objectReference);
    return toElements({ SeriesInstanceUID: seriesInstanceUid, [sequence]: items });
  });
}
