import { RadTriageError } from '#core/errors.ts';
import type { Box, HeatmapOrigin } from '#core/finding.ts';
import { defaultOperatingPoint, type Label } from '../manifest/labels.ts';
import { outputOf } from '../manifest/outputs.ts';
import type { Manifest } from '../manifest/schema.ts';
import {
  boxToStored,
  boxToTurned,
  cellTransform,
  type InputPlace,
  mapToStored,
  type PlacedMap,
} from '../preprocess/place.ts';
import { calibrate } from './activation.ts';
import { findComponents } from './components.ts';
import { overlapOf, type ScoredBox, suppress } from './read-boxes.ts';
import { type LabelReading, type NetworkReading, readOutputs } from './read-outputs.ts';
import { shrink, stitchMaps } from './stitch.ts';
import type { Outputs } from './tensors.ts';

/** A map over the image as stored. */
export interface ImageHeatmap extends PlacedMap {
  readonly peak: number;
  /** From which value it marks something. */
  readonly threshold: number;
  readonly origin: HeatmapOrigin;
}

/** What a model says of one image for one label. */
export interface LabelResult {
  /** 0 to 1, calibrated. */
  readonly score: number;
  readonly heatmap: ImageHeatmap | undefined;
  /** In source pixels, the highest score first; whether they count is decided over the whole study. */
  readonly boxes: readonly ScoredBox[];
}

/** What a model says of one image. */
export interface ImageResult {
  /** As the manifest lists them. */
  readonly labels: readonly LabelResult[];
  /** The largest of its tiles. */
  readonly atypicality: number | undefined;
}

interface Part<T> {
  readonly reading: T;
  readonly place: InputPlace;
}

/**
 * What the runs over the parts of one image come to, in pixels of the image as stored.
 * @param outputs of the parts, in their order
 * @throws RadTriageError MODEL_FAILED as readOutputs does
 */
export function readImage(
  manifest: Manifest,
  prepared: { readonly parts: readonly { readonly place: InputPlace }[] },
  outputs: readonly Outputs[],
): ImageResult {
  const parts = prepared.parts.map(({ place }, i): Part<NetworkReading> => {
    const own = outputs[i];
    if (own === undefined) throw new RadTriageError('INTERNAL', 'a part was not run');
    return { reading: readOutputs(own, manifest), place };
  });
  const isActivation = outputOf(manifest.outputs, 'features') !== undefined;
  const origin = isActivation ? 'class-activation' : 'model';
  const strangest = parts.map(({ reading }) => reading.atypicality ?? Number.NEGATIVE_INFINITY);
  const largest = Math.max(...strangest);
  return {
    labels: manifest.labels.map((label, i) => readLabel(label, partsOf(parts, i), origin)),
    atypicality: Number.isFinite(largest) ? largest : undefined,
  };
}

function partsOf(parts: readonly Part<NetworkReading>[], index: number): Part<LabelReading>[] {
  return parts.flatMap(({ reading, place }) => {
    const own = reading.labels[index];
    return own === undefined ? [] : [{ reading: own, place }];
  });
}

function readLabel(
  label: Label,
  parts: readonly Part<LabelReading>[],
  origin: HeatmapOrigin,
): LabelResult {
  const map = mapOf(parts);
  const scores = parts.flatMap(({ reading }) => reading.score ?? []);
  const own = scores.length === 0 ? undefined : Math.max(...scores);
  if (map === undefined) {
    const boxes = boxesOf(parts);
    const score = own ?? boxes[0]?.score ?? 0;
    // Where the boxes are all that a model says, its operating point is one of boxes.
    const least = own === undefined ? defaultOperatingPoint(label).threshold : 0;
    return { score, heatmap: undefined, boxes: boxes.filter((box) => box.score >= least) };
  }
  const { place } = parts[0] ?? {};
  const settings = label.heatmap;
  if (settings === undefined || place === undefined) {
    throw new RadTriageError('MODEL_MANIFEST_INVALID', `label ${label.id} has no heatmap settings`);
  }
  const boxes = findComponents(map, settings).map(({ left, top, right, bottom, peak }) => ({
    box: cellsToTurned([left, top, right - left, bottom - top], map, place),
    score: peak,
  }));
  const kept = shrink(map);
  return {
    score: own ?? calibrate(label, nthLargest(map.values, settings.minimumCells)),
    heatmap: {
      ...mapToStored(kept, place),
      peak: kept.values.reduce((most, value) => Math.max(most, value), 0),
      threshold: settings.threshold,
      origin,
    },
    boxes: toStored(boxes, place),
  };
}

function mapOf(parts: readonly Part<LabelReading>[]): PlacedMap | undefined {
  const placed = parts.flatMap(({ reading, place }) =>
    reading.map === undefined ? [] : [{ map: reading.map, place }],
  );
  const [only] = placed;
  if (only === undefined || placed.length > 1) return stitchMaps(placed);
  return { ...only.map, transform: cellTransform(only.place, only.map) };
}

/** Over how much of the smaller one boxes of neighbouring tiles are one: each may see a part of it. */
const SAME_ACROSS_TILES = 0.5;

function boxesOf(parts: readonly Part<LabelReading>[]): ScoredBox[] {
  const all = parts.flatMap(({ reading, place }) =>
    (reading.boxes ?? []).map(({ box, score }) => ({ box: boxToTurned(box, place), score })),
  );
  const [first] = parts;
  if (first === undefined) return [];
  const isSame = (a: Box, b: Box) => overlapOf(a, b).smaller > SAME_ACROSS_TILES;
  const merged = parts.length > 1 ? suppress(all, isSame) : all;
  return toStored(merged, first.place);
}

/** Cells that lie beside the image are cut away; what lies wholly beside it is dropped. */
function toStored(boxes: readonly ScoredBox[], place: InputPlace): ScoredBox[] {
  return boxes
    .filter(({ box }) => box[2] > 0 && box[3] > 0)
    .map(({ box, score }) => ({ box: boxToStored(box, place), score }));
}

function cellsToTurned(cells: Box, { transform }: PlacedMap, place: InputPlace): Box {
  const { scaleX, scaleY, originX, originY } = transform;
  return boxToTurned(cells, { ...place, scaleX, scaleY, originX, originY });
}

/** A single cell says little where a finding takes several. */
function nthLargest(values: Float32Array, n: number): number {
  return values.toSorted()[Math.max(0, values.length - n)] ?? 0;
}
