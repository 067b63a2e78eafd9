import type { Random } from '../random.ts';

/** A picture of floats, row by row, with bounds-safe access. */
export class Grid {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Float32Array(width * height);
  }

  at(index: number): number {
    return this.data[index] ?? 0;
  }

  add(index: number, value: number): void {
    this.data[index] = this.at(index) + value;
  }

  raise(index: number, value: number): void {
    if (value > this.at(index)) this.data[index] = value;
  }

  /** Bilinear sample at fractional pixel coordinates, clamped at the borders. */
  sample(x: number, y: number): number {
    const cx = Math.min(Math.max(x, 0), this.width - 1);
    const cy = Math.min(Math.max(y, 0), this.height - 1);
    const x0 = Math.min(Math.floor(cx), Math.max(0, this.width - 2));
    const y0 = Math.min(Math.floor(cy), Math.max(0, this.height - 2));
    const [fx, fy] = [cx - x0, cy - y0];
    const index = y0 * this.width + x0;
    const top = this.at(index) * (1 - fx) + this.at(index + 1) * fx;
    const bottom = this.at(index + this.width) * (1 - fx) + this.at(index + this.width + 1) * fx;
    return top * (1 - fy) + bottom * fy;
  }
}

/** Three passes of a box filter, close to a Gaussian of standard deviation `sigma` pixels. */
export function blur(source: Grid, sigma: number): Grid {
  const radius = Math.max(1, Math.round(Math.sqrt(4 * sigma * sigma + 1) / 2 - 0.5));
  let current = source;
  for (let pass = 0; pass < 3; pass += 1) current = boxBlur(current, radius);
  return current;
}

function boxBlur(source: Grid, radius: number): Grid {
  const { width, height } = source;
  const middle = new Grid(width, height);
  const result = new Grid(width, height);
  for (let y = 0; y < height; y += 1)
    boxLine(source, middle, { start: y * width, step: 1, count: width, radius });
  for (let x = 0; x < width; x += 1)
    boxLine(middle, result, { start: x, step: width, count: height, radius });
  return result;
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly count: number;
  readonly radius: number;
}

function boxLine(source: Grid, target: Grid, line: Line): void {
  const { start, step, count, radius } = line;
  const read = (i: number) => source.at(start + Math.min(Math.max(i, 0), count - 1) * step);
  let sum = 0;
  for (let i = -radius; i <= radius; i += 1) sum += read(i);
  for (let i = 0; i < count; i += 1) {
    target.data[start + i * step] = sum / (2 * radius + 1);
    sum += read(i + radius + 1) - read(i - radius);
  }
}

/** Smooth random texture: octaves of bilinear value noise; mean 0, about 1 in spread. `cell` in pixels. */
export function textureNoise(
  size: readonly [width: number, height: number],
  random: Random,
  octaves: { cell: number; count: number; fall: number },
): Grid {
  const [width, height] = size;
  const result = new Grid(width, height);
  let { cell } = octaves;
  let weight = 1;
  for (let octave = 0; octave < octaves.count && cell >= 1; octave += 1) {
    const lattice = new Grid(Math.ceil(width / cell) + 2, Math.ceil(height / cell) + 2);
    for (let i = 0; i < lattice.data.length; i += 1) lattice.data[i] = random.normal();
    addLattice(result, lattice, { cell, weight });
    cell /= 2;
    weight *= octaves.fall;
  }
  return result;
}

/** Adds a coarse lattice, bilinearly spread: one lattice row is blended per picture row, then walked along. */
function addLattice(target: Grid, lattice: Grid, spread: { cell: number; weight: number }): void {
  const blended = new Float32Array(lattice.width);
  for (let y = 0; y < target.height; y += 1) {
    const row = Math.floor(y / spread.cell);
    const fy = y / spread.cell - row;
    for (let i = 0; i < lattice.width; i += 1) {
      const index = row * lattice.width + i;
      blended[i] =
        spread.weight * (lattice.at(index) * (1 - fy) + lattice.at(index + lattice.width) * fy);
    }
    for (let x = 0; x < target.width; x += 1) {
      const column = Math.floor(x / spread.cell);
      const fx = x / spread.cell - column;
      const value = (blended[column] ?? 0) * (1 - fx) + (blended[column + 1] ?? 0) * fx;
      target.add(y * target.width + x, value);
    }
  }
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

export type Point = readonly [x: number, y: number];
