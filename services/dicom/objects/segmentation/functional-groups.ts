import type { NewElement } from '../../attributes/encode-data-set.ts';
import { decimalString, toElements } from '../../attributes/keywords.ts';
import { codeItem, dcm } from '../codes.ts';
import { type PlaneGeometry, planeGeometry } from '../pixel-geometry.ts';
import { sourceImageItem } from '../references.ts';
import type { Heatmap, SourceImage } from '../types.ts';

/** One frame of a segmentation. */
export interface SegmentFrame {
  readonly heatmap: Heatmap;
  readonly image: SourceImage;
  /** Of the source image, from 1. */
  readonly frame: number;
  /** A byte a pixel, 0 or 1. */
  readonly mask: Uint8Array;
  /** From 1. */
  readonly segment: number;
}

const SEGMENTATION = dcm('113076', 'Segmentation');
const SEGMENT_IDENTIFICATION_SEQUENCE = 0x0062000a;
const REFERENCED_SEGMENT_NUMBER = 0x0062000b;
const FRAME_CONTENT_SEQUENCE = 0x00209111;
const IN_STACK_POSITION_NUMBER = 0x00209057;

/**
 * Whether the planes of all frames are known. A frame without its place could not be told from one with: all frames have
 * a plane, or none has.
 */
export function isPlacedInPatient(frames: readonly SegmentFrame[]): boolean {
  return frames.every(({ image, frame }) => planeGeometry(image, frame) !== undefined);
}

/**
 * Dimensions and functional groups of all frames (PS3.3 C.7.6.16, C.7.6.17): by segment, then by place in the series.
 */
export function functionalGroups(
  frames: readonly SegmentFrame[],
  dimensionOrganizationUid: string,
): NewElement[] {
  const places = [...new Set(frames.map(({ image, frame }) => `${image.sopInstanceUid} ${frame}`))];
  const geometries = isPlacedInPatient(frames)
    ? frames.map(({ image, frame }) => planeGeometry(image, frame))
    : [];
  // Planes of one series may differ, in a localizer say: then each frame has its own measures and orientation.
  const measured = geometries.map((geometry) =>
    geometry === undefined ? [] : planeGroups(geometry),
  );
  const [first] = measured;
  const isOneStack = new Set(measured.map((groups) => JSON.stringify(groups))).size <= 1;
  const organization = { DimensionOrganizationUID: dimensionOrganizationUid };
  return toElements({
    DimensionOrganizationSequence: [toElements(organization)],
    DimensionIndexSequence: [
      toElements({
        ...organization,
        DimensionIndexPointer: REFERENCED_SEGMENT_NUMBER,
        FunctionalGroupPointer: SEGMENT_IDENTIFICATION_SEQUENCE,
        DimensionDescriptionLabel: 'Segment',
      }),
      toElements({
        ...organization,
        DimensionIndexPointer: IN_STACK_POSITION_NUMBER,
        FunctionalGroupPointer: FRAME_CONTENT_SEQUENCE,
        DimensionDescriptionLabel: 'Image',
      }),
    ],
    SharedFunctionalGroupsSequence: [isOneStack && first !== undefined ? first : []],
    PerFrameFunctionalGroupsSequence: frames.map((each, index) => {
      const place = places.indexOf(`${each.image.sopInstanceUid} ${each.frame}`) + 1;
      return [
        ...perFrameGroups(each, { place, geometry: geometries[index] }),
        ...(isOneStack ? [] : (measured[index] ?? [])),
      ];
    }),
  });
}

/** Pixel measures and plane orientation. */
function planeGroups(geometry: PlaneGeometry): NewElement[] {
  const { pixelSpacing, sliceThickness, spacingBetweenSlices } = geometry;
  return toElements({
    PixelMeasuresSequence: [
      toElements({
        SliceThickness: decimalString(sliceThickness),
        SpacingBetweenSlices:
          spacingBetweenSlices === undefined ? undefined : decimalString(spacingBetweenSlices),
        PixelSpacing: pixelSpacing.map(decimalString),
      }),
    ],
    PlaneOrientationSequence: [
      toElements({
        ImageOrientationPatient: geometry.imageOrientationPatient.map(decimalString),
      }),
    ],
  });
}

function perFrameGroups(
  { image, frame, segment }: SegmentFrame,
  { place, geometry }: { place: number; geometry: PlaneGeometry | undefined },
): NewElement[] {
  return toElements({
    FrameContentSequence: [
      toElements({
        StackID: '1',
        InStackPositionNumber: place,
        DimensionIndexValues: [segment, place],
      }),
    ],
    PlanePositionSequence:
      geometry === undefined
        ? undefined
        : [toElements({ ImagePositionPatient: geometry.imagePositionPatient.map(decimalString) })],
    DerivationImageSequence: [
      toElements({
        DerivationCodeSequence: [codeItem(SEGMENTATION)],
        SourceImageSequence: [
          [...sourceImageItem(image, frame), ...toElements({ SpatialLocationsPreserved: 'YES' })],
        ],
      }),
    ],
    SegmentIdentificationSequence: [toElements({ ReferencedSegmentNumber: segment })],
  });
}
