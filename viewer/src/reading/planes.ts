/** What the three planes of a volume are, and how each of them can be shown. */
import type { Point } from './geometry.ts';
import type { Vector } from './volume-geometry.ts';

export const PLANES = ['axial', 'coronal', 'sagittal'] as const;
export type Plane = (typeof PLANES)[number];

/** What a drag with the left button does. */
export const PLANE_TOOLS = ['cross', 'window', 'zoom', 'pan', 'length'] as const;
export type PlaneTool = (typeof PLANE_TOOLS)[number];

/** Millimetres on both sides of the plane together; 0 is the plane alone. */
export const THICKNESSES = [0, 5, 10, 20] as const;
export type Thickness = (typeof THICKNESSES)[number];

/** Which of the values along a line through the slab is shown. */
export const PROJECTIONS = ['brightest', 'mean', 'darkest'] as const;
export type Projection = (typeof PROJECTIONS)[number];

export interface Slab {
  readonly thickness: Thickness;
  readonly projection: Projection;
}

export const THIN: Slab = { thickness: 0, projection: 'brightest' };

/** The one after this one, round and round. */
export function following<T>(all: readonly T[], current: T): T {
  return all[(all.indexOf(current) + 1) % all.length] ?? current;
}

/** A pane as it is drawn: where the point lies in it, and which way the patient lies, as cosines of the screen's axes. */
export interface PlaneState {
  readonly point: Point;
  readonly right: Vector;
  readonly down: Vector;
  /** CSS pixels. */
  readonly perMillimetre: number;
}
