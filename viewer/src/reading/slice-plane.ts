/** Where images lie beside and across one another in the patient. Millimetres. */
import type { Point } from './geometry.ts';
import type { ImageStack, StackImage } from './image-stacks.ts';
import { along, cross, dot, minus, type Vector } from './volume-geometry.ts';

/** The plane of an image in the patient (PS3.3 C.7.6.2). */
export interface ImagePlane {
  readonly frameOfReferenceUid: string | null;
  /** Of the middle of the first pixel. */
  readonly position: Vector;
  readonly right: Vector;
  readonly down: Vector;
  /** Between rows, then between columns. */
  readonly spacing: readonly [number, number];
}

type Placed = Pick<StackImage, 'plane' | 'columns' | 'rows'>;

/** Planes that lean less than this against each other (cosine of their normals) are looked at as one direction. */
const SAME_WAY = 0.9;

const normalOf = ({ right, down }: ImagePlane): Vector => cross(right, down);

/** The place of the middle of an image in the patient; null where it does not say it. */
export function middleOf({ plane, columns, rows }: Placed): Vector | null {
  if (plane === null) return null;
  const { position, right, down, spacing } = plane;
  const across = along(position, right, ((columns - 1) / 2) * spacing[1]);
  return along(across, down, ((rows - 1) / 2) * spacing[0]);
}

/** Images of one frame of reference have their places in the same space (PS3.3 C.7.4.1). */
function isOneSpace(a: ImagePlane, b: ImagePlane): boolean {
  return a.frameOfReferenceUid !== null && a.frameOfReferenceUid === b.frameOfReferenceUid;
}

function isOneWay(a: ImagePlane, b: ImagePlane): boolean {
  return Math.abs(dot(normalOf(a), normalOf(b))) >= SAME_WAY;
}

/**
 * How two stacks scroll together. `place`: by their place in the patient. `length`: by the same way along the patient
 * from where they stood. `count`: by as many images.
 */
export type Link =
  | { readonly by: 'place' }
  | { readonly by: 'length'; readonly millimetres: number }
  | { readonly by: 'count'; readonly images: number };

interface At {
  readonly stack: ImageStack;
  readonly index: number;
}

/** How far an image lies along a normal. */
function lies({ position }: ImagePlane, normal: Vector): number {
  return dot(position, normal);
}

/** How two stacks are to scroll together from where they stand; null when one of them is no stack, or of another plane. */
export function linkOf(from: At, to: At): Link | null {
  if (from.stack.images.length < 2 || to.stack.images.length < 2) return null;
  const [a, b] = [from.stack.images[from.index]?.plane, to.stack.images[to.index]?.plane];
  if (a == null || b == null) return { by: 'count', images: to.index - from.index };
  if (!isOneWay(a, b)) return null;
  if (isOneSpace(a, b)) return { by: 'place' };
  const normal = normalOf(a);
  return { by: 'length', millimetres: lies(b, normal) - lies(a, normal) };
}

/** The image of the other stack that goes with the one that is looked at. */
export function linkedIndex(from: At, to: ImageStack, link: Link): number {
  const last = to.images.length - 1;
  const plane = from.stack.images[from.index]?.plane;
  if (link.by === 'count' || plane == null) {
    const images = link.by === 'count' ? link.images : 0;
    return Math.max(0, Math.min(last, from.index + images));
  }
  const normal = normalOf(plane);
  const wanted = lies(plane, normal) + (link.by === 'length' ? link.millimetres : 0);
  let nearest = { index: 0, distance: Number.POSITIVE_INFINITY };
  for (const [index, image] of to.images.entries()) {
    if (image.plane === null) continue;
    const distance = Math.abs(lies(image.plane, normal) - wanted);
    if (distance < nearest.distance) nearest = { index, distance };
  }
  return nearest.index;
}

/** What is left of a line's parameters where `a + b t` is not below zero. */
function clip([from, to]: readonly [number, number], a: number, b: number): [number, number] {
  if (Math.abs(b) < 1e-9) return a >= 0 ? [from, to] : [0, -1];
  const edge = -a / b;
  return b > 0 ? [Math.max(from, edge), to] : [from, Math.min(to, edge)];
}

/**
 * The line in which one image cuts another, within both, in pixels of the image that is cut ((0, 0) is the outer corner
 * of its first pixel). null when they are of one plane, of two spaces, or do not meet.
 */
export function cutLine(cutting: Placed, cut: Placed): readonly [Point, Point] | null {
  const [own, other] = [cut.plane, cutting.plane];
  if (own === null || other === null || !isOneSpace(own, other) || isOneWay(own, other))
    return null;
  const [betweenRows, betweenColumns] = own.spacing;
  const toPatient = ([x, y]: Point): Vector =>
    along(
      along(own.position, own.right, (x - 0.5) * betweenColumns),
      own.down,
      (y - 0.5) * betweenRows,
    );
  const normal = normalOf(other);
  const away = (point: Point) => dot(minus(toPatient(point), other.position), normal);
  // away(x, y) = a + b x + c y
  const a = away([0, 0]);
  const [b, c] = [away([1, 0]) - a, away([0, 1]) - a];
  const length = b * b + c * c;
  if (length < 1e-12) return null;
  const start: Point = [(-a * b) / length, (-a * c) / length];
  const way: Point = [-c / Math.sqrt(length), b / Math.sqrt(length)];
  const at = (t: number): Point => [start[0] + way[0] * t, start[1] + way[1] * t];
  /** Where along the line a length, linear in it, lies between 0 and `most`. */
  let range: [number, number] = [-1e6, 1e6];
  const within = (value: (point: Point) => number, most: number) => {
    const begin = value(at(0));
    const slope = value(at(1)) - begin;
    range = clip(clip(range, begin, slope), most - begin, -slope);
  };
  within(([x]) => x, cut.columns);
  within(([, y]) => y, cut.rows);
  const [otherRows, otherColumns] = other.spacing;
  const inOther = (direction: Vector, spacing: number) => (point: Point) =>
    dot(minus(toPatient(point), other.position), direction) / spacing + 0.5;
  within(inOther(other.right, otherColumns), cutting.columns);
  within(inOther(other.down, otherRows), cutting.rows);
  return range[1] - range[0] > 1e-6 ? [at(range[0]), at(range[1])] : null;
}
