import type { NewElement } from '../attributes/encode-data-set.ts';
import { toElements } from '../attributes/keywords.ts';
import { OWN_MODEL_NAME } from '../attributes/read-attributes.ts';
import type { Canvas } from '../images/canvas.ts';
import { renderResultPicture } from '../images/result-picture.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { assembleObject, RESULT_SOP_CLASSES } from './assemble-object.ts';
import { bodyPart, commonElements, lossyCompression, requestAttributes } from './common-modules.ts';
import type { ElementCopier } from './copy-elements.ts';
import { sourceImageItem } from './references.ts';
import { boxedRegions, refuseInTriageOnly, standingFindings } from './source-images.ts';
import type {
  AiResult,
  Algorithm,
  BuiltObject,
  DocumentIdentity,
  Finding,
  Heatmap,
  SourceImage,
} from './types.ts';

/** Of the image within the picture, pixels; larger radiographs are scaled down, smaller images up. */
export const LONGEST_SIDE = 1024;

export interface SecondaryCaptureInput {
  readonly result: AiResult;
  readonly image: SourceImage;
  /** From 1; the one that was decoded. */
  readonly frame: number;
  readonly decoded: DecodedFrame;
  readonly identity: DocumentIdentity;
}

/**
 * One frame as a true-colour picture with boxes, heatmap, model and scores burned in, for viewers that show nothing
 * else. Its pixels are square and scaled: it has no spacing, and nothing can be measured on it.
 * @throws RadTriageError LOCATION_WITHHELD in triage-only mode; REQUEST_INVALID for a frame that the image has not;
 *   PIXELS_UNDECODABLE for a palette that is broken
 */
export async function buildSecondaryCapture(input: SecondaryCaptureInput): Promise<BuiltObject> {
  refuseInTriageOnly(input.result);
  const shown = selectShown(input);
  const picture = await drawPicture(input, shown);
  const object = {
    sopClassUid: RESULT_SOP_CLASSES.secondaryCapture,
    sopInstanceUid: input.identity.sopInstanceUid,
    source: input.image.header,
  };
  return assembleObject(object, (copier) => captureElements(input, { shown, picture }, copier));
}

interface Shown {
  readonly findings: readonly Finding[];
  readonly heatmap: Heatmap | undefined;
  readonly algorithms: readonly Algorithm[];
}

/** What of the result lies on this frame; of several heatmaps the one with the highest peak. */
function selectShown({ result, image, frame }: SecondaryCaptureInput): Shown {
  const isHere = (place: { sopInstanceUid: string; frame: number }) =>
    place.sopInstanceUid === image.sopInstanceUid && place.frame === frame;
  const findings = standingFindings(result.findings).filter(({ regions }) => regions.some(isHere));
  const peaks = result.heatmaps
    .filter(isHere)
    .map((heatmap) => ({ heatmap, peak: peakOf(heatmap) }));
  const heatmap = peaks.toSorted((a, b) => b.peak - a.peak)[0]?.heatmap;
  const used = new Set([...findings.map(({ algorithm }) => algorithm), heatmap?.algorithm]);
  return {
    findings,
    heatmap,
    algorithms: result.algorithms.filter((_, index) => used.has(index)),
  };
}

function peakOf({ values }: Heatmap): number {
  return values.reduce((peak, value) => Math.max(peak, value), 0);
}

function drawPicture(
  { image, frame, decoded }: SecondaryCaptureInput,
  { findings, heatmap, algorithms }: Shown,
): Promise<Canvas> {
  const byUid = new Map([[image.sopInstanceUid, image]]);
  const boxes = findings.flatMap((finding) => {
    const here = finding.regions.filter(
      (region) => region.sopInstanceUid === image.sopInstanceUid && region.frame === frame,
    );
    return boxedRegions(here, byUid).map(({ box }) => ({
      box: [box.x, box.y, box.width, box.height] as const,
      label: captionOf(finding),
    }));
  });
  return renderResultPicture(decoded, {
    maxSize: LONGEST_SIDE,
    boxes,
    heatmap:
      heatmap === undefined
        ? undefined
        : { ...heatmap, rows: heatmap.height, columns: heatmap.width },
    ...(heatmap === undefined ? {} : { unit: `${heatmap.label}: ${heatmap.unit}` }),
    legend: [
      ...algorithms.map(({ title, id, version }) => `AI result of ${title} (${id} ${version})`),
      ...findings.map(describe),
    ],
  });
}

function captionOf({ label, score }: Finding): string {
  return score === null ? label : `${label} ${score.toFixed(2)}`;
}

const VERDICT_WORDS = {
  confirm: 'accepted by the reader',
  amend: 'amended by the reader',
  add: 'added by the reader',
  reject: 'rejected by the reader',
} as const;

function describe(finding: Finding): string {
  const verdict = finding.verdict === undefined ? 'not reviewed' : VERDICT_WORDS[finding.verdict];
  return `${captionOf(finding)}, ${verdict}`;
}

function captureElements(
  { image, frame, identity, decoded }: SecondaryCaptureInput,
  { shown, picture }: { shown: Shown; picture: Canvas },
  copier: ElementCopier,
): NewElement[] {
  const { device } = identity;
  return [
    ...commonElements(
      {
        sopClassUid: RESULT_SOP_CLASSES.secondaryCapture,
        modality: 'OT',
        seriesDescription: 'AI picture, not for diagnosis (RadTriage)',
        source: image,
        identity,
        algorithms: shown.algorithms,
      },
      copier,
    ),
    ...requestAttributes(copier),
    ...bodyPart(image, copier),
    ...lossyCompression(copier),
    ...patientOrientation(copier),
    ...toElements({
      ImageType: ['DERIVED', 'SECONDARY'],
      ConversionType: 'WSD',
      SecondaryCaptureDeviceManufacturer: 'RadTriage',
      SecondaryCaptureDeviceManufacturerModelName: OWN_MODEL_NAME,
      SecondaryCaptureDeviceSoftwareVersions: device.softwareVersion,
      DerivationDescription: `Boxes, heatmap and text burned in; ${decoded.columns} x ${decoded.rows} pixels scaled to at most ${LONGEST_SIDE} a side; not for diagnosis`,
      SourceImageSequence: [sourceImageItem(image, frame)],
      BurnedInAnnotation: 'YES',
      SamplesPerPixel: 3,
      PhotometricInterpretation: 'RGB',
      PlanarConfiguration: 0,
      Rows: picture.height,
      Columns: picture.width,
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
      PixelData: picture.rgb,
    }),
  ];
}

const PATIENT_ORIENTATION = 0x00200020;

/** Neither turned nor mirrored: the rows and columns run as those of the image. */
function patientOrientation(copier: ElementCopier): NewElement[] {
  const copied = copier.copy([PATIENT_ORIENTATION]);
  return copied.length > 0 ? copied : toElements({ PatientOrientation: '' });
}
