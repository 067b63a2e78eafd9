export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

/** A grid over an area, its cells about square, `cells` along the longer side; not finer than pixels. */
export function gridOver({ rows, columns }: GridSize, cells: number): GridSize {
  const side = Math.max(rows, columns) / cells;
  const along = (length: number) => Math.min(length, Math.max(1, Math.round(length / side)));
  return { rows: along(rows), columns: along(columns) };
}

/** Where cell `i` of `cells` begins, in pixels; `cells` gives the end. */
export function cellStart(i: number, cells: number, length: number): number {
  return Math.floor((Math.min(Math.max(i, 0), cells) * length) / cells);
}
