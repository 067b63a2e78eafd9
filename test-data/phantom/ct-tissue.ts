import { createRandom } from '../random.ts';
import { smoothStep } from './grid.ts';
import {
  cageDepthAt,
  cageWidthAt,
  diaphragmY,
  heartRadius,
  mediastinumEdge,
  spineX,
  type Thorax,
} from './thorax.ts';

const AIR = -1000;
const LUNG = -855;
const FAT = -95;
const MUSCLE = 52;

/** Hounsfield units of a chest's large structures; `slice(y)` gives the values at (x, z) of one height. */
export interface Tissue {
  /** Of blood, higher where contrast medium was given. */
  readonly blood: number;
  readonly slice: (y: number) => (x: number, z: number) => number;
}

interface Disc {
  readonly x: number;
  readonly z: number;
  readonly rx: number;
  readonly rz: number;
  readonly value: number;
}

function isWithin(disc: Disc, x: number, z: number): boolean {
  const [dx, dz] = [(x - disc.x) / disc.rx, (z - disc.z) / disc.rz];
  return dx * dx + dz * dz < 1;
}

export function createTissue(thorax: Thorax, seed: string): Tissue {
  const random = createRandom(seed, 'ct');
  const enhanced = random.chance(0.5);
  const blood = enhanced ? random.between(150, 210) : random.between(38, 48);
  const liver = enhanced ? random.between(85, 105) : random.between(50, 62);
  const gas = { x: random.between(55, 72), z: random.between(-50, -36), r: random.between(20, 30) };
  const fat = thorax.wall * random.between(0.3, 0.55);
  return {
    blood,
    slice: (y) => {
      const width = Math.max(
        cageWidthAt(thorax, Math.max(y, thorax.apexY + 30)),
        0.86 * thorax.cageWidth,
      );
      const shape = {
        bodyWidth: width + thorax.wall,
        bodyDepth:
          Math.max(cageDepthAt(thorax, Math.max(y, thorax.apexY + 30)), 0.9 * thorax.cageDepth) +
          thorax.wall * 0.72,
        cageWidth: cageWidthAt(thorax, y),
        cageDepth: cageDepthAt(thorax, y),
      };
      const spine = spineAt(thorax, y);
      const organs = [...vesselsAt(thorax, y, blood), ...airwaysAt(thorax, y), ...spine];
      const reach = Math.max(...organs.map((disc) => Math.abs(disc.x) + disc.rx));
      const inside = (x: number, z: number) => {
        const organ =
          Math.abs(x) > reach ? undefined : organs.findLast((disc) => isWithin(disc, x, z));
        if (organ !== undefined) return organ.value;
        return viscera({ thorax, blood, liver, gas }, y, [x, z]);
      };
      return (x, z) => {
        const body =
          (Math.abs(x) / shape.bodyWidth) ** 2.5 + (Math.abs(z) / shape.bodyDepth) ** 2.3;
        if (body > 1) return tableAt(x, z, shape.bodyDepth);
        const wall = (1 - body) * shape.bodyDepth * 0.42;
        if (wall < 1.6) return 15;
        const cage = (x / (shape.cageWidth + 3.5)) ** 2 + (z / (shape.cageDepth + 3.5)) ** 2;
        if (shape.cageWidth > 0 && cage < 1) return inside(x, z);
        const bone = Math.abs(x) > 40 ? undefined : spine.findLast((disc) => isWithin(disc, x, z));
        if (bone !== undefined) return bone.value;
        const bladeValue = scapulaAt(thorax, y, [x, z], shape);
        if (bladeValue !== undefined) return bladeValue;
        if (sternumAt(thorax, y, x, z, shape.cageDepth)) return 230;
        return wall < fat ? FAT : layered(x, z, wall - fat);
      };
    },
  };
}

/** Muscle of the wall, parted by thin sheets of fat. */
function layered(x: number, z: number, depth: number): number {
  const sheet = Math.sin(depth * 0.62 + 0.7 * Math.sin(Math.atan2(z, x) * 5));
  return sheet > 0.86 ? FAT * 0.6 : MUSCLE;
}

function tableAt(x: number, z: number, bodyDepth: number): number {
  const top = bodyDepth + 3 + 0.0006 * (150 * 150 - x * x) * 0.2;
  return Math.abs(x) < 165 && z > top && z < top + 2.5 ? -450 : AIR;
}

interface Content {
  readonly thorax: Thorax;
  readonly blood: number;
  readonly liver: number;
  readonly gas: { readonly x: number; readonly z: number; readonly r: number };
}

function viscera(content: Content, y: number, [x, z]: readonly [number, number]): number {
  const { thorax, blood, liver, gas } = content;
  const heart = heartRadius(thorax, x, y, z);
  if (heart < 1.06) {
    if (heart > 1) return FAT;
    return heart < 0.78 ? blood : blood * 0.45 + 45;
  }
  const below = y - diaphragmY(thorax, x, z);
  if (below > 0) {
    if (below < 3) return MUSCLE;
    if (x < 18) return liver;
    if (Math.hypot(x - gas.x, (z - gas.z) * 1.3) < gas.r) return z < gas.z + 6 ? -940 : 25;
    if (z > 8 && x > 40) return liver * 0.9;
    return FAT;
  }
  const middle = x - spineX(thorax, y);
  const edge = mediastinumEdge(thorax, y, middle < 0 ? -1 : 1);
  const front = smoothStep(-20, -62, z);
  const back = smoothStep(20, 45, z);
  const half = edge * (1 - 0.62 * front - 0.12 * back);
  if (Math.abs(middle) < half) return FAT;
  const dependent = 55 * smoothStep(-60, 85, z);
  return LUNG + dependent;
}

function vesselsAt(thorax: Thorax, y: number, blood: number): Disc[] {
  const { carinaY, aortaX } = thorax;
  const discs: Disc[] = [];
  const arch = carinaY - 24;
  const vessel = (x: number, z: number, r: number) =>
    discs.push({ x, z, rx: r, rz: r, value: blood });
  if (y < arch - 9) {
    vessel(-16, -18, 6.5);
    vessel(2, -20, 4.5);
    vessel(14, -6, 5);
  } else if (y < arch + 9) {
    for (let t = 0; t <= 1; t += 0.1) vessel(-6 + (aortaX - 19) * t ** 0.7, -26 + 58 * t, 12);
  } else {
    if (y < thorax.heart.y - 30) vessel(-12, -28, 15.5);
    vessel(aortaX - 16, 46, 12);
    if (y > carinaY - 6 && y < carinaY + 24) {
      vessel(16, -28, 13.5);
      for (let t = 0; t <= 1; t += 0.1) vessel(14 - 44 * t, -14 + 12 * t, 9);
      vessel(30, -4, 9);
    }
  }
  if (y > thorax.apexY + 20 && y < thorax.heart.y) vessel(-24, -16, 8.5);
  discs.push({ x: 5, z: 36, rx: 7.5, rz: 5.5, value: 40 });
  return discs;
}

function airwaysAt(thorax: Thorax, y: number): Disc[] {
  const down = y - thorax.carinaY;
  if (down < 0) {
    return [
      { x: -2, z: 10, rx: 10.2, rz: 10.2, value: 40 },
      { x: -2, z: 10, rx: 8.7, rz: 8.7, value: AIR },
    ];
  }
  if (down > 42) return [];
  return [-1, 1].flatMap((side) => {
    const x = side < 0 ? -6 - down * 0.62 : 5 + down * 0.9;
    const r = 7.4 - down * 0.07;
    return [
      { x, z: 11, rx: r + 1.4, rz: r + 1.4, value: 40 },
      { x, z: 11, rx: r, rz: r, value: AIR },
    ];
  });
}

/** Later discs lie over earlier ones: cortex, marrow, arch, canal. */
function spineAt(thorax: Thorax, y: number): Disc[] {
  const x = spineX(thorax, y);
  const z = thorax.cageDepth * 0.7;
  const level = (y - thorax.apexY) / thorax.vertebraHeight;
  const share = level - Math.floor(level);
  const disc = share > 0.84;
  const half = 13.5 + Math.max(0, level) * 0.4;
  const process = share < 0.45;
  const arms = process
    ? [-1, 1].map((side) => ({ x: x + side * 24, z: z + 22, rx: 10, rz: 4.5, value: 320 }))
    : [];
  return [
    ...arms,
    { x, z: z + 38, rx: 3.4, rz: 15, value: 380 },
    { x, z: z + 22, rx: 15, rz: 12, value: 420 },
    { x, z, rx: half * 1.22, rz: half, value: disc ? 95 : 520 },
    { x, z, rx: half * 1.1, rz: half * 0.88, value: disc ? 85 : 190 },
    { x, z: z + 20, rx: 9.5, rz: 8.5, value: -15 },
    { x, z: z + 20, rx: 5.5, rz: 5, value: 38 },
  ];
}

function scapulaAt(
  thorax: Thorax,
  y: number,
  [x, z]: readonly [number, number],
  shape: { cageWidth: number; cageDepth: number },
): number | undefined {
  const down = y - thorax.apexY - 6;
  if (down < 0 || down > 118 || z < -10) return undefined;
  const radius = Math.hypot(x / Math.max(shape.cageWidth, 95), z / Math.max(shape.cageDepth, 72));
  const angle = Math.atan2(Math.abs(x) / 1.4, z);
  const extent = 0.72 * (1 - down / 150);
  const inner = 0.62 + (0.2 * down) / 118;
  if (angle < inner || angle > inner + extent) return undefined;
  const off = Math.abs(radius - 1.13 - 0.04 * Math.sin(angle * 4)) * 95;
  if (off < 2.4) return off > 1.2 ? 560 : 330;
  return undefined;
}

function sternumAt(thorax: Thorax, y: number, x: number, z: number, cageDepth: number): boolean {
  const down = y - thorax.apexY - 26;
  if (down < 0 || down > 160) return false;
  const half = down < 40 ? 24 - down * 0.2 : 15;
  return (x / half) ** 4 + ((z + cageDepth + 9) / 5.5) ** 4 < 1;
}
