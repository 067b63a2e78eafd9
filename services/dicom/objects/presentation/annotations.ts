import type { NewElement } from '../../attributes/encode-data-set.ts';
import { toElements } from '../../attributes/keywords.ts';
import { imageReference } from '../references.ts';
import { boxedRegions, closedRectangle } from '../source-images.ts';
import type { BoundingBox, Finding, SourceImage } from '../types.ts';

const LAYER = 'AI FINDINGS';
/** Yellow: L 86, a -2, b 82 of CIELab as 16-bit numbers (PS3.3 C.10.7.1.1). */
const LAYER_COLOR = [56360, 32382, 53970];

export function graphicLayer(): NewElement[] {
  return toElements({
    GraphicLayer: LAYER,
    GraphicLayerOrder: 1,
    GraphicLayerRecommendedDisplayCIELabValue: LAYER_COLOR,
    GraphicLayerDescription: 'Boxes of AI findings',
  });
}

/** One item a frame with a box (PS3.3 C.10.5). */
export function graphicAnnotations(
  findings: readonly Finding[],
  images: readonly SourceImage[],
): NewElement[][] {
  const byUid = new Map(images.map((image) => [image.sopInstanceUid, image]));
  const marks = findings.flatMap((finding) => {
    const here = finding.regions.filter(({ sopInstanceUid }) => byUid.has(sopInstanceUid));
    return boxedRegions(here, byUid).map((region) => ({ ...region, caption: captionOf(finding) }));
  });
  const frames = Map.groupBy(marks, ({ image, frame }) => `${image.sopInstanceUid} ${frame}`);
  return [...frames.values()].map((onFrame) =>
    toElements({
      ReferencedImageSequence: onFrame
        .slice(0, 1)
        .map(({ image, frame }) => imageReference(image, frame)),
      GraphicLayer: LAYER,
      GraphicObjectSequence: onFrame.map(({ box }) => outline(box)),
      TextObjectSequence: onFrame.map(({ box, caption }) => textAt(box, caption)),
    }),
  );
}

/** PIXEL units: 0\0 is the upper left corner of the first pixel (PS3.3 C.10.5.1.2). */
function outline(box: BoundingBox): NewElement[] {
  const points = closedRectangle(box);
  return toElements({
    GraphicAnnotationUnits: 'PIXEL',
    GraphicDimensions: 2,
    NumberOfGraphicPoints: points.length / 2,
    GraphicData: points,
    GraphicType: 'POLYLINE',
    GraphicFilled: 'N',
  });
}

/** Anchored at the upper left corner of the box: a viewer chooses the size of its letters. */
function textAt({ x, y }: BoundingBox, caption: string): NewElement[] {
  return toElements({
    AnchorPointAnnotationUnits: 'PIXEL',
    UnformattedTextValue: caption,
    AnchorPoint: [x, y],
    AnchorPointVisibility: 'N',
  });
}

function captionOf({ label, score }: Finding): string {
  return score === null ? label : `${label} ${score.toFixed(2)}`;
}
