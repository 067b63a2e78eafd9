import { RadTriageError } from '#core/errors.ts';
import type { ModelInput, Window } from '../manifest/input.ts';
import type { Size } from './letterbox.ts';
import { AS_STORED, type Orientation, turn } from './orientation.ts';
import { type Fit, fitFor, type InputPlace, type Region } from './place.ts';
import { resampleRegion, resampleWhole } from './resample.ts';
import { layTiles } from './tiles.ts';
import { type Shades, type SourceImage, shadesOf } from './window.ts';

/** A network's input: float32, row-major, dims [1, channels, H, W]. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly [1, number, number, number];
}

/** One image of a stack, with the window that its own header selects. */
export interface Slice {
  readonly image: SourceImage;
  readonly window: Window;
  /** How it is to be turned when the manifest wants it seen from the patient; without it, as stored. */
  readonly orientation?: Orientation | undefined;
}

/** What the network gets of one image: one input, or one for each tile that is not empty. */
export interface PreparedImage {
  readonly parts: readonly { readonly tensor: Tensor; readonly place: InputPlace }[];
  /** As stored. */
  readonly source: Size;
  /** Of the image in the inputs before normalisation, 0 to 1, what was padded left out. */
  readonly mean: number;
}

/** Under this, of 0 to 1, a tile's pixel counts as the darkest. */
const DARKEST = 1 / 255;

/**
 * One image as the network gets it: turned where the manifest wants it, windowed to 0..1 (MONOCHROME1 inverted, padding
 * darkest), brought to one pixel spacing, cut into tiles, averaged by area into the input, padded after the window, then
 * (x - mean) / std. Computed in float64 and rounded to float32 at the very end, as in models/shared-python/preprocess.py,
 * which a test holds it against.
 *
 * @param slices the channels in order; one alone fills all of them
 * @param middle which of the slices results are told of
 * @throws RadTriageError PIXELS_UNDECODABLE when there are fewer values than rows x columns
 */
export function prepareImage(
  slices: readonly Slice[],
  input: ModelInput,
  middle = Math.floor(slices.length / 2),
): PreparedImage {
  const main = slices[middle];
  if (main === undefined) throw new RadTriageError('INTERNAL', 'no slice to prepare');
  const channels = [...new Set(slices)].map((slice) => ({ slice, seen: seenBy(slice, input) }));
  const seenOf = new Map(channels.map(({ slice, seen }) => [slice, seen]));
  const own = seenOf.get(main);
  if (own === undefined) throw new RadTriageError('INTERNAL', 'the middle slice was not prepared');
  const regions = input.tiles === undefined ? [wholeOf(own)] : layTiles(own, input.tiles);
  const parts: { tensor: Tensor; place: InputPlace }[] = [];
  let sum = 0;
  for (const region of regions) {
    const fit = fitInto(region, input);
    const planes = new Map([...seenOf].map(([slice, seen]) => [slice, planeOf(seen, own, fit)]));
    const plane = planes.get(main) ?? new Float64Array();
    if (input.tiles !== undefined && darkShare(plane) >= input.tiles.emptyShare) continue;
    sum += meanOf(plane);
    const ordered = slices.map((slice) => planes.get(slice) ?? plane);
    parts.push({
      tensor: assemble(ordered, fit, input),
      place: placeOf(main, own, { fit, input }),
    });
  }
  const { rows, columns } = main.image;
  return { parts, source: { rows, columns }, mean: parts.length === 0 ? 0 : sum / parts.length };
}

/** The input of a network that takes one image at a time, without tiles. */
export function preprocess(image: SourceImage, input: ModelInput, window: Window): Tensor {
  const { tiles: _, ...whole } = input;
  const [part] = prepareImage([{ image, window }], whole).parts;
  if (part === undefined)
    throw new RadTriageError('INTERNAL', 'an image without tiles is one part');
  return part.tensor;
}

function seenBy({ image, window, orientation }: Slice, input: ModelInput): Shades {
  const { values, rows, columns } = image;
  if (rows < 1 || columns < 1 || values.length !== rows * columns) {
    throw new RadTriageError('PIXELS_UNDECODABLE', 'rows x columns does not match the pixel count');
  }
  const turned = input.orientation === 'patient' ? turnImage(image, orientation) : image;
  const shades = shadesOf(turned, window);
  if (input.pixelSpacing === undefined || turned.pixelSpacing === undefined) return shades;
  return resampleWhole(shades, spacedSize(turned, turned.pixelSpacing, input.pixelSpacing.mm));
}

function turnImage(image: SourceImage, orientation: Orientation = AS_STORED): SourceImage {
  const { padding, pixelSpacing } = image;
  const { rows, columns } = image;
  const turned = turn(image, orientation);
  const [betweenRows, betweenColumns] = pixelSpacing ?? [0, 0];
  return {
    ...image,
    ...turned,
    padding: padding && turn({ values: padding, rows, columns }, orientation).values,
    pixelSpacing:
      pixelSpacing && orientation.transpose ? [betweenColumns, betweenRows] : pixelSpacing,
  };
}

/** max(1, floor(side x spacing / wanted + 0.5)) */
function spacedSize(
  { rows, columns }: Size,
  own: readonly [number, number],
  wanted: readonly [number, number],
): Size {
  const side = (count: number, from: number, to: number) =>
    Math.max(1, Math.floor((count * from) / to + 0.5));
  return { rows: side(rows, own[0], wanted[0]), columns: side(columns, own[1], wanted[1]) };
}

function wholeOf({ rows, columns }: Size): Region {
  return { left: 0, top: 0, rows, columns };
}

function fitInto(region: Region, input: ModelInput): Fit {
  const [rows, columns] = input.size;
  const fit = fitFor(input.resize, region, { rows, columns });
  const { left, top } = fit.region;
  return { ...fit, region: { ...fit.region, left: left + region.left, top: top + region.top } };
}

/** A neighbour of another size than the slice itself gives the same part of itself. */
function planeOf(seen: Shades, own: Size, fit: Fit): Float64Array {
  const isSame = seen.rows === own.rows && seen.columns === own.columns;
  const shades = isSame ? seen : resampleWhole(seen, { rows: own.rows, columns: own.columns });
  return resampleRegion(shades, fit.region, fit.target);
}

function darkShare(plane: Float64Array): number {
  let count = 0;
  for (let i = 0; i < plane.length; i += 1) if ((plane[i] ?? 0) <= DARKEST) count += 1;
  return count / plane.length;
}

function assemble(planes: readonly Float64Array[], fit: Fit, input: ModelInput): Tensor {
  const [rows, columns] = input.size;
  const { channels } = input;
  const data = new Float32Array(channels * rows * columns);
  for (let channel = 0; channel < channels; channel += 1) {
    const plane = planes[planes.length === 1 ? 0 : channel];
    if (plane === undefined) throw new RadTriageError('INTERNAL', 'fewer slices than channels');
    const mean = ofChannel(input.normalise.mean, channel);
    const std = ofChannel(input.normalise.std, channel);
    const begin = channel * rows * columns;
    data.fill((fit.pad - mean) / std, begin, begin + rows * columns);
    for (let y = 0; y < fit.target.rows; y += 1) {
      const target = begin + (y + fit.top) * columns + fit.left;
      for (let x = 0; x < fit.target.columns; x += 1) {
        data[target + x] = ((plane[y * fit.target.columns + x] ?? 0) - mean) / std;
      }
    }
  }
  return { data, dims: [1, channels, rows, columns] };
}

function ofChannel(value: number | readonly number[], channel: number): number {
  return typeof value === 'number' ? value : (value[channel] ?? 0);
}

/** @param spaced the size that the fit speaks of: of the image turned and brought to its spacing */
function placeOf(
  { image, orientation }: Slice,
  spaced: Size,
  { fit, input }: { fit: Fit; input: ModelInput },
): InputPlace {
  const turned = input.orientation === 'patient' ? (orientation ?? AS_STORED) : AS_STORED;
  const { rows, columns } = image;
  const across = (turned.transpose ? rows : columns) / spaced.columns;
  const down = (turned.transpose ? columns : rows) / spaced.rows;
  const perColumn = fit.region.columns / fit.target.columns;
  const perRow = fit.region.rows / fit.target.rows;
  return {
    input: { rows: input.size[0], columns: input.size[1] },
    source: { rows, columns },
    orientation: turned,
    scaleX: perColumn * across,
    scaleY: perRow * down,
    originX: (fit.region.left - fit.left * perColumn) * across,
    originY: (fit.region.top - fit.top * perRow) * down,
  };
}

/** By index: a callback, or an iterator whose numbers are boxed, takes a tenth of the whole preparation. */
function meanOf(plane: Float64Array): number {
  let total = 0;
  for (let i = 0; i < plane.length; i += 1) total += plane[i] ?? 0;
  return total / plane.length;
}
