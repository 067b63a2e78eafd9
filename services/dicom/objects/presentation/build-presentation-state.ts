import { RadTriageError } from '#core/errors.ts';
import type { NewElement } from '../../attributes/encode-data-set.ts';
import { decimalString, toElements } from '../../attributes/keywords.ts';
import { readImageAttributes } from '../../attributes/read-attributes.ts';
import { assembleObject, RESULT_SOP_CLASSES } from '../assemble-object.ts';
import { bodyPart, commonElements, requestAttributes } from '../common-modules.ts';
import type { ElementCopier } from '../copy-elements.ts';
import { localTime } from '../local-time.ts';
import { imageReference, seriesItems } from '../references.ts';
import { indexImages, refuseInTriageOnly, standingFindings } from '../source-images.ts';
import type { AiResult, BuiltObject, DocumentIdentity, SourceImage } from '../types.ts';
import { graphicAnnotations, graphicLayer } from './annotations.ts';
import { MODALITY_LUT_SEQUENCE, presentationKey } from './group-images.ts';

export interface PresentationStateInput {
  readonly result: AiResult;
  /** One group of groupForPresentation. */
  readonly images: readonly SourceImage[];
  readonly identity: DocumentIdentity;
}

/**
 * The boxes as a Grayscale Softcopy Presentation State (PS3.3 A.33.1). Images keep their orientation, window and
 * polarity: what a state does not repeat of an image, a viewer would not apply.
 * @throws RadTriageError LOCATION_WITHHELD in triage-only mode; REQUEST_INVALID for images that cannot share a state
 */
export function buildPresentationState(input: PresentationStateInput): BuiltObject {
  const { result, images, identity } = input;
  refuseInTriageOnly(result);
  const { first } = indexImages(images);
  if (new Set(images.map(presentationKey)).size > 1) {
    throw new RadTriageError('REQUEST_INVALID', 'these images cannot share a presentation state');
  }
  const object = {
    sopClassUid: RESULT_SOP_CLASSES.grayscalePresentationState,
    sopInstanceUid: identity.sopInstanceUid,
    source: first.header,
  };
  return assembleObject(object, (copier) => stateElements(input, copier));
}

function stateElements(
  { result, images, identity }: PresentationStateInput,
  copier: ElementCopier,
): NewElement[] {
  const { first } = indexImages(images);
  const created = localTime(identity.contentAt, first.header, identity.utcOffsetMinutes);
  const findings = standingFindings(result.findings);
  const used = new Set(findings.map(({ algorithm }) => algorithm));
  return [
    ...commonElements(
      {
        sopClassUid: RESULT_SOP_CLASSES.grayscalePresentationState,
        modality: 'PR',
        seriesDescription: 'AI boxes (RadTriage)',
        source: first,
        identity,
        algorithms: result.algorithms.filter((_, index) => used.has(index)),
        isPresentationState: true,
      },
      copier,
    ),
    ...requestAttributes(copier),
    ...bodyPart(first, copier),
    ...modalityTransformation(first, copier),
    ...toElements({
      ContentLabel: 'AI_BOXES',
      ContentDescription: 'Boxes of AI findings; not for diagnosis',
      PresentationCreationDate: created.date,
      PresentationCreationTime: created.time,
      ContentCreatorName: '',
      ReferencedSeriesSequence: seriesItems(images, 'ReferencedImageSequence'),
      DisplayedAreaSelectionSequence: images.map(displayedArea),
      GraphicAnnotationSequence: graphicAnnotations(findings, images),
      GraphicLayerSequence: [graphicLayer()],
      SoftcopyVOILUTSequence: softcopyWindows(images, copier),
      PresentationLUTShape: isInverted(first) ? 'INVERSE' : 'IDENTITY',
    }),
  ];
}

/** In a state the photometric interpretation does not count: MONOCHROME1 is said by INVERSE (PS3.3 C.11.6.1). */
function isInverted(image: SourceImage): boolean {
  return readImageAttributes(image.header, 0).photometricInterpretation === 'MONOCHROME1';
}

function modalityTransformation(image: SourceImage, copier: ElementCopier): NewElement[] {
  const table = copier.copy([MODALITY_LUT_SEQUENCE]);
  if (table.length > 0) return table;
  const attributes = readImageAttributes(image.header, 0);
  const { rescaleSlope, rescaleIntercept, rescaleType } = attributes;
  if (rescaleSlope === undefined || rescaleIntercept === undefined) return [];
  return toElements({
    RescaleIntercept: decimalString(rescaleIntercept),
    RescaleSlope: decimalString(rescaleSlope),
    RescaleType: rescaleType ?? 'US',
  });
}

/** The whole image, as large as it fits; neither turned nor mirrored. */
function displayedArea(image: SourceImage): NewElement[] {
  const { pixelSpacing, imagerPixelSpacing } = readImageAttributes(image.header, 0);
  const stated = pixelSpacing ?? imagerPixelSpacing;
  // Some devices write zero for what they do not know.
  const spacing = stated?.every((millimetres) => millimetres > 0) === true ? stated : undefined;
  return toElements({
    ReferencedImageSequence: [imageReference(image)],
    DisplayedAreaTopLeftHandCorner: [1, 1],
    DisplayedAreaBottomRightHandCorner: [image.columns, image.rows],
    PresentationSizeMode: 'SCALE TO FIT',
    PresentationPixelSpacing: spacing?.map(decimalString),
    PresentationPixelAspectRatio: spacing === undefined ? [1, 1] : undefined,
  });
}

const VOI_LUT_SEQUENCE = 0x00283010;

/** The first window, or the tables, of each image; of images without any the whole range is shown, as without a state. */
function softcopyWindows(
  images: readonly SourceImage[],
  copier: ElementCopier,
): NewElement[][] | undefined {
  const items = images.flatMap((image): NewElement[][] => {
    const references = toElements({ ReferencedImageSequence: [imageReference(image)] });
    const { windowCenter, windowWidth, voiLutFunction } = readImageAttributes(image.header, 0);
    const [center, width] = [windowCenter?.[0], windowWidth?.[0]];
    if (center !== undefined && width !== undefined) {
      const window = toElements({
        WindowCenter: decimalString(center),
        WindowWidth: decimalString(width),
        VOILUTFunction: voiLutFunction,
      });
      return [[...references, ...window]];
    }
    const tables = copier.copyFrom(image.header, [VOI_LUT_SEQUENCE]);
    return tables.length === 0 ? [] : [[...references, ...tables]];
  });
  return items.length === 0 ? undefined : items;
}
