import type { Box, HeatmapTransform } from '#core/finding.ts';
import type { ModelInput } from '../manifest/input.ts';
import { letterboxGeometry, type Size } from './letterbox.ts';
import { inverseOf, type Orientation, turn } from './orientation.ts';

/** Which part of an image goes where in the network's input, in whole pixels. */
export interface Fit {
  /** Of the image. */
  readonly region: Region;
  /** What the region becomes. */
  readonly target: Size;
  /** Where it begins in the input. */
  readonly left: number;
  readonly top: number;
  /** What the rest of the input is filled with, 0 to 1. */
  readonly pad: number;
}

export interface Region extends Size {
  readonly left: number;
  readonly top: number;
}

/** @param image rows and columns of the image, or of the tile, that is to be brought into the input */
export function fitFor(resize: ModelInput['resize'], image: Size, input: Size): Fit {
  const whole = { left: 0, top: 0, rows: image.rows, columns: image.columns };
  switch (resize.kind) {
    case 'area-letterbox': {
      const { width, height, left, top } = letterboxGeometry(image, input);
      return {
        region: whole,
        target: { rows: height, columns: width },
        left,
        top,
        pad: resize.pad,
      };
    }
    case 'area-stretch':
      return { region: whole, target: input, left: 0, top: 0, pad: 0 };
    case 'centre-crop':
      return { region: centreCrop(image, input), target: input, left: 0, top: 0, pad: 0 };
    case 'crop-or-pad': {
      const rows = Math.min(image.rows, input.rows);
      const columns = Math.min(image.columns, input.columns);
      return {
        region: centred(image, { rows, columns }),
        target: { rows, columns },
        left: Math.floor((input.columns - columns) / 2),
        top: Math.floor((input.rows - rows) / 2),
        pad: resize.pad,
      };
    }
  }
}

function centreCrop(image: Size, input: Size): Region {
  const round = (side: number, limit: number) =>
    Math.min(limit, Math.max(1, Math.floor(side + 0.5)));
  const columns = round((image.rows * input.columns) / input.rows, image.columns);
  const rows = round((image.columns * input.rows) / input.columns, image.rows);
  return centred(image, { rows, columns });
}

function centred(image: Size, part: Size): Region {
  return {
    left: Math.floor((image.columns - part.columns) / 2),
    top: Math.floor((image.rows - part.rows) / 2),
    ...part,
  };
}

/** Where a network's input lies in the image that it was made of. */
export interface InputPlace {
  /** Of the input. */
  readonly input: Size;
  /** The image as stored. */
  readonly source: Size;
  /** How it was turned before. */
  readonly orientation: Orientation;
  /** Turned image = input * scale + origin, in pixels, from the upper left corner of the first. */
  readonly scaleX: number;
  readonly scaleY: number;
  readonly originX: number;
  readonly originY: number;
}

export interface PlacedMap extends Size {
  readonly values: Float32Array;
  readonly transform: HeatmapTransform;
}

/** The map from cells that cover the whole input to pixels of the turned image. */
export function cellTransform(place: InputPlace, cells: Size): HeatmapTransform {
  return {
    scaleX: (place.input.columns / cells.columns) * place.scaleX,
    scaleY: (place.input.rows / cells.rows) * place.scaleY,
    originX: place.originX,
    originY: place.originY,
  };
}

/** Rows and columns after turning. */
export function turnedSize({
  source,
  orientation,
}: Pick<InputPlace, 'source' | 'orientation'>): Size {
  const { rows, columns } = source;
  return orientation.transpose ? { rows: columns, columns: rows } : { rows, columns };
}

/** A map over the turned image as one over the image as stored. */
export function mapToStored(
  map: PlacedMap,
  place: Pick<InputPlace, 'source' | 'orientation'>,
): PlacedMap {
  const { transpose, flipX, flipY } = place.orientation;
  const size = turnedSize(place);
  const x = flipAxis(axisOf(map.transform, 'X'), flipX ? map.columns : undefined, size.columns);
  const y = flipAxis(axisOf(map.transform, 'Y'), flipY ? map.rows : undefined, size.rows);
  const [across, down] = transpose ? [y, x] : [x, y];
  return {
    ...turn(map, inverseOf(place.orientation)),
    transform: {
      scaleX: across.scale,
      scaleY: down.scale,
      originX: across.origin,
      originY: down.origin,
    },
  };
}

interface Axis {
  readonly scale: number;
  readonly origin: number;
}

function axisOf(transform: HeatmapTransform, name: 'X' | 'Y'): Axis {
  return { scale: transform[`scale${name}`], origin: transform[`origin${name}`] };
}

function flipAxis(axis: Axis, cells: number | undefined, length: number): Axis {
  if (cells === undefined) return axis;
  return { scale: axis.scale, origin: length - axis.scale * cells - axis.origin };
}

/** A box in pixels of the input as one in pixels of the turned image, cut at its edges; its sides may become 0. */
export function boxToTurned([left, top, width, height]: Box, place: InputPlace): Box {
  const { rows, columns } = turnedSize(place);
  const clip = (value: number, limit: number) => Math.min(Math.max(value, 0), limit);
  const x0 = clip(left * place.scaleX + place.originX, columns);
  const x1 = clip((left + width) * place.scaleX + place.originX, columns);
  const y0 = clip(top * place.scaleY + place.originY, rows);
  const y1 = clip((top + height) * place.scaleY + place.originY, rows);
  return [x0, y0, x1 - x0, y1 - y0];
}

/** A box of the turned image in pixels of the image as stored. */
export function boxToStored(
  [x, y, width, height]: Box,
  place: Pick<InputPlace, 'source' | 'orientation'>,
): Box {
  const { transpose, flipX, flipY } = place.orientation;
  const { rows, columns } = turnedSize(place);
  const left = flipX ? columns - x - width : x;
  const top = flipY ? rows - y - height : y;
  return transpose ? [top, left, height, width] : [left, top, width, height];
}
