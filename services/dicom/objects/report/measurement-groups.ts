import { NO_UNITS } from '../codes.ts';
import { boxedRegions, closedRectangle, imageOf, type SourceImages } from '../source-images.ts';
import type { AiResult, Algorithm, Finding, FindingRegion, LabelScore } from '../types.ts';
import * as concept from './concepts.ts';
import type { ContentItem } from './content-item.ts';
import { algorithmIdentification, code, personObserver, text } from './context.ts';

interface Context {
  readonly result: AiResult;
  readonly images: SourceImages;
}

/** Scores of the study first, then one group a finding; in triage-only mode findings have no group of their own. */
export function measurementGroups(context: Context): ContentItem[] {
  const { algorithms, findings, readingMode } = context.result;
  const scores = algorithms.flatMap((algorithm) =>
    algorithm.labels.map((label) => scoreGroup(algorithm, label)),
  );
  // A reader's word on a finding is no place: it goes along, without the region.
  const told =
    readingMode === 'assist' ? findings : findings.filter(({ verdict }) => verdict !== undefined);
  return [...scores, ...told.map((finding) => findingGroup(finding, context))];
}

/** TID 1501 without a region: what one model said of the whole study for one label. */
function scoreGroup(algorithm: Algorithm, label: LabelScore): ContentItem {
  return group('1501', [
    ...tracking(`${algorithm.id} ${algorithm.version} ${label.id}`, label.trackingUid),
    ...algorithmIdentification(algorithm, label.threshold),
    code('CONTAINS', concept.FINDING, label.code),
    code('CONTAINS', concept.FLAG, label.flagged ? concept.FLAGGED : concept.NOT_FLAGGED),
    number(concept.MODEL_SCORE, label.score),
    number(concept.OPERATING_THRESHOLD, label.threshold),
  ]);
}

/** TID 1410 on one frame, TID 1411 on several slices, TID 1501 where no region is drawn. */
function findingGroup(finding: Finding, context: Context): ContentItem {
  const { result } = context;
  const regions = regionsShown(finding, context);
  const algorithm = finding.algorithm === null ? undefined : result.algorithms[finding.algorithm];
  const reader = result.review?.readerName;
  const isReaders = finding.verdict === 'add' && reader !== undefined;
  return group(templateOf(regions), [
    ...tracking(finding.trackingId, finding.trackingUid),
    ...(isReaders ? personObserver(reader) : []),
    ...(algorithm === undefined
      ? []
      : algorithmIdentification(algorithm, thresholdOf(finding, algorithm))),
    code('CONTAINS', concept.FINDING, finding.code),
    ...(finding.bodySite === undefined
      ? []
      : [code('HAS CONCEPT MOD', concept.FINDING_SITE, finding.bodySite)]),
    ...regions,
    ...(finding.score === null ? [] : [number(concept.MODEL_SCORE, finding.score)]),
    ...verdictItems(finding, context),
  ]);
}

/** The operating point of the label that the finding was made for, where it is still the model's. */
function thresholdOf(finding: Finding, algorithm: Algorithm): number | undefined {
  const given = finding.original?.code ?? finding.code;
  return algorithm.labels.find((label) => label.code.value === given.value)?.threshold;
}

function templateOf(regions: readonly ContentItem[]): string {
  const drawn = regions.filter(({ type }) => type === 'SCOORD').length;
  if (drawn === 0) return '1501';
  return drawn === 1 ? '1410' : '1411';
}

/** Nothing is drawn of a rejected finding: viewers would show it as one. Its place stands in the predecessor. */
function regionsShown(finding: Finding, { result, images }: Context): ContentItem[] {
  if (result.readingMode === 'triage-only' || finding.verdict === 'reject') return [];
  const drawn = drawRegions(finding.regions, images, concept.IMAGE_REGION, 'CONTAINS');
  if (drawn.length > 0) return drawn;
  return finding.regions.map((region) => ({
    type: 'IMAGE',
    relationship: 'CONTAINS',
    concept: concept.SOURCE_OF_MEASUREMENT,
    image: imageOf(images, region),
    frame: region.frame,
  }));
}

function drawRegions(
  regions: readonly FindingRegion[],
  images: SourceImages,
  name: typeof concept.IMAGE_REGION,
  relationship: 'CONTAINS' | 'HAS PROPERTIES',
): ContentItem[] {
  return boxedRegions(regions, images).map(({ image, frame, box }) => ({
    type: 'SCOORD',
    relationship,
    concept: name,
    points: closedRectangle(box),
    children: [{ type: 'IMAGE', relationship: 'SELECTED FROM', image, frame }],
  }));
}

/** Who judged the finding how, and, where it was amended, what the model had said. */
function verdictItems(finding: Finding, { result, images }: Context): ContentItem[] {
  if (finding.verdict === undefined) return [];
  const reader = result.review?.readerName;
  const verdict: ContentItem = {
    ...code('CONTAINS', concept.VERDICT, concept.VERDICTS[finding.verdict]),
    children: [
      ...(reader === undefined ? [] : personObserver(reader)),
      ...(finding.rejectReason === undefined
        ? []
        : [text('HAS PROPERTIES', concept.REASON, finding.rejectReason)]),
    ],
  };
  const { original } = finding;
  if (original === undefined) return [verdict];
  const isShown = result.readingMode === 'assist';
  return [
    verdict,
    {
      ...code('CONTAINS', concept.ORIGINAL_FINDING, original.code),
      children: isShown
        ? drawRegions(original.regions, images, concept.ORIGINAL_REGION, 'HAS PROPERTIES')
        : [],
    },
  ];
}

function group(template: string, children: readonly ContentItem[]): ContentItem {
  return {
    type: 'CONTAINER',
    relationship: 'CONTAINS',
    concept: concept.MEASUREMENT_GROUP,
    template,
    children,
  };
}

function tracking(identifier: string, uid: string): ContentItem[] {
  return [
    text('HAS OBS CONTEXT', concept.TRACKING_IDENTIFIER, identifier),
    { type: 'UIDREF', relationship: 'HAS OBS CONTEXT', concept: concept.TRACKING_UID, uid },
  ];
}

function number(name: typeof concept.MODEL_SCORE, value: number): ContentItem {
  return { type: 'NUM', relationship: 'CONTAINS', concept: name, number: value, unit: NO_UNITS };
}
