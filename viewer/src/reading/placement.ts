/** Where an image lies in its pane for as long as nobody moves it. Lengths are CSS pixels of the pane. */
import { type Affine, boundsOf, boxCorners, type ImageSize, type Point } from './geometry.ts';
import type { StackImage } from './image-stacks.ts';
import type { Edge } from './orientation.ts';

type Placed = Pick<StackImage, 'columns' | 'rows' | 'area' | 'chestWall' | 'pixelSize'>;

export interface PaneSize {
  readonly width: number;
  readonly height: number;
  /** The scale that mammograms have in common with those of other panes, CSS pixels a millimetre; else they have their own. */
  readonly perMillimetre?: number | null;
}

/** What brings an image to its place: first it grows by the factor about the middle of the pane, then it is moved. */
export interface Placement {
  readonly factor: number;
  readonly shift: Point;
}

/** By which an image may miss its place: the two renderers reckon its rim differently by part of a pixel. */
const RIM = 2;

const boundsIn = (affine: Affine, { columns, rows }: ImageSize) =>
  boundsOf(boxCorners(affine, [0, 0, columns, rows]));

/** The edge of the pane towards which the chest wall lies, however the image is turned; null where there is none. */
export function wallOnScreen(
  { a, b }: Pick<Affine, 'a' | 'b'>,
  chestWall: Placed['chestWall'],
): Edge | null {
  if (chestWall === null) return null;
  const outwards = chestWall === 'right' ? 1 : -1;
  if (Math.abs(a) >= Math.abs(b)) return outwards * a > 0 ? 'right' : 'left';
  return outwards * b > 0 ? 'bottom' : 'top';
}

/** By how much the image is to grow to be as large as it fits, together with the others of its study. */
function factorToFit(affine: Affine, image: Placed, { width, height }: PaneSize): number {
  const room = boundsIn(affine, image.area ?? image);
  return Math.min(width / (room[2] - room[0]), height / (room[3] - room[1]));
}

/** CSS pixels a millimetre, as the image lies now; null for one that has no scale in common with others. */
function scaleOf({ a, b }: Affine, { area, chestWall, pixelSize }: Placed): number | null {
  if (area === undefined || chestWall === null || pixelSize === null) return null;
  return Math.hypot(a, b) / pixelSize.column;
}

/**
 * The scale in which a mammogram of this pane would lie by itself, CSS pixels a millimetre, whatever scale it has now;
 * null for one that has no scale in common with others.
 * @param affine source pixels to the pane, as the image lies now
 */
export function ownScale(affine: Affine, image: Placed, pane: PaneSize): number | null {
  const scale = scaleOf(affine, image);
  return scale === null ? null : scale * factorToFit(affine, image, pane);
}

/**
 * The largest scale that a study and its prior can both have in their panes, CSS pixels a millimetre; null when one of
 * them has none.
 */
export function scaleOfBoth(
  study: readonly (number | null)[],
  prior: number | null,
): number | null {
  const known = study.filter((scale) => scale !== null);
  return prior === null || known.length === 0 ? null : Math.min(prior, ...known);
}

/**
 * The whole image as large as it fits and in the middle; a mammogram with its chest wall at the edge of the pane, in the
 * scale that it shares with the other mammograms of its study, or with those of other panes too.
 * @param affine source pixels to the pane, as the image lies now
 */
export function placementOf(affine: Affine, image: Placed, pane: PaneSize): Placement {
  const { width, height, perMillimetre = null } = pane;
  const scale = scaleOf(affine, image);
  const factor =
    scale === null || perMillimetre === null
      ? factorToFit(affine, image, pane)
      : perMillimetre / scale;
  const grown = (value: number, size: number) => size / 2 + factor * (value - size / 2);
  const [left, top, right, bottom] = boundsIn(affine, image);
  const toEdge = {
    left: -grown(left, width),
    right: width - grown(right, width),
    top: -grown(top, height),
    bottom: height - grown(bottom, height),
  };
  const wall = wallOnScreen(affine, image.chestWall);
  const isAcross = wall === 'left' || wall === 'right';
  const isUpright = wall === 'top' || wall === 'bottom';
  return {
    factor,
    shift: [
      isAcross ? toEdge[wall] : (toEdge.left + toEdge.right) / 2,
      isUpright ? toEdge[wall] : (toEdge.top + toEdge.bottom) / 2,
    ],
  };
}

/** Whether the image lies where it would be put. */
export function isInPlace({ factor, shift }: Placement, { width, height }: PaneSize): boolean {
  const grows = Math.abs(factor - 1) * Math.max(width, height);
  return grows < RIM && Math.hypot(...shift) < RIM;
}
