import { createRandom } from '../random.ts';
import { blur, Grid, smoothStep, textureNoise } from './grid.ts';

/** A plain lateral chest view: enough to be told from a frontal one, never with a lesion. 12-bit values. */
export function renderLateral(options: {
  seed: string;
  width: number;
  height: number;
  spacing: number;
}): Uint16Array {
  const { width, height, spacing } = options;
  const texture = textureNoise([width, height], createRandom(options.seed, 'lateral'), {
    cell: 40,
    count: 5,
    fall: 0.6,
  });
  const noise = createRandom(options.seed, 'noise');
  const density = new Grid(width, height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const x = (column + 0.5 - width / 2) * spacing;
      const y = (row + 0.5) * spacing;
      const index = row * width + column;
      density.data[index] = lateralDensity(x, y) * (1 + 0.02 * texture.at(index));
    }
  }
  const smooth = blur(density, 1.2);
  return Uint16Array.from(smooth.data, (value) => {
    const curved = 1 / (1 + Math.exp(-2.6 * (value - 1.55)));
    return Math.round(Math.min(4095, Math.max(0, 4095 * curved + 28 * noise.normal())));
  });
}

/** Attenuation at a point in millimetres; front of the body on the left. */
function lateralDensity(x: number, y: number): number {
  const half = 118 + 18 * smoothStep(40, 200, y) - 42 * smoothStep(95, 20, y);
  const body = 1 - (x / half) ** 2;
  if (body <= 0) return 0;
  const lungHalf = 92 * Math.sqrt(Math.max(0, 1 - ((y - 190) / 135) ** 2));
  const dome = 255 + 0.0035 * (x + 25) ** 2;
  const air =
    lungHalf > 0
      ? smoothStep(lungHalf, lungHalf - 6, Math.abs(x - 4)) * smoothStep(dome + 2, dome - 2, y)
      : 0;
  const heart = smoothStep(1.05, 0.9, Math.hypot((x + 38) / 44, (y - 215) / 55));
  const spineX = 78 + 14 * Math.sin((y - 60) / 95);
  const spine =
    smoothStep(17, 13, Math.abs(x - spineX)) *
    (0.75 + 0.25 * smoothStep(0, 0.3, Math.abs(Math.sin((y * Math.PI) / 24))));
  const ribs = [0, 1, 2, 3, 4, 5, 6, 7].reduce((sum, k) => {
    const line = 90 + k * 23 + 0.32 * (spineX - x);
    return sum + 0.11 * smoothStep(6, 4, Math.abs(y - line)) * smoothStep(-95, -60, x);
  }, 0);
  return 3.1 * Math.sqrt(body) - air * (2.1 - 1.1 * heart) + 0.45 * spine + ribs;
}
