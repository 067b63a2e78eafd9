import type { Box } from '#core/finding.ts';
import { quantile } from '#core/statistics/bootstrap.ts';
import { rate } from '#core/statistics/confusion.ts';
import { frocAtRates, frocCurve, type MarkedImage } from '#core/statistics/froc.ts';
import { HIT_RULE } from '../find-marks.ts';
import { defaultPoint } from '../model-description.ts';
import type { LocalisationFigures, RateFigure } from '../report-schema.ts';
import type { Mark } from '../score-record.ts';
import { countDrawn } from './drawn-boxes.ts';
import { fixedPointHits } from './fixed-point.ts';
import type { LabelData } from './label-data.ts';
import { type FigureSettings, thin } from './ranking.ts';

/** An analysed image whose lesions are all known: none, or those in the boxes. */
export interface LocatedImage {
  readonly cluster: number;
  readonly score: number;
  readonly rows: number;
  readonly columns: number;
  readonly marks: readonly Mark[];
  /** As the product draws them, with their score. */
  readonly drawn: readonly Box[];
  readonly lesions: readonly Box[];
}

function locatedImages(data: LabelData): { images: LocatedImage[]; withoutBoxes: number } {
  const { id } = data.label;
  const images: LocatedImage[] = [];
  let withoutBoxes = 0;
  const clusters = new Map<number, number>();
  for (const { unit, positive, score } of data.units) {
    if (score === undefined || unit.places === undefined) continue;
    const lesions = positive ? (unit.lesions.get(id) ?? []) : [];
    // With the finding but no box: a mark on it could be neither right nor wrong.
    if (positive && lesions.length === 0) {
      withoutBoxes += 1;
      continue;
    }
    const { rows, columns, marks, boxes } = unit.places;
    const cluster = clusters.get(unit.cluster) ?? clusters.size;
    clusters.set(unit.cluster, cluster);
    const drawn = (boxes[id] ?? []).map(([x, y, width, height]): Box => [x, y, width, height]);
    images.push({ cluster, score, rows, columns, marks: marks[id] ?? [], drawn, lesions });
  }
  return { images, withoutBoxes };
}

function isWithin([x, y]: Mark, [left, top, width, height]: Box): boolean {
  return x >= left && x < left + width && y >= top && y < top + height;
}

function toMarkedImage({ cluster, marks, lesions }: LocatedImage): MarkedImage {
  return {
    cluster,
    lesions: lesions.map((box) => marks.find((mark) => isWithin(mark, box))?.[2]),
    falseMarks: marks
      .filter((mark) => !lesions.some((box) => isWithin(mark, box)))
      .map((mark) => mark[2]),
  };
}

function peakInBox(withLesions: readonly LocatedImage[]): RateFigure {
  const hits = withLesions.filter(({ marks: [peak], lesions }) =>
    lesions.some((box) => peak !== undefined && isWithin(peak, box)),
  );
  return rate(hits.length, withLesions.length);
}

/** The share of the image that lies in boxes; overlapping ones count twice. */
function areaOf({ rows, columns, lesions }: LocatedImage): number {
  const pixels = lesions.reduce((sum, [, , width, height]) => sum + width * height, 0);
  return pixels / (rows * columns);
}

function sensitivityBySize(
  withLesions: readonly LocatedImage[],
  threshold: number,
): LocalisationFigures['bySize'] {
  // Thirds of fewer than nine images say nothing.
  if (withLesions.length < 9) return [];
  const areas = Float64Array.from(withLesions, areaOf).sort();
  const limits = [0, quantile(areas, 1 / 3), quantile(areas, 2 / 3), Infinity];
  return [0, 1, 2]
    .map((third) => {
      const [from = 0, to = 1] = [limits[third], limits[third + 1]];
      const own = withLesions.filter((image) => areaOf(image) >= from && areaOf(image) < to);
      const flagged = own.filter((image) => image.score >= threshold).length;
      return { from, to: Math.min(to, 1), sensitivity: rate(flagged, own.length) };
    })
    .filter((third) => third.sensitivity.total > 0);
}

/** Whether the model points where the lesions are; null when there are no boxes, or it does not say where. */
export function localisationFigures(
  data: LabelData,
  settings: FigureSettings,
): LocalisationFigures | null {
  const { images, withoutBoxes } = locatedImages(data);
  const withLesions = images.filter((image) => image.lesions.length > 0);
  if (withLesions.length === 0) return null;
  const marked = images.map(toMarkedImage);
  const { threshold } = defaultPoint(data.label);
  const resampling = { repeats: settings.bootstrapRepeats, seed: settings.seed };
  const rates = frocAtRates(marked, resampling);
  return {
    hitRule: HIT_RULE,
    imagesWithBoxes: withLesions.length,
    withoutBoxes,
    lesions: withLesions.reduce((sum, image) => sum + image.lesions.length, 0),
    peakInBox: peakInBox(withLesions),
    fixedPoint: rate(fixedPointHits(withLesions), withLesions.length),
    froc: {
      images: images.length,
      curve: thin(frocCurve(marked)).map((p) => [p.falseMarksPerImage, p.sensitivity]),
      rates: [...rates],
    },
    drawn: countDrawn(images.filter((image) => image.score >= threshold)),
    bySize: sensitivityBySize(withLesions, threshold),
  };
}
