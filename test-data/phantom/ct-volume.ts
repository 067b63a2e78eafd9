import { createRandom } from '../random.ts';
import { createTissue, type Tissue } from './ct-tissue.ts';
import { ctTubes, drawTubes } from './ct-tubes.ts';
import { Grid, smoothStep, textureNoise } from './grid.ts';
import { type Lesion, lesionOutline, placeLesion } from './lesion.ts';
import type { SliceFrame } from './slice-frame.ts';
import { createThorax, type Thorax } from './thorax.ts';

const FIELD_OF_VIEW = 360;
const SLICE_SPACING = 10;
const LUNG = -855;

export interface CtOptions {
  readonly seed: string;
  readonly sex: 'M' | 'F';
  readonly slices: number;
  readonly matrix: number;
  readonly lesion: Lesion['subtlety'] | null;
}

export interface CtVolume {
  readonly matrix: number;
  /** Millimetres per pixel, and from slice to slice. */
  readonly spacing: number;
  readonly sliceSpacing: number;
  readonly slices: readonly CtSlice[];
}

interface CtSlice {
  readonly hounsfield: Int16Array;
  /** x, y, width, height in pixels of the lesion's part in this slice. */
  readonly box: readonly [number, number, number, number] | null;
}

/** A made-up chest CT, thin slices at intervals; anatomy and noise do not depend on `lesion`. */
export function renderCtVolume(options: CtOptions): CtVolume {
  const thorax = createThorax(options.seed, options.sex, 1);
  const spacing = FIELD_OF_VIEW / options.matrix;
  const lesion = options.lesion === null ? null : placeLesion(thorax, options.seed, options.lesion);
  const tissue = createTissue(thorax, options.seed);
  const scene: Scene = { thorax, tissue, lesion, spacing, options };
  const height = options.slices * SLICE_SPACING;
  const middle = (thorax.apexY + thorax.domeY.left + 28) / 2;
  const slices = Array.from({ length: options.slices }, (_, index) =>
    renderSlice(scene, middle - height / 2 + (index + 0.5) * SLICE_SPACING, index),
  );
  return { matrix: options.matrix, spacing, sliceSpacing: SLICE_SPACING, slices };
}

interface Scene {
  readonly thorax: Thorax;
  readonly tissue: Tissue;
  readonly lesion: Lesion | null;
  readonly spacing: number;
  readonly options: CtOptions;
}

function renderSlice(scene: Scene, y: number, index: number): CtSlice {
  const { options, spacing, tissue } = scene;
  const { matrix } = options;
  const grid = new Grid(matrix, matrix);
  const texture = textureNoise([matrix, matrix], createRandom(options.seed, 'texture', index), {
    cell: 12,
    count: 2,
    fall: 0.7,
  });
  const slice = tissue.slice(y);
  for (let row = 0; row < matrix; row += 1) {
    for (let column = 0; column < matrix; column += 1) {
      const x = (column + 0.5 - matrix / 2) * spacing;
      const z = (row + 0.5 - matrix / 2) * spacing;
      const value = slice(x, z);
      const grain = value > -950 ? (value < -700 ? 16 : 5) * texture.at(row * matrix + column) : 0;
      grid.data[row * matrix + column] = value + grain;
    }
  }
  drawTubes({ y, grid, spacing }, ctTubes(scene.thorax, tissue.blood));
  const box = scene.lesion === null ? null : drawLesionSlice({ y, grid, spacing }, scene.lesion);
  return { hounsfield: addNoise(grid, options.seed, index), box };
}

function drawLesionSlice(frame: SliceFrame, lesion: Lesion): CtSlice['box'] {
  const { grid, spacing, y } = frame;
  const depth = y - lesion.at[1];
  if (Math.abs(depth) >= lesion.radius) return null;
  const cut = Math.sqrt(lesion.radius ** 2 - depth ** 2);
  const centre = [
    lesion.at[0] / spacing + grid.width / 2 - 0.5,
    lesion.at[2] / spacing + grid.height / 2 - 0.5,
  ] as const;
  const reach = Math.ceil((cut * 1.5) / spacing);
  for (let row = Math.floor(centre[1]) - reach; row <= centre[1] + reach; row += 1) {
    for (let column = Math.floor(centre[0]) - reach; column <= centre[0] + reach; column += 1) {
      const dx = (column - centre[0]) * spacing;
      const dz = (row - centre[1]) * spacing;
      const outline = (lesionOutline(lesion, Math.atan2(dz, dx)) / lesion.radius) * cut;
      const inside = smoothStep(
        outline + spacing * 0.6,
        outline - spacing * 0.6,
        Math.hypot(dx, dz),
      );
      const index = row * grid.width + column;
      const here = grid.at(index);
      const solid = Math.max(here, LUNG + Math.min(1, lesion.density * 0.85) * 890);
      grid.data[index] = here + inside * (solid - here);
    }
  }
  if (cut < 3) return null;
  const half = (cut * 1.08) / spacing;
  return [
    Math.round(centre[0] - half),
    Math.round(centre[1] - half),
    Math.round(2 * half),
    Math.round(2 * half),
  ];
}

/** Detector noise, then the kernel's slight smoothing (1-2-1 both ways), clipped to what 12 bits hold. */
function addNoise(grid: Grid, seed: string, index: number): Int16Array {
  const random = createRandom(seed, 'noise', index);
  const strength = createRandom(seed, 'dose').between(16, 30);
  const { width, height } = grid;
  for (let i = 0; i < grid.data.length; i += 1) grid.add(i, strength * random.normal());
  const middle = new Float32Array(grid.data.length);
  const result = new Int16Array(grid.data.length);
  for (let i = 0; i < grid.data.length; i += 1) {
    const column = i % width;
    const left = column > 0 ? grid.at(i - 1) : grid.at(i);
    const right = column < width - 1 ? grid.at(i + 1) : grid.at(i);
    middle[i] = (left + 2 * grid.at(i) + right) / 4;
  }
  for (let i = 0; i < result.length; i += 1) {
    const row = Math.floor(i / width);
    const centre = middle[i] ?? 0;
    const above = row > 0 ? (middle[i - width] ?? 0) : centre;
    const below = row < height - 1 ? (middle[i + width] ?? 0) : centre;
    result[i] = Math.min(3071, Math.max(-1024, Math.round((above + 2 * centre + below) / 4)));
  }
  return result;
}
