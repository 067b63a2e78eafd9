/** Whether slices make a volume that can be cut in other planes, and where its planes lie. Millimetres of the patient. */

export type Vector = readonly [x: number, y: number, z: number];

/** One slice as its metadata places it (PS3.3 C.7.6.2). */
export interface SlicePlane {
  readonly position: Vector;
  readonly right: Vector;
  readonly down: Vector;
  /** Between rows, then between columns. */
  readonly spacing: readonly [number, number];
  readonly columns: number;
  readonly rows: number;
  /** Bytes of a pixel once it is rescaled: 2 for whole numbers, 4 for others. */
  readonly bytesAPixel: 2 | 4;
}

/** Why there are no other planes of a series; `fits` when there are. */
export type VolumeVerdict =
  | 'fits'
  | 'no-webgl'
  | 'few'
  | 'coloured'
  | 'unaligned'
  | 'uneven'
  | 'large';

/** Fewer slices make no picture in another plane. */
const FEWEST = 10;
/** What a page may take for one volume, bytes; the graphics card takes twice as much beside it. */
export const LARGEST_BYTES = 640 * 2 ** 20;
const SAME_DIRECTION = 1e-3;
/** Of the distance between pixels. */
const SAME_SPACING = 1e-3;
/** Of the distance between slices: what rounded positions may differ by. */
const TOLERANCE = 0.05;
const TOLERANCE_MM = 0.02;

export const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const along = (from: Vector, way: Vector, length: number): Vector => [
  from[0] + way[0] * length,
  from[1] + way[1] * length,
  from[2] + way[2] * length,
];
export const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/**
 * How far one may go along a way within a volume: `wanted`, or as much of it as leads to the rim.
 * @param along where one stands and what one step leads to, in voxels; (0, 0, 0) is the middle of the first one
 */
export function lengthWithin(
  {
    at,
    way,
    dimensions,
  }: { readonly at: Vector; readonly way: Vector; readonly dimensions: Vector },
  wanted: number,
): number {
  const lengths = way.map((part, axis) => {
    if (Math.abs(part) < 1e-9) return Number.POSITIVE_INFINITY;
    const isOnwards = part > 0 === wanted > 0;
    const rim = isOnwards ? (dimensions[axis] ?? 1) - 1 : 0;
    return Math.max(0, (rim - (at[axis] ?? 0)) / part / Math.sign(wanted));
  });
  return Math.sign(wanted) * Math.min(Math.abs(wanted), ...lengths);
}

function isSame(a: Vector, b: Vector): boolean {
  return Math.hypot(...minus(a, b)) < SAME_DIRECTION;
}

function isSameSpacing(a: SlicePlane['spacing'], b: SlicePlane['spacing']): boolean {
  return a.every((length, axis) => Math.abs(length - (b[axis] ?? 0)) < SAME_SPACING * length);
}

/** Slices that lean against their own row of positions (a tilted gantry) would be drawn where they are not. */
function judgeSpacing(first: SlicePlane, slices: readonly SlicePlane[]): VolumeVerdict {
  const normal = cross(first.right, first.down);
  const steps = slices.slice(1).map((slice, place) => {
    const step = minus(slice.position, slices[place]?.position ?? slice.position);
    const gap = dot(step, normal);
    return { gap, aside: Math.hypot(...along(step, normal, -gap)) };
  });
  const usual = steps.map(({ gap }) => gap).toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  const allowed = Math.abs(usual) * TOLERANCE + TOLERANCE_MM;
  if (steps.some(({ aside }) => aside > allowed)) return 'unaligned';
  const isEven = steps.every(({ gap }) => Math.abs(gap - usual) <= allowed);
  return isEven && Math.abs(usual) > TOLERANCE_MM ? 'fits' : 'uneven';
}

/** @param slices in order along their normal; null for one whose place is not known */
export function judgeSlices(slices: readonly (SlicePlane | null)[]): VolumeVerdict {
  if (slices.length < FEWEST) return 'few';
  const placed = slices.filter((slice) => slice !== null);
  const [first] = placed;
  if (first === undefined || placed.length < slices.length) return 'unaligned';
  const { columns, rows, right, down, spacing } = first;
  const isAligned = placed.every(
    (slice) =>
      slice.columns === columns &&
      slice.rows === rows &&
      isSameSpacing(spacing, slice.spacing) &&
      isSame(slice.right, right) &&
      isSame(slice.down, down),
  );
  if (!isAligned) return 'unaligned';
  const bytesAPixel = Math.max(...placed.map((slice) => slice.bytesAPixel));
  if (columns * rows * placed.length * bytesAPixel > LARGEST_BYTES) return 'large';
  return judgeSpacing(first, placed);
}
