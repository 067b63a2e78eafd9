/** Image planes in the patient: which slices lie beside one another, and where one plane cuts another. */

/** Millimetres in the patient's axes: to the left, to the back, to the head (PS3.3 C.7.6.2.1.1). */
export type Vector = readonly [x: number, y: number, z: number];

export interface ImagePlane {
  readonly frameOfReferenceUid: string | null;
  /** The middle of the first pixel. */
  readonly origin: Vector;
  /** Unit vectors along a row and along a column. */
  readonly right: Vector;
  readonly down: Vector;
  /** Millimetres from row to row, and from column to column. */
  readonly rowSpacing: number;
  readonly columnSpacing: number;
}
