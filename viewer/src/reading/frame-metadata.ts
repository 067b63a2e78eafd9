import type { DicomJson } from './image-facts.ts';

const NUMBER_OF_FRAMES = '00280008';
const SHARED_GROUPS = '52009229';
const FRAME_GROUPS = '52009230';
/** Functional groups that hold what an image of one frame says itself (PS3.3 C.7.6.16.2). */
const GROUPS = [
  '00289110', // PixelMeasuresSequence
  '00209113', // PlanePositionSequence
  '00209116', // PlaneOrientationSequence
  '00209071', // FrameAnatomySequence
  '00209450', // PatientOrientationInFrameSequence
  '00289145', // PixelValueTransformationSequence
  '00289132', // FrameVOILUTSequence
  '00289443', // FramePixelDataPropertiesSequence
] as const;

function isItem(value: unknown): value is DicomJson {
  return typeof value === 'object' && value !== null;
}

/** An item of a sequence, from 0; null where there is none. */
function itemOf(dataSet: DicomJson, tag: string, place: number): DicomJson | null {
  const items: unknown = dataSet[tag]?.Value;
  const item: unknown = Array.isArray(items) ? items[place] : undefined;
  return isItem(item) ? item : null;
}

function attributesIn(groups: DicomJson | null): DicomJson {
  if (groups === null) return {};
  return Object.assign({}, ...GROUPS.map((group) => itemOf(groups, group, 0) ?? {}));
}

/**
 * One frame of an enhanced multi-frame image as an image of its own: with the place, window and rescaling that stand in
 * its functional groups, or in those of all frames. An image without such groups is given as it is.
 * @param frame from 1
 */
export function frameMetadata(instance: DicomJson, frame: number): DicomJson {
  const shared = itemOf(instance, SHARED_GROUPS, 0);
  const own = itemOf(instance, FRAME_GROUPS, frame - 1);
  if (shared === null && own === null) return instance;
  const { [NUMBER_OF_FRAMES]: _, [SHARED_GROUPS]: __, [FRAME_GROUPS]: ___, ...rest } = instance;
  return { ...rest, ...attributesIn(shared), ...attributesIn(own) };
}
