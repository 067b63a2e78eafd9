import { createRandom, type Random } from '../random.ts';
import { smoothStep } from './grid.ts';

/**
 * One made-up chest, in millimetres: x to the patient's left, y to the feet, z to the back, origin in the midline
 * above the apices and in the middle of the cage's depth. The radiograph projects it along z, the CT cuts it in y.
 */
export interface Thorax {
  readonly sex: 'M' | 'F';
  /** Widest half-width and half-depth of the rib cage's inside. */
  readonly cageWidth: number;
  readonly cageDepth: number;
  readonly apexY: number;
  readonly widestY: number;
  /** Top of the right and left diaphragm. */
  readonly domeY: { readonly right: number; readonly left: number };
  readonly wall: number;
  readonly heart: { x: number; y: number; z: number; long: number; short: number; tilt: number };
  readonly mediastinum: number;
  readonly carinaY: number;
  readonly aortaX: number;
  readonly ribs: readonly Rib[];
  readonly vessels: readonly Vessel[];
  readonly spineBend: number;
  readonly vertebraHeight: number;
}

export type Point3 = readonly [x: number, y: number, z: number];

interface Rib {
  readonly side: 1 | -1;
  readonly number: number;
  readonly radius: number;
  /** From the spine to the anterior end; `angle` 0 is posterior, 90 degrees lateral. */
  readonly points: readonly { readonly at: Point3; readonly angle: number }[];
}

interface Vessel {
  readonly from: Point3;
  readonly to: Point3;
  readonly radius: number;
  readonly side: 1 | -1;
}

/** Draws a chest; the same seed always gives the same one. */
export function createThorax(seed: string, sex: 'M' | 'F', inspiration: number): Thorax {
  const random = createRandom(seed, 'anatomy');
  const size = (sex === 'M' ? 1.03 : 0.96) * random.between(0.95, 1.05);
  const apexY = random.between(56, 68);
  const domeRight = apexY + size * (inspiration * random.between(200, 224));
  const frame: Omit<Thorax, 'ribs' | 'vessels'> = {
    sex,
    cageWidth: size * random.between(129, 141),
    cageDepth: size * random.between(84, 96),
    apexY,
    widestY: apexY + 165 * size,
    domeY: { right: domeRight, left: domeRight + random.between(6, 17) },
    wall: random.between(20, 34),
    heart: {
      x: random.between(20, 29),
      y: domeRight - random.between(20, 30),
      z: -random.between(20, 30),
      long: size * random.between(62, 72),
      short: size * random.between(46, 55),
      tilt: random.between(0.5, 0.85),
    },
    mediastinum: random.between(23, 29),
    carinaY: apexY + random.between(84, 96),
    aortaX: random.between(34, 41),
    spineBend: random.between(-5, 5),
    vertebraHeight: size * random.between(21, 23.5),
  };
  return { ...frame, ribs: createRibs(frame, random), vessels: createVessels(frame, random) };
}

type Frame = Omit<Thorax, 'ribs' | 'vessels'>;

/** Half-width of the cage's inside at a height: a dome at the top, slightly narrower at the base. */
export function cageWidthAt(thorax: Frame, y: number): number {
  if (y <= thorax.apexY) return 0;
  if (y >= thorax.widestY) {
    return thorax.cageWidth * (1 - 0.07 * ((y - thorax.widestY) / 110) ** 2);
  }
  const rise = (thorax.widestY - y) / (thorax.widestY - thorax.apexY);
  return thorax.cageWidth * (1 - rise ** 2.3) ** 0.56;
}

export function cageDepthAt(thorax: Frame, y: number): number {
  return thorax.cageDepth * (cageWidthAt(thorax, y) / thorax.cageWidth) ** 0.8;
}

/** Centre line of the spine: a slight bend to one side. */
export function spineX(thorax: Frame, y: number): number {
  return thorax.spineBend * Math.sin((y - thorax.apexY) / 75);
}

/** Height of the diaphragm over a point; lower at the side walls, at the back and towards the front. */
export function diaphragmY(thorax: Frame, x: number, z: number): number {
  const top = x < 0 ? thorax.domeY.right : thorax.domeY.left;
  const centre = thorax.cageWidth * 0.5;
  const across = (Math.abs(x) - centre) / (thorax.cageWidth - centre);
  const sideways = across > 0 ? 38 * across ** 2.4 : 9 * across ** 2;
  const deep = (z + 12) / thorax.cageDepth;
  return top + sideways + (deep > 0 ? 52 * deep ** 2 : 26 * deep ** 2);
}

/** Normalised radius in the heart's ellipsoid: below 1 is inside. */
export function heartRadius(thorax: Frame, x: number, y: number, z: number): number {
  const { heart } = thorax;
  const [cos, sin] = [Math.cos(heart.tilt), Math.sin(heart.tilt)];
  const along = (x - heart.x) * cos + (y - heart.y) * sin;
  const across = -(x - heart.x) * sin + (y - heart.y) * cos;
  const atrium = Math.hypot((x + 12) / 33, (y - heart.y) / 45, (z - heart.z - 6) / 36);
  return Math.min(atrium, Math.hypot(along / heart.long, across / heart.short, (z - heart.z) / 46));
}

/** Half-width of the mediastinum on one side (+1 is the patient's left), with knob, hilum and vena cava. */
export function mediastinumEdge(thorax: Frame, y: number, side: 1 | -1): number {
  const { carinaY, mediastinum } = thorax;
  const bump = (centre: number, spread: number) => Math.exp(-(((y - centre) / spread) ** 2));
  const upper = mediastinum - 5 * smoothStep(carinaY - 20, thorax.apexY - 10, y);
  if (side === 1) {
    return (
      upper + (thorax.aortaX - mediastinum) * bump(carinaY - 24, 14) + 7 * bump(carinaY + 8, 15)
    );
  }
  return upper + 3 * bump(carinaY - 30, 26) + 4 * bump(carinaY + 12, 16);
}

/** Whether a point is lung. */
export function isLung(thorax: Frame, at: Point3, margin = 0): boolean {
  const [x, y, z] = at;
  const width = cageWidthAt(thorax, y) - margin;
  const depth = cageDepthAt(thorax, y) - margin;
  if (width <= 0 || depth <= 0 || (x / width) ** 2 + (z / depth) ** 2 > 1) return false;
  if (y > diaphragmY(thorax, x, z) - margin) return false;
  if (heartRadius(thorax, x, y, z) < 1 + margin / 45) return false;
  return Math.abs(x - spineX(thorax, y)) > mediastinumEdge(thorax, y, x < 0 ? -1 : 1) + margin;
}

function createRibs(frame: Frame, random: Random): Rib[] {
  const ribs: Rib[] = [];
  const drops = [26, 48, 62, 72, 80, 86, 90, 92, 84, 70, 50];
  for (let index = 0; index < drops.length; index += 1) {
    const drop = (drops[index] ?? 0) * random.between(0.94, 1.06);
    const headY = frame.apexY - 4 + index * frame.vertebraHeight;
    const reach = 148 - Math.max(0, index - 7) * 18;
    for (const side of [1, -1] as const) {
      const jitter = random.between(-1.5, 1.5);
      const points: Rib['points'][number][] = [];
      for (let angle = 4; angle <= reach; angle += 4) {
        const radians = (angle * Math.PI) / 180;
        const y =
          headY +
          jitter +
          drop * ((1 - Math.cos(radians)) / 2) ** 1.15 -
          7 * Math.sin(radians * 1.4) * (angle < 128 ? 1 : 0);
        const half = Math.max(30, cageWidthAt(frame, Math.max(y, frame.apexY + 9)) + 3);
        const depth = cageDepthAt(frame, Math.max(y, frame.apexY + 12)) + 3;
        const x = side * (14 + (half - 14) * Math.sin(radians) ** 0.75);
        points.push({ at: [x, y, depth * Math.cos(radians)], angle });
      }
      ribs.push({
        side,
        number: index + 1,
        radius: index === 0 ? 7 : random.between(5.6, 6.8),
        points,
      });
    }
  }
  return ribs;
}

function createVessels(frame: Frame, random: Random): Vessel[] {
  const vessels: Vessel[] = [];
  for (const side of [1, -1] as const) {
    const branches = 12;
    for (let branch = 0; branch < branches; branch += 1) {
      const fan = -1.25 + (2.5 * branch) / (branches - 1) + random.between(-0.16, 0.16);
      const start: Point3 = [
        side * (frame.mediastinum + random.between(4, 12)),
        frame.carinaY + 18 + fan * 14,
        random.between(-14, 22),
      ];
      const heading: Point3 = [side * Math.cos(fan), Math.sin(fan), random.between(-0.7, 0.7)];
      growVessel({ frame, random, side, vessels }, start, {
        heading,
        radius: random.between(3.4, 5.2),
      });
    }
  }
  return vessels;
}

interface Growth {
  readonly frame: Frame;
  readonly random: Random;
  readonly side: 1 | -1;
  readonly vessels: Vessel[];
}

function growVessel(
  growth: Growth,
  start: Point3,
  branch: { heading: Point3; radius: number },
): void {
  const { frame, random, side, vessels } = growth;
  let at = start;
  let heading = unitVector(branch.heading);
  let radius = branch.radius;
  const steps = random.integer(2, 4);
  for (let step = 0; step < steps; step += 1) {
    const length = 3.5 + radius * 1.9;
    heading = unitVector([
      heading[0] + 0.13 * random.normal(),
      heading[1] + 0.13 * random.normal(),
      heading[2] + 0.13 * random.normal(),
    ]);
    const to: Point3 = [
      at[0] + heading[0] * length,
      at[1] + heading[1] * length,
      at[2] + heading[2] * length,
    ];
    const central =
      Math.abs(to[0]) < frame.mediastinum + 22 &&
      Math.abs(to[1] - frame.carinaY - 18) < 40 &&
      Math.abs(to[2]) < 40;
    if (!central && !isLung(frame, to, 4)) return;
    vessels.push({ from: at, to, radius, side });
    at = to;
    radius *= 0.955;
  }
  if (radius < 0.55) return;
  const spread = random.between(0.3, 0.62);
  for (const turn of [spread, -spread * random.between(0.5, 1)]) {
    const twist = random.between(-0.5, 0.5);
    const cos = Math.cos(turn);
    const sin = Math.sin(turn);
    growVessel(growth, at, {
      heading: [
        heading[0] * cos - heading[1] * sin,
        heading[0] * sin + heading[1] * cos,
        heading[2] + twist,
      ],
      radius: radius * random.between(0.68, 0.88),
    });
  }
}

function unitVector(vector: Point3): Point3 {
  const length = Math.hypot(...vector) || 1;
  return [vector[0] / length, vector[1] / length, vector[2] / length];
}
