import { createRandom } from '../random.ts';
import {
  cageDepthAt,
  cageWidthAt,
  diaphragmY,
  isLung,
  type Point3,
  type Thorax,
} from './thorax.ts';

export const SUBTLETIES = ['obvious', 'moderate', 'subtle'] as const;
export type Subtlety = (typeof SUBTLETIES)[number];

/** A rounded mass or nodule within the lung. */
export interface Lesion {
  readonly subtlety: Subtlety;
  readonly at: Point3;
  /** Mean radius in millimetres. */
  readonly radius: number;
  /** Density against soft tissue: 1 is solid; above 1 it is longer along the beam than across. */
  readonly density: number;
  /** Amplitude and phase of the outline's waves. */
  readonly waves: readonly {
    readonly count: number;
    readonly size: number;
    readonly phase: number;
  }[];
}

/** What the words mean: diameter in millimetres and density. */
const SUBTLETY_RANGES: Readonly<
  Record<Subtlety, { diameter: readonly [number, number]; density: readonly [number, number] }>
> = {
  obvious: { diameter: [26, 38], density: [1.2, 1.4] },
  moderate: { diameter: [18, 25], density: [1.15, 1.35] },
  subtle: { diameter: [13, 17], density: [1.05, 1.25] },
};

/** Puts a lesion into lung, clear of heart, diaphragm and mediastinum. Draws from a stream of its own. */
export function placeLesion(thorax: Thorax, seed: string, subtlety: Subtlety): Lesion {
  const random = createRandom(seed, 'lesion');
  const place = [random.unit(), random.unit()] as const;
  const { diameter, density } = SUBTLETY_RANGES[subtlety];
  const radius = (diameter[0] + (diameter[1] - diameter[0]) * place[0]) / 2;
  const waves = [2, 3, 5, 7].map((count) => ({
    count,
    size: random.between(0.02, 0.22 / count),
    phase: random.between(0, 2 * Math.PI),
  }));
  const rest = {
    subtlety,
    radius,
    density: density[0] + (density[1] - density[0]) * place[1],
    waves,
  };
  for (let attempt = 0; attempt < 5000; attempt += 1) {
    const y = random.between(
      thorax.apexY + 22,
      Math.max(thorax.domeY.right, thorax.domeY.left) + 10,
    );
    const x = random.between(-1, 1) * cageWidthAt(thorax, y);
    const z = random.between(-0.8, 0.8) * cageDepthAt(thorax, y);
    const margin = Math.min(radius * 0.8, 12);
    // Seen from the front it must not lie behind the dome or in the heart's shadow.
    const visible =
      y < diaphragmY(thorax, x, -12) - radius && isLung(thorax, [x, y, thorax.heart.z], 5);
    if (visible && isLung(thorax, [x, y, z], margin)) return { ...rest, at: [x, y, z] };
  }
  return { ...rest, at: [-0.55 * thorax.cageWidth, thorax.carinaY + 40, 20] };
}

/** Radius of the outline in a direction of the plane that is looked at. */
export function lesionOutline(lesion: Lesion, angle: number): number {
  return lesion.waves.reduce(
    (radius, wave) =>
      radius + lesion.radius * wave.size * Math.sin(wave.count * angle + wave.phase),
    lesion.radius,
  );
}

/** Millimetres of soft tissue along the beam at an offset from the lesion's centre. */
export function lesionThickness(lesion: Lesion, dx: number, dy: number): number {
  const outline = lesionOutline(lesion, Math.atan2(dy, dx));
  const distance = Math.hypot(dx, dy);
  if (distance >= outline) return 0;
  const share = distance / outline;
  return 2 * lesion.radius * lesion.density * Math.sqrt(1 - share * share);
}
