import { RadTriageError } from '#core/errors.ts';
import type { Box, HeatmapTransform } from '#core/finding.ts';
import { outputOf } from '../manifest/outputs.ts';
import type { Manifest } from '../manifest/schema.ts';
import { heatmapTransform, type Size } from '../preprocess/letterbox.ts';
import type { RunResult } from '../runtime/runtime.ts';
import { findComponents, type HeatmapValues } from './components.ts';

interface ScoredBox {
  /** Source pixels, clipped to the image. */
  readonly box: Box;
  /** The largest heatmap value in the component. */
  readonly score: number;
}

interface ImageHeatmap extends HeatmapValues {
  readonly transform: HeatmapTransform;
  readonly peak: number;
}

/** What a model says of one image. */
export interface ImageResult {
  /** 0 to 1. */
  readonly score: number;
  readonly heatmap: ImageHeatmap | undefined;
  /** Components of the heatmap, the highest first; whether they count is decided over the whole study. */
  readonly boxes: readonly ScoredBox[];
}

type Outputs = RunResult['outputs'];

/**
 * @param source rows and columns of the image in source pixels
 * @throws RadTriageError MODEL_FAILED when the network gives no finite number in 0..1, or a heatmap of another shape
 */
export function readOutputs(outputs: Outputs, manifest: Manifest, source: Size): ImageResult {
  refuseUnread(manifest);
  const score = readScore(outputs, outputOf(manifest.outputs, 'scores')?.name ?? '');
  const name = outputOf(manifest.outputs, 'heatmap')?.name;
  const settings = manifest.labels[0]?.heatmap;
  if (settings === undefined || name === undefined) return { score, heatmap: undefined, boxes: [] };
  const heatmap = readHeatmap(outputs, { name, inputSize: manifest.input.size }, source);
  const boxes = findComponents(heatmap, settings).map((component) => ({
    box: boxInSource(component, heatmap.transform, source),
    score: component.peak,
  }));
  return { score, heatmap, boxes: boxes.filter(({ box }) => box[2] > 0 && box[3] > 0) };
}

/** @throws RadTriageError MODEL_MANIFEST_INVALID for what the schema allows and this does not read yet */
function refuseUnread({ labels, outputs, input, select }: Manifest): void {
  const isRead =
    labels.length === 1 &&
    labels[0]?.index === 0 &&
    labels[0].calibration === undefined &&
    outputs.every(({ kind }) => kind === 'scores' || kind === 'heatmap') &&
    outputs.every((output) => 'activation' in output && output.activation === 'none') &&
    input.channels === 1 &&
    input.resize.kind === 'area-letterbox' &&
    select.level === 'image';
  if (isRead) return;
  throw new RadTriageError('MODEL_MANIFEST_INVALID', 'outputs of this kind are not read yet');
}

function readScore(outputs: Outputs, name: string): number {
  const score = outputs[name]?.data[0];
  if (score === undefined || !isUnit(score)) {
    throw new RadTriageError('MODEL_FAILED', `output ${name} is not a score from 0 to 1`);
  }
  return score;
}

function isUnit(value: number): boolean {
  return value >= 0 && value <= 1;
}

function readHeatmap(
  outputs: Outputs,
  { name, inputSize }: { name: string; inputSize: readonly [number, number] },
  source: Size,
): ImageHeatmap {
  const tensor = outputs[name];
  const [rows = 0, columns = 0] = tensor?.dims.slice(-2) ?? [];
  const values = tensor?.data;
  if (values === undefined || values.length === 0 || values.length !== rows * columns) {
    throw new RadTriageError('MODEL_FAILED', `output ${name} is not one heatmap`);
  }
  if (!values.every(isUnit)) {
    throw new RadTriageError('MODEL_FAILED', `output ${name} holds values outside 0 to 1`);
  }
  const [inputRows, inputColumns] = inputSize;
  const input = { rows: inputRows, columns: inputColumns };
  const transform = heatmapTransform(source, input, { rows, columns });
  const peak = values.reduce((largest, value) => Math.max(largest, value), 0);
  return { values, rows, columns, transform, peak };
}

interface CellBounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Cells that lie over the padding are cut away; what lies wholly over it has no extent. */
function boxInSource(bounds: CellBounds, transform: HeatmapTransform, source: Size): Box {
  const { scaleX, scaleY, originX, originY } = transform;
  const clip = (value: number, limit: number) => Math.min(Math.max(value, 0), limit);
  const left = clip(bounds.left * scaleX + originX, source.columns);
  const right = clip(bounds.right * scaleX + originX, source.columns);
  const top = clip(bounds.top * scaleY + originY, source.rows);
  const bottom = clip(bounds.bottom * scaleY + originY, source.rows);
  return [left, top, right - left, bottom - top];
}
