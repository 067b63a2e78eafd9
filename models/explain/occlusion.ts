import { type Explanation, type ExplanationTask, normaliseLoss } from './explanation.ts';
import { type Fill, fillInput } from './fill.ts';
import { cellStart, type GridSize, gridOver } from './map-grid.ts';
import type { NetworkInput, ScoreInputs } from './network-input.ts';
import { scoreWithinBudget } from './score-within-budget.ts';
import { seededStream, shuffle } from './seeded-stream.ts';

export interface OcclusionSettings {
  /** Cells of the map. What is hidden is a patch of 2 x 2 cells, moved by one cell. */
  readonly grid: GridSize;
  readonly fill: Fill;
}

const CELLS = 16;
const PATCH_CELLS = 2;

/** Sixteen cells along the longer side: patches of an eighth of it. */
export function defaultOcclusion(input: GridSize): OcclusionSettings {
  return { grid: gridOver(input, CELLS), fill: 'local-mean' };
}

/** The upper left cell of a patch; -1 for those that lie half outside, so that each cell is under four patches. */
export interface Patch {
  readonly row: number;
  readonly column: number;
}

/**
 * First the patches that tile the grid without overlap, so that an estimate that is cut short has seen every place,
 * then the others; each in an order of chance.
 * @returns the patches, and how many of them tile the grid
 */
export function planPatches(grid: GridSize, seed: string): { patches: Patch[]; tiling: number } {
  const tiles: Patch[] = [];
  const others: Patch[] = [];
  for (let row = -1; row < grid.rows; row += 1) {
    for (let column = -1; column < grid.columns; column += 1) {
      const isTile = row % PATCH_CELLS === 0 && column % PATCH_CELLS === 0;
      (isTile ? tiles : others).push({ row, column });
    }
  }
  const next = seededStream(`occlusion/${seed}`);
  return { patches: [...shuffle(tiles, next), ...shuffle(others, next)], tiling: tiles.length };
}

/**
 * Hides one patch after another and records what the score loses (Zeiler and Fergus, ECCV 2014). A cell's loss is the
 * mean over the patches that cover it. Patches whose filling changes nothing, such as those over the padding, lose
 * nothing and are not run.
 */
export async function explainByOcclusion(
  task: ExplanationTask,
  score: ScoreInputs,
  settings: OcclusionSettings = defaultOcclusion(task.input),
): Promise<Explanation> {
  const { input } = task;
  const { grid } = settings;
  const patchPixels = Math.max(input.rows / grid.rows, input.columns / grid.columns) * PATCH_CELLS;
  const hidden = fillInput(input, settings.fill, Math.ceil(patchPixels));
  const { patches, tiling } = planPatches(grid, task.seed);
  const loss = new LossUnderPatches(grid);
  const run: Patch[] = [];
  let toTile = 0;
  for (const [i, patch] of patches.entries()) {
    if (!changesInput(input, hidden, rowsUnder(input, grid, patch))) {
      loss.add(patch, 0);
      continue;
    }
    run.push(patch);
    if (i < tiling) toTile += 1;
  }
  const masked = function* () {
    for (const patch of run) yield hidePatch(input, hidden, rowsUnder(input, grid, patch));
  };
  const { scored, ms } = await scoreWithinBudget(masked(), { ...task, score }, (value, index) => {
    const patch = run[index];
    if (patch !== undefined) loss.add(patch, task.score - value);
  });
  return {
    origin: 'occlusion',
    ...grid,
    ...normaliseLoss(loss.means(), task.score),
    score: task.score,
    masks: scored,
    plannedMasks: run.length,
    ms,
    sufficient: scored >= toTile,
  };
}

/** The stretches of the data, [from, to), that lie under a patch, in all channels. */
function* rowsUnder(
  input: NetworkInput,
  grid: GridSize,
  { row, column }: Patch,
): Generator<[number, number]> {
  const top = cellStart(row, grid.rows, input.rows);
  const bottom = cellStart(row + PATCH_CELLS, grid.rows, input.rows);
  const left = cellStart(column, grid.columns, input.columns);
  const right = cellStart(column + PATCH_CELLS, grid.columns, input.columns);
  for (let channel = 0; channel < input.channels; channel += 1) {
    for (let y = top; y < bottom; y += 1) {
      const start = (channel * input.rows + y) * input.columns;
      yield [start + left, start + right];
    }
  }
}

type Stretches = Iterable<[number, number]>;

function hidePatch(input: NetworkInput, hidden: Float32Array, stretches: Stretches): Float32Array {
  const out = Float32Array.from(input.data);
  for (const [from, to] of stretches) out.set(hidden.subarray(from, to), from);
  return out;
}

function changesInput(input: NetworkInput, hidden: Float32Array, stretches: Stretches): boolean {
  for (const [from, to] of stretches) {
    for (let i = from; i < to; i += 1) if (input.data[i] !== hidden[i]) return true;
  }
  return false;
}

class LossUnderPatches {
  readonly #grid: GridSize;
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;

  constructor(grid: GridSize) {
    this.#grid = grid;
    this.#sums = new Float64Array(grid.rows * grid.columns);
    this.#counts = new Uint32Array(grid.rows * grid.columns);
  }

  add(patch: Patch, loss: number): void {
    const { rows, columns } = this.#grid;
    for (
      let row = Math.max(0, patch.row);
      row < Math.min(patch.row + PATCH_CELLS, rows);
      row += 1
    ) {
      const last = Math.min(patch.column + PATCH_CELLS, columns);
      for (let column = Math.max(0, patch.column); column < last; column += 1) {
        const cell = row * columns + column;
        this.#sums[cell] = (this.#sums[cell] ?? 0) + loss;
        this.#counts[cell] = (this.#counts[cell] ?? 0) + 1;
      }
    }
  }

  /** 0 where no patch has been. */
  means(): Float64Array {
    return this.#sums.map((sum, i) => sum / Math.max(1, this.#counts[i] ?? 0));
  }
}
