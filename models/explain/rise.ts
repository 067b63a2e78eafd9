import { type Explanation, type ExplanationTask, normaliseLoss } from './explanation.ts';
import { type Fill, fillInput } from './fill.ts';
import { type GridSize, gridOver } from './map-grid.ts';
import { blendInputs, type ScoreInputs } from './network-input.ts';
import { riseMasks } from './rise-masks.ts';
import { scoreWithinBudget } from './score-within-budget.ts';
import { seededStream } from './seeded-stream.ts';

export interface RiseSettings {
  /** Cells of the map; the random grid has a cell for each 4 x 4 of them. */
  readonly grid: GridSize;
  /** Chance of a cell of the random grid to be shown. */
  readonly keep: number;
  /** Most masks, however much time is left. */
  readonly masks: number;
  readonly fill: Fill;
}

const CELLS = 32;
/** As fine as the masks can tell. */
const MAP_CELLS_PER_RANDOM_CELL = 4;

/** The article's eight random cells along each side (here: the longer), each shown with a chance of a half. */
export function defaultRise(input: GridSize): RiseSettings {
  return { grid: gridOver(input, CELLS), keep: 0.5, masks: 1000, fill: 'local-mean' };
}

/** With fewer, a map shows which masks chance gave more than what the score depends on. */
const LEAST_MASKS = 100;

/**
 * Hides about half of the image in many random ways and asks, for each place, how the score depends on how much of it
 * is shown: the slope of the score over the masks' value there, which is what the score loses, amid the other masks,
 * when the place goes from shown to hidden. RISE (Petsiuk, Das, Saenko, BMVC 2018) sums the masks weighted by their
 * scores; the slope is that sum less what chance alone gives it, so it ranks alike, has a zero, and less noise.
 * `values` are 0 where the slope is within three of its standard errors.
 */
export async function explainByRise(
  task: ExplanationTask,
  score: ScoreInputs,
  settings: RiseSettings = defaultRise(task.input),
): Promise<Explanation> {
  const { input } = task;
  const { grid, keep } = settings;
  const cells = {
    rows: Math.max(1, Math.round(grid.rows / MAP_CELLS_PER_RANDOM_CELL)),
    columns: Math.max(1, Math.round(grid.columns / MAP_CELLS_PER_RANDOM_CELL)),
  };
  const radius = Math.ceil(Math.max(input.rows / cells.rows, input.columns / cells.columns));
  const hidden = fillInput(input, settings.fill, radius);
  const stream = seededStream(`rise/${task.seed}`);
  const shown: Float64Array[] = [];
  const masked = function* () {
    const masks = riseMasks(input, { cells, keep }, stream);
    for (let i = 0; i < settings.masks; i += 1) {
      const { values } = masks.next().value;
      shown.push(atCellCentres(values, input, grid));
      yield blendInputs(input, hidden, values);
    }
  };
  const sums = new MaskSums(grid.rows * grid.columns);
  const { scored, ms } = await scoreWithinBudget(masked(), { ...task, score }, (value) => {
    const mask = shown.shift();
    if (mask !== undefined) sums.add(mask, value);
  });
  const { slope, error } = sums.estimate();
  return {
    origin: 'rise',
    ...grid,
    ...normaliseLoss(slope, task.score, error),
    score: task.score,
    masks: scored,
    plannedMasks: settings.masks,
    ms,
    sufficient: scored >= Math.min(LEAST_MASKS, settings.masks),
  };
}

/** The mask is smooth over several cells: its value at a cell's centre stands for the cell. */
function atCellCentres(values: Float32Array, input: GridSize, grid: GridSize): Float64Array {
  const out = new Float64Array(grid.rows * grid.columns);
  for (let row = 0; row < grid.rows; row += 1) {
    const y = Math.floor(((row + 0.5) * input.rows) / grid.rows);
    for (let column = 0; column < grid.columns; column += 1) {
      const x = Math.floor(((column + 0.5) * input.columns) / grid.columns);
      out[row * grid.columns + column] = values[y * input.columns + x] ?? 0;
    }
  }
  return out;
}

/** Sums over masks m with scores s, from which the regression of s on m in each cell follows. */
class MaskSums {
  readonly #mask: Float64Array;
  readonly #squared: Float64Array;
  readonly #scored: Float64Array;
  #count = 0;
  #score = 0;
  #scoreSquared = 0;

  constructor(cells: number) {
    this.#mask = new Float64Array(cells);
    this.#squared = new Float64Array(cells);
    this.#scored = new Float64Array(cells);
  }

  add(mask: Float64Array, score: number): void {
    this.#count += 1;
    this.#score += score;
    this.#scoreSquared += score * score;
    for (let i = 0; i < mask.length; i += 1) {
      const m = mask[i] ?? 0;
      this.#mask[i] = (this.#mask[i] ?? 0) + m;
      this.#squared[i] = (this.#squared[i] ?? 0) + m * m;
      this.#scored[i] = (this.#scored[i] ?? 0) + m * score;
    }
  }

  /** Slope cov(s, m) / var(m), and its standard error when s does not depend on m: sd(s) / sqrt(n var(m)). */
  estimate(): { slope: Float64Array; error: Float64Array } {
    const n = this.#count;
    const slope = new Float64Array(this.#mask.length);
    const error = new Float64Array(this.#mask.length);
    const variance = Math.max(0, this.#scoreSquared - this.#score ** 2 / n) / Math.max(1, n - 1);
    for (let i = 0; i < slope.length; i += 1) {
      const shown = this.#mask[i] ?? 0;
      const spread = (this.#squared[i] ?? 0) - shown ** 2 / n;
      if (!(spread > 0)) continue;
      slope[i] = ((this.#scored[i] ?? 0) - (this.#score * shown) / n) / spread;
      error[i] = Math.sqrt(variance / spread);
    }
    return { slope, error };
  }
}
