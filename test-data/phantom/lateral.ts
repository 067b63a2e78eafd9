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
      density.data[index] = lateralDensity(x, y) * (1 + 0.018 * texture.at(index));
    }
  }
  const smooth = blur(density, 0.9);
  return Uint16Array.from(smooth.data, (value) => {
    const curved = 1 / (1 + Math.exp(-2.3 * (value - 1.85)));
    return Math.round(Math.min(4095, Math.max(0, 4095 * curved + 28 * noise.normal())));
  });
}

/** Attenuation at a point in millimetres; front of the body on the left. */
function lateralDensity(x: number, y: number): number {
  const half = 112 + 24 * smoothStep(60, 230, y) - 48 * smoothStep(100, 10, y);
  const body = 1 - Math.abs(x / half) ** 2.4;
  if (body <= 0) return 0;
  const shoulders = 0.9 * smoothStep(125, 70, y) * smoothStep(85, 10, Math.abs(x - 25));
  const air = lateralAir(x, y);
  const heart = Math.hypot((x + 34) / 46, (y - 218) / 56);
  const inHeart = heart < 1 ? 0.62 * Math.sqrt(1 - heart * heart) : 0;
  const hilum = 0.3 * Math.exp(-(((x - 8) / 15) ** 2) - ((y - 172) / 20) ** 2);
  const sternum =
    0.32 *
    smoothStep(6, 3.5, Math.abs(x + 88 - 0.12 * (y - 170))) *
    smoothStep(80, 95, y) *
    smoothStep(250, 235, y);
  const bones = lateralSpine(x, y) + lateralRibs(x, y) + sternum;
  return 2.5 * body ** 0.4 - 1.75 * air + air * (inHeart + hilum) * 1.6 + shoulders + bones;
}

/** 0 outside the lungs to 1 in their middle; two domes below, the sulcus deep at the back. */
function lateralAir(x: number, y: number): number {
  const reach = Math.hypot((x - 2) / 92, (y - 196) / (y < 196 ? 136 : 190));
  if (reach >= 1) return 0;
  const dome = (top: number) => top + (x > -20 ? 0.0062 * (x + 20) ** 2 : 0.0035 * (x + 20) ** 2);
  const below =
    0.5 * smoothStep(1.5, -1.5, y - dome(252)) + 0.5 * smoothStep(1.5, -1.5, y - dome(263));
  return Math.sqrt(1 - reach * reach) * below;
}

function lateralSpine(x: number, y: number): number {
  const middle = 72 + 15 * Math.sin((y - 50) / 95);
  const phase = (((y - 20) % 23.5) + 23.5) % 23.5;
  const body = smoothStep(15, 13, Math.abs(x - middle));
  const rim = smoothStep(2.4, 1.2, Math.min(phase, Math.abs(phase - 19)));
  const block = phase < 19 ? 0.3 + 0.16 * rim : 0.1;
  const arch = 0.16 * smoothStep(9, 5, Math.hypot((x - middle - 24) / 1.3, phase - 12));
  return body * block + arch;
}

function lateralRibs(x: number, y: number): number {
  let sum = 0;
  for (let k = 0; k < 9; k += 1) {
    for (const offset of [0, 6]) {
      const line = 78 + k * 23.5 + offset + 0.42 * (95 - x) - 0.0008 * (95 - x) ** 2;
      const share = Math.abs(y - line) / 5.5;
      if (share < 1.1)
        sum += 0.07 * smoothStep(1.1, 0.8, share) * (0.7 + 0.5 * share) * smoothStep(-85, -40, x);
    }
  }
  return sum;
}
