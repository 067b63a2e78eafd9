import { setImmediate } from 'node:timers/promises';
import { toRadTriageError } from '#core/errors.ts';
import type { ResultKind } from '#core/result-objects.ts';
import { buildKeyObjects, buildRejectionNote } from '#dicom/objects/build-key-objects.ts';
import { buildSecondaryCapture } from '#dicom/objects/build-secondary-capture.ts';
import { buildPresentationState } from '#dicom/objects/presentation/build-presentation-state.ts';
import { groupForPresentation } from '#dicom/objects/presentation/group-images.ts';
import { readSourceImage } from '#dicom/objects/read-source-image.ts';
import { buildReport } from '#dicom/objects/report/build-report.ts';
import { buildSegmentation } from '#dicom/objects/segmentation/build-segmentation.ts';
import { standingFindings } from '#dicom/objects/source-images.ts';
import type { AiResult, InstanceReference, SourceImage } from '#dicom/objects/types.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import type { PixelSource } from '#dicom/pixels/byte-source.ts';
import type { PixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import type { ImageRow } from './read-study.ts';
import type { MadeObject, ObjectsToBuild, ResultObjectRow } from './result-making.ts';

export interface BuildMeans {
  readonly decoder: Pick<PixelDecoder, 'decode'>;
  /** Where a blob lies on this machine. */
  pathOf(blobPath: string): string;
}

/** Pictures of one study at most: those of the findings with the highest scores. */
const MOST_PICTURES = 5;

/** An image with where its pixels are. */
interface Source {
  readonly image: SourceImage;
  readonly pixels: PixelSource;
}

/**
 * Builds every kind that is wanted and that there is something to say in. In triage-only mode that is the report alone:
 * all others show a place.
 * @throws RadTriageError as readSourceImage, the builders and the decoder do
 */
export async function buildObjects(
  order: ObjectsToBuild,
  means: BuildMeans,
): Promise<MadeObject[]> {
  const sources = await readSources(order.stored.images, means);
  const images = sources.map(({ image }) => image);
  const made = order.kinds.has('sr') ? [report(order, images)] : [];
  if (order.result.readingMode === 'assist') {
    made.push(...keyObjects(order, images), ...segmentations(order, images));
    made.push(...presentationStates(order, images), ...(await pictures(order, sources, means)));
  }
  return [...made, ...rejections(order, images)];
}

/** An image whose header cannot be read is left out: no model has seen it either. */
async function readSources(rows: readonly ImageRow[], { pathOf }: BuildMeans): Promise<Source[]> {
  const sources: Source[] = [];
  for (const { blobPath, dataSetOffset, transferSyntaxUid } of rows) {
    const pixels = { path: pathOf(blobPath), dataSetOffset, transferSyntaxUid };
    try {
      sources.push({ image: readSourceImage(pixels), pixels });
    } catch (thrown) {
      const error = toRadTriageError(thrown, 'DICOM_STRUCTURE');
      if (error.retryable) throw error;
    }
    await setImmediate();
  }
  return sources;
}

function report(order: ObjectsToBuild, images: readonly SourceImage[]): MadeObject {
  const { result, predecessor, stored } = order;
  const { studyInstanceUid } = stored.study;
  const predecessors =
    predecessor === undefined ? undefined : [referenceTo(predecessor, studyInstanceUid)];
  const identity = { ...order.identify('sr', 0), predecessors };
  const showsPlace = result.findings.some(({ regions }) => regions.length > 0);
  return { kind: 'sr', showsPlace, object: buildReport({ result, images, identity }) };
}

function referenceTo(row: ResultObjectRow, studyInstanceUid: string): InstanceReference {
  const { sopClassUid, sopInstanceUid, seriesInstanceUid } = row;
  return { sopClassUid, sopInstanceUid, seriesInstanceUid, studyInstanceUid };
}

function keyObjects(order: ObjectsToBuild, images: readonly SourceImage[]): MadeObject[] {
  if (!order.kinds.has('ko')) return [];
  const identity = order.identify('ko', 0);
  return placing('ko', buildKeyObjects({ result: order.result, images, identity }));
}

function placing(kind: ResultKind, object: MadeObject['object'] | undefined): MadeObject[] {
  return object === undefined ? [] : [{ kind, showsPlace: true, object }];
}

/** One for each series with a heatmap, and for each size of images in it. */
function segmentations(order: ObjectsToBuild, images: readonly SourceImage[]): MadeObject[] {
  if (!order.kinds.has('seg')) return [];
  const { result } = order;
  const mapped = new Set(result.heatmaps.map(({ sopInstanceUid }) => sopInstanceUid));
  const groups = Map.groupBy(
    images,
    ({ seriesInstanceUid, rows, columns }) => `${seriesInstanceUid} ${rows} ${columns}`,
  );
  const own = [...groups.values()].filter((group) =>
    group.some(({ sopInstanceUid }) => mapped.has(sopInstanceUid)),
  );
  return own.flatMap((group, index) => {
    const identity = order.identify('seg', index);
    const dimensionOrganizationUid = deriveUid([identity.sopInstanceUid, 'dimensions']);
    const object = buildSegmentation({ result, images: group, identity, dimensionOrganizationUid });
    return placing('seg', object);
  });
}

function presentationStates(order: ObjectsToBuild, images: readonly SourceImage[]): MadeObject[] {
  if (!order.kinds.has('gsps')) return [];
  const { result } = order;
  return groupForPresentation(result, images).flatMap((group, index) => {
    const identity = order.identify('gsps', index);
    return placing('gsps', buildPresentationState({ result, images: group, identity }));
  });
}

async function pictures(
  order: ObjectsToBuild,
  sources: readonly Source[],
  { decoder }: BuildMeans,
): Promise<MadeObject[]> {
  if (!order.kinds.has('sc')) return [];
  const made: MadeObject[] = [];
  for (const { sopInstanceUid, frame } of choosePictures(order.result)) {
    const source = sources.find(({ image }) => image.sopInstanceUid === sopInstanceUid);
    if (source === undefined) continue;
    const { image, pixels } = source;
    const decoded = await decoder.decode({ ...pixels, frame: frame - 1 });
    const identity = order.identify('sc', made.length);
    const object = await buildSecondaryCapture({
      ...{ result: order.result, image, frame, decoded, identity },
    });
    made.push({ kind: 'sc', showsPlace: true, object });
  }
  return made;
}

/**
 * The frames with findings that stand, the highest score first; those a reader drew go before all others. A model that
 * gives no boxes still has its heatmaps.
 */
function choosePictures({ findings, heatmaps }: AiResult) {
  const places = standingFindings(findings)
    .toSorted((a, b) => (b.score ?? Infinity) - (a.score ?? Infinity))
    .flatMap(({ regions }) => regions);
  const shown = places.length > 0 ? places : heatmaps;
  const unique = new Map(shown.map((each) => [`${each.sopInstanceUid} ${each.frame}`, each]));
  return [...unique.values()].slice(0, MOST_PICTURES);
}

function rejections(order: ObjectsToBuild, images: readonly SourceImage[]): MadeObject[] {
  const [source] = images;
  if (order.outdated.length === 0 || source === undefined) return [];
  const object = buildRejectionNote({
    outdated: order.outdated.map((row) => referenceTo(row, order.stored.study.studyInstanceUid)),
    source,
    identity: order.identify('rejection', 0),
    reason: 'superseded by a later result of this study',
  });
  return [{ kind: 'rejection', showsPlace: false, object }];
}
