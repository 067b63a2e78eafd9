/**
 * How an image is turned: rows and columns are exchanged first, then it is mirrored from left to right and from top to
 * bottom.
 */
export interface Orientation {
  readonly transpose: boolean;
  readonly flipX: boolean;
  readonly flipY: boolean;
}

export const AS_STORED: Orientation = { transpose: false, flipX: false, flipY: false };

interface Grid<T> {
  readonly values: T;
  readonly rows: number;
  readonly columns: number;
}

type Values = Float32Array | Uint8Array;

/** The turned grid; the same one when nothing is to be done. */
export function turn<T extends Values>(grid: Grid<T>, orientation: Orientation): Grid<T> {
  const { transpose, flipX, flipY } = orientation;
  if (!transpose && !flipX && !flipY) return grid;
  const rows = transpose ? grid.columns : grid.rows;
  const columns = transpose ? grid.rows : grid.columns;
  const values = grid.values.slice() as T;
  for (let y = 0; y < rows; y += 1) {
    const fromY = flipY ? rows - 1 - y : y;
    for (let x = 0; x < columns; x += 1) {
      const fromX = flipX ? columns - 1 - x : x;
      const at = transpose ? fromX * grid.columns + fromY : fromY * grid.columns + fromX;
      values[y * columns + x] = grid.values[at] ?? 0;
    }
  }
  return { values, rows, columns };
}

/** What turns a turned image back. */
export function inverseOf({ transpose, flipX, flipY }: Orientation): Orientation {
  // Mirroring comes last, so undoing begins with it: behind an exchange, the axes have changed places.
  return transpose ? { transpose, flipX: flipY, flipY: flipX } : { transpose, flipX, flipY };
}

/** Towards the patient's left, back and head (the axes of PS3.3 C.7.6.2.1.1). */
type Direction = readonly [left: number, posterior: number, head: number];

const LETTERS: Readonly<Record<string, Direction>> = {
  L: [1, 0, 0],
  R: [-1, 0, 0],
  P: [0, 1, 0],
  A: [0, -1, 0],
  H: [0, 0, 1],
  F: [0, 0, -1],
};

/** What an image says of how the patient lies in it. */
export interface PatientAxes {
  /** ImageOrientationPatient: direction cosines of a row, then of a column. */
  readonly imageOrientation?: readonly number[] | undefined;
  /** PatientOrientation: where a row, then a column, leads to, such as L and F. */
  readonly patientOrientation?: readonly string[] | undefined;
}

/**
 * How to turn an image so that it is seen as usual: the patient's left on the right (in a sagittal view the back), and
 * the head up (in an axial one the front). Undefined where the image does not say, or stands askew.
 */
export function patientOrientation(axes: PatientAxes): Orientation | undefined {
  const [row, column] = directionsOf(axes);
  if (row === undefined || column === undefined) return undefined;
  const across = mainAxis(row);
  const down = mainAxis(column);
  if (across.axis === down.axis) return undefined;
  // Of the two axes of the image: head to foot is down where there is one, else front to back is.
  const vertical = Math.max(across.axis, down.axis);
  const transpose = across.axis === vertical;
  const [right, below] = transpose ? [down, across] : [across, down];
  // Right: to the left or back. Below: to the back or the feet.
  const wantedBelow = vertical === HEAD ? -1 : 1;
  return { transpose, flipX: right.sign !== 1, flipY: below.sign !== wantedBelow };
}

const HEAD = 2;

function mainAxis(direction: Direction): { axis: number; sign: number } {
  const sizes = direction.map(Math.abs);
  const axis = sizes.indexOf(Math.max(...sizes));
  return { axis, sign: Math.sign(direction[axis] ?? 0) };
}

function directionsOf(axes: PatientAxes): [Direction | undefined, Direction | undefined] {
  const cosines = axes.imageOrientation;
  if (cosines?.length === 6) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = cosines;
    return [
      [a, b, c],
      [d, e, f],
    ];
  }
  const [row = '', column = ''] = axes.patientOrientation ?? [];
  return [LETTERS[row.trim().slice(0, 1)], LETTERS[column.trim().slice(0, 1)]];
}
