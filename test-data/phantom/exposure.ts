import { createRandom, type Random } from '../random.ts';
import { blur, Grid, smoothStep } from './grid.ts';
import type { Projection } from './projection.ts';

const MAXIMUM = 4095;

/**
 * From attenuation to 12-bit display values: beam, collimator, scatter, focal blur, quantum noise, the logarithm and
 * the edge enhancement and tone curve of a digital system.
 */
export function exposeRadiograph(projection: Projection, seed: string): Uint16Array {
  const random = createRandom(seed, 'exposure');
  const { grid, view } = projection;
  const ap = view === 'AP';
  const open = collimator(projection, random);
  const transmitted = new Grid(grid.width, grid.height);
  for (let i = 0; i < grid.data.length; i += 1)
    transmitted.data[i] = Math.exp(-grid.at(i)) * open.at(i);
  const sharp = blur(transmitted, ap ? 0.9 : 0.7);
  const scatter = scatterOf(transmitted, 30 / projection.spacing);
  const scatterShare = ap ? random.between(0.38, 0.52) : random.between(0.22, 0.36);
  const dose = ap ? random.between(2.2e4, 4e4) : random.between(4e4, 8e4);
  const noise = createRandom(seed, 'noise');
  const density = new Grid(grid.width, grid.height);
  for (let i = 0; i < grid.data.length; i += 1) {
    const signal = sharp.at(i) + scatterShare * scatter.at(i) * (0.15 + 0.85 * open.at(i)) + 2e-4;
    const noisy = signal + noise.normal() * Math.sqrt(signal / dose);
    density.data[i] = -Math.log(Math.max(noisy, 1e-4));
  }
  return toneCurve(density, open, { random, spacing: projection.spacing });
}

/** 1 where the beam passes, 0 behind the blades; the blades are seldom quite straight. */
function collimator(projection: Projection, random: Random): Grid {
  const { width, height } = projection.grid;
  const open = new Grid(width, height);
  const margin = () => (random.chance(0.65) ? random.between(4, 22) : -20);
  const [left, right, top, bottom] = [margin(), margin(), margin(), margin()];
  const slope = random.normal() * 0.006;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [u, v] = [x + slope * (y - height / 2), y - slope * (x - width / 2)];
      const inside = Math.min(u - left, width - right - u, v - top, height - bottom - v);
      open.data[y * width + x] = smoothStep(-1.2, 1.2, inside);
    }
  }
  return open;
}

/** Scattered light is very smooth: it is worked out on a coarse picture. `sigma` in pixels. */
function scatterOf(source: Grid, sigma: number): Grid {
  const step = 8;
  const coarse = new Grid(Math.ceil(source.width / step), Math.ceil(source.height / step));
  for (let y = 0; y < coarse.height; y += 1) {
    for (let x = 0; x < coarse.width; x += 1) {
      coarse.data[y * coarse.width + x] = source.sample(x * step + 3.5, y * step + 3.5);
    }
  }
  const smooth = blur(coarse, sigma / step);
  const result = new Grid(source.width, source.height);
  for (let y = 0; y < source.height; y += 1) {
    for (let x = 0; x < source.width; x += 1) {
      result.data[y * source.width + x] = smooth.sample((x - 3.5) / step, (y - 3.5) / step);
    }
  }
  return result;
}

/** Edge enhancement against a wide blur, then an S-shaped curve between dark lung and bright abdomen. */
function toneCurve(
  density: Grid,
  open: Grid,
  look: { random: Random; spacing: number },
): Uint16Array {
  const { random, spacing } = look;
  const range = centralRange(density, open);
  // Behind the blades the middle of the range stands in, so that enhancement leaves no halo along the border.
  const shown = new Grid(density.width, density.height);
  const middle = (range.low + range.high) / 2;
  for (let i = 0; i < shown.data.length; i += 1) {
    shown.data[i] = middle + (density.at(i) - middle) * (open.at(i) > 0.9 ? 1 : 0);
  }
  const wide = blur(shown, 11 / spacing);
  const fine = blur(density, 1.6 / spacing);
  const gain = random.between(0.3, 0.55);
  const edges = random.between(0.25, 0.5);
  const contrast = random.between(4.3, 5.2);
  const brightness = random.between(0.33, 0.4);
  const values = new Uint16Array(density.data.length);
  for (let i = 0; i < values.length; i += 1) {
    const enhanced =
      density.at(i) + gain * (shown.at(i) - wide.at(i)) + edges * (density.at(i) - fine.at(i));
    const t = open.at(i) < 0.5 ? 1.2 : (enhanced - range.low) / (range.high - range.low);
    const curved = 1 / (1 + Math.exp(-contrast * (t - brightness)));
    values[i] = Math.min(MAXIMUM, Math.max(0, Math.round(curved * MAXIMUM)));
  }
  return values;
}

/** Densities of the darkest lung and the brightest tissue within the beam's middle. */
function centralRange(density: Grid, open: Grid): { low: number; high: number } {
  const values: number[] = [];
  const { width, height } = density;
  for (let y = Math.floor(height * 0.15); y < height * 0.95; y += 3) {
    for (let x = Math.floor(width * 0.12); x < width * 0.88; x += 3) {
      const index = y * width + x;
      if (open.at(index) > 0.99) values.push(density.at(index));
    }
  }
  values.sort((a, b) => a - b);
  const at = (share: number) => values[Math.floor(share * (values.length - 1))] ?? 0;
  return { low: at(0.02), high: Math.max(at(0.985), at(0.02) + 0.1) };
}
