/** A heatmap of rows x columns, row-major, 0 to 1. */
export interface HeatmapValues {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** A group of cells that touch by their sides. Bounds in cells, the right and lower one exclusive. */
export interface Component {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly cells: number;
  /** Its largest value. */
  readonly peak: number;
}

/** The 4-connected groups of at least `minimumCells` cells whose values reach `threshold`, the highest peak first. */
export function findComponents(
  heatmap: HeatmapValues,
  options: { threshold: number; minimumCells: number },
): Component[] {
  const { values } = heatmap;
  const seen = new Uint8Array(values.length);
  const found: Component[] = [];
  for (let start = 0; start < values.length; start += 1) {
    if (seen[start] === 1 || (values[start] ?? 0) < options.threshold) continue;
    const component = flood(heatmap, { start, seen, threshold: options.threshold });
    if (component.cells >= options.minimumCells) found.push(component);
  }
  return found.sort((a, b) => b.peak - a.peak);
}

function flood(
  { values, rows, columns }: HeatmapValues,
  from: { start: number; seen: Uint8Array; threshold: number },
): Component {
  const { start, seen, threshold } = from;
  let [left, top, right, bottom] = [columns, rows, 0, 0];
  let cells = 0;
  let peak = 0;
  const open = [start];
  seen[start] = 1;
  const visit = (cell: number): void => {
    if (seen[cell] === 1 || (values[cell] ?? 0) < threshold) return;
    seen[cell] = 1;
    open.push(cell);
  };
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    const row = Math.floor(cell / columns);
    const column = cell % columns;
    cells += 1;
    peak = Math.max(peak, values[cell] ?? 0);
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
    if (column > 0) visit(cell - 1);
    if (column + 1 < columns) visit(cell + 1);
    if (row > 0) visit(cell - columns);
    if (row + 1 < rows) visit(cell + columns);
  }
  return { left, top, right, bottom, cells, peak };
}
