import { createRandom, type Random } from '../random.ts';
import { drawBones } from './bones.ts';
import { exposeRadiograph } from './exposure.ts';
import { Grid, type Point, smoothStep, textureNoise } from './grid.ts';
import { type Lesion, lesionThickness, placeLesion } from './lesion.ts';
import type { Projection } from './projection.ts';
import {
  cageDepthAt,
  cageWidthAt,
  createThorax,
  diaphragmY,
  heartRadius,
  mediastinumEdge,
  spineX,
  type Thorax,
} from './thorax.ts';

/** Attenuation per millimetre of water at the effective energy of a chest radiograph. */
const MU_WATER = 0.0185;
/** What a millimetre of lung lacks against a millimetre of soft tissue. */
const LUNG_DEFICIT = 0.74;

export interface RadiographOptions {
  readonly seed: string;
  readonly sex: 'M' | 'F';
  readonly view: 'PA' | 'AP';
  readonly width: number;
  readonly height: number;
  /** Millimetres per pixel. */
  readonly spacing: number;
  readonly lesion: Lesion['subtlety'] | null;
}

export interface Radiograph {
  /** 12-bit display values, 0 to 4095, dense tissue bright, row by row. */
  readonly values: Uint16Array;
  /** [x, y, width, height] in pixels of the planted lesion. */
  readonly box: readonly [number, number, number, number] | null;
}

/** A made-up frontal chest radiograph; anatomy and noise do not depend on `lesion`. */
export function renderRadiograph(options: RadiographOptions): Radiograph {
  const random = createRandom(options.seed, 'positioning');
  const projection = createProjection(options, random);
  drawSoftTissue(projection, createRandom(options.seed, 'tissue'));
  drawVessels(projection);
  drawBones(projection, createRandom(options.seed, 'bones'));
  const lesion =
    options.lesion === null ? null : placeLesion(projection.thorax, options.seed, options.lesion);
  const box = lesion === null ? null : drawLesion(projection, lesion);
  return { values: exposeRadiograph(projection, options.seed), box };
}

function createProjection(options: RadiographOptions, random: Random): Projection {
  // A portable AP film is taken with less breath, nearer to the tube and often not quite straight.
  const ap = options.view === 'AP';
  const inspiration = ap ? random.between(0.84, 0.96) : random.between(0.95, 1.04);
  const base = createThorax(options.seed, options.sex, inspiration);
  const magnified = ap ? 1.14 : 1.02;
  const heart = {
    ...base.heart,
    long: base.heart.long * magnified,
    short: base.heart.short * magnified,
  };
  const thorax: Thorax = { ...base, heart };
  const angle = random.normal() * (ap ? 0.035 : 0.012);
  const shift = [random.normal() * 4, random.normal() * 5 - 8] as const;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const { width, height, spacing } = options;
  const pivot = 200;
  return {
    thorax,
    grid: new Grid(width, height),
    spacing,
    view: options.view,
    toMillimetres: (column, row) => {
      const u = (column + 0.5 - width / 2) * spacing + shift[0];
      const v = (row + 0.5) * spacing + shift[1] - pivot;
      return [u * cos + v * sin, -u * sin + v * cos + pivot];
    },
    toPixels: (x, y) => {
      const [dx, dy] = [x, y - pivot];
      const u = dx * cos - dy * sin - shift[0];
      const v = dx * sin + dy * cos + pivot - shift[1];
      return [u / spacing + width / 2 - 0.5, v / spacing - 0.5];
    },
  };
}

function drawSoftTissue(projection: Projection, random: Random): void {
  const { thorax, grid } = projection;
  const size = [grid.width, grid.height] as const;
  const bodyAt = createBody(thorax);
  const parenchyma = textureNoise(size, random, { cell: 28, count: 4, fall: 0.62 });
  const muscle = textureNoise(size, random, { cell: 90, count: 4, fall: 0.55 });
  const gas = {
    x: random.between(48, 70),
    y: thorax.domeY.left + random.between(24, 34),
    w: random.between(18, 30),
  };
  const breast = thorax.sex === 'F' ? random.between(16, 30) : 0;
  for (let row = 0; row < grid.height; row += 1) {
    for (let column = 0; column < grid.width; column += 1) {
      const index = row * grid.width + column;
      const [x, y] = projection.toMillimetres(column, row);
      const body = bodyAt(x, y);
      if (body <= 0) continue;
      const air = airThickness(thorax, x, y);
      const stomach = 34 * smoothStep(1, 0.55, Math.hypot((x - gas.x) / gas.w, (y - gas.y) / 13));
      const water =
        body * (1 + 0.022 * muscle.at(index)) +
        breastThickness(thorax, x, y) * breast -
        air * LUNG_DEFICIT * (1 + 0.035 * parenchyma.at(index)) -
        Math.min(stomach, body * 0.3) -
        tracheaThickness(thorax, x, y);
      grid.add(index, MU_WATER * Math.max(0, water));
    }
  }
}

/** Soft tissue along the beam, were there no air in the chest: trunk, neck, shoulders and arms run into each other. */
function createBody(thorax: Thorax): (x: number, y: number) => number {
  const { apexY, wall } = thorax;
  const neckLine: Point[] = [
    [0, -60],
    [0, apexY],
  ];
  const trapeziusLine: Point[] = [
    [20, -32],
    [112, apexY + 2],
  ];
  const shoulderLine: Point[] = [
    [70, apexY + 12],
    [150, apexY + 16],
    [250, apexY + 92],
  ];
  return (x, y) => {
    const half = cageWidthAt(thorax, Math.max(y, apexY + 45)) + wall;
    const inside = Math.max(0, 1 - (Math.abs(x) / half) ** 2.6);
    const depth = cageDepthAt(thorax, Math.max(y, apexY + 60)) + wall * 0.62;
    const trunk = 2 * depth * inside ** 0.55 * Math.sqrt(smoothStep(apexY - 70, apexY + 70, y));
    // Below the armpits there is the trunk only.
    if (y > apexY + 210) return trunk;
    const at: Point = [Math.abs(x), y];
    const neck = y < apexY + 60 ? tubeThickness(at, neckLine, 60) : 0;
    const trapezius = y < apexY + 40 ? tubeThickness(at, trapeziusLine, 36) : 0;
    const shoulder = tubeThickness(at, shoulderLine, 45);
    return (trunk ** 4 + neck ** 4 + trapezius ** 4 + shoulder ** 4) ** 0.25;
  };
}

/** Across a round tube along a line of points; written without allocations, for it runs for every pixel. */
function tubeThickness(at: Point, line: readonly Point[], radius: number): number {
  let nearest2 = radius * radius;
  for (let i = 1; i < line.length; i += 1) {
    const from = line[i - 1];
    const to = line[i];
    if (from === undefined || to === undefined) continue;
    const dx = to[0] - from[0];
    const dy = to[1] - from[1];
    const px = at[0] - from[0];
    const py = at[1] - from[1];
    const along = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy)));
    const distance2 = (px - along * dx) ** 2 + (py - along * dy) ** 2;
    if (distance2 < nearest2) nearest2 = distance2;
  }
  return 2 * Math.sqrt(radius * radius - nearest2);
}

/** Air in the lungs along the beam: the cage less mediastinum, heart and what the diaphragm fills. */
function airThickness(thorax: Thorax, x: number, y: number): number {
  const width = cageWidthAt(thorax, y);
  if (width <= 0 || Math.abs(x) >= width) return 0;
  const depth = cageDepthAt(thorax, y);
  const cage = 2 * depth * Math.sqrt(1 - (x / width) ** 2);
  const side = x < spineX(thorax, y) ? -1 : 1;
  const edge = mediastinumEdge(thorax, y, side);
  // Some lung lies before and behind the mediastinum too.
  const open = 0.16 + 0.84 * smoothStep(edge - 2.2, edge + 2.2, Math.abs(x - spineX(thorax, y)));
  const dome = diaphragmY(thorax, x, -12);
  const below = y - dome;
  // The recess behind the dome still holds some lung, which fades out downwards.
  const behind = 0.2 * (1 - smoothStep(0, 46, below));
  const domeShare =
    below < -1.5 ? 1 : below > 1.5 ? behind : behind + (1 - behind) * smoothStep(1.5, -1.5, below);
  const inHeart = heartRadius(thorax, x, y, thorax.heart.z);
  const heart =
    inHeart < 1 ? 2 * 50 * Math.sqrt(1 - inHeart ** 2) + 14 * smoothStep(1, 0.97, inHeart) : 0;
  return Math.max(0, (cage - heart) * open * domeShare);
}

function tracheaThickness(thorax: Thorax, x: number, y: number): number {
  const tube = (distance: number, radius: number) =>
    distance < radius ? 1.5 * Math.sqrt(radius * radius - distance * distance) : 0;
  if (y < thorax.carinaY) return y > 12 ? tube(Math.abs(x + 2 - spineX(thorax, y) * 0.3), 8.5) : 0;
  const down = y - thorax.carinaY;
  if (down > 34) return 0;
  const fade = 1 - down / 34;
  const right = tube(Math.abs(x + 3 + down * 0.62), 6.4);
  const left = tube(Math.abs(x + 1 - down * 0.95), 6);
  return Math.max(right, left) * fade;
}

function breastThickness(thorax: Thorax, x: number, y: number): number {
  const radius = Math.hypot((Math.abs(x) - 78) / 62, (y - thorax.domeY.right + 22) / 58);
  const lower = smoothStep(-40, 30, y - thorax.domeY.right + 22);
  return radius < 1 ? lower * Math.sqrt(1 - radius ** 2) : 0;
}

function drawVessels(projection: Projection): void {
  const { thorax, grid, spacing } = projection;
  for (const side of [1, -1] as const) {
    for (const front of [true, false]) {
      const layer = new Grid(grid.width, grid.height);
      for (const vessel of thorax.vessels) {
        if (vessel.side !== side || vessel.from[2] + vessel.to[2] < 12 !== front) continue;
        drawTube(projection, layer, vessel);
      }
      for (let i = 0; i < layer.data.length; i += 1) grid.add(i, MU_WATER * spacing * layer.at(i));
    }
  }
}

/** Raises a layer (in pixels of thickness) by a round tube. */
function drawTube(projection: Projection, layer: Grid, vessel: Thorax['vessels'][number]): void {
  const a = projection.toPixels(vessel.from[0], vessel.from[1]);
  const b = projection.toPixels(vessel.to[0], vessel.to[1]);
  const radius = vessel.radius / projection.spacing;
  const reach = radius + 1;
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length2 = Math.max(dx * dx + dy * dy, 1e-6);
  const lastRow = Math.min(layer.height - 1, Math.ceil(Math.max(a[1], b[1]) + reach));
  const lastColumn = Math.min(layer.width - 1, Math.ceil(Math.max(a[0], b[0]) + reach));
  for (let row = Math.max(0, Math.floor(Math.min(a[1], b[1]) - reach)); row <= lastRow; row += 1) {
    for (
      let column = Math.max(0, Math.floor(Math.min(a[0], b[0]) - reach));
      column <= lastColumn;
      column += 1
    ) {
      const along = Math.min(1, Math.max(0, ((column - a[0]) * dx + (row - a[1]) * dy) / length2));
      const distance = Math.hypot(column - a[0] - along * dx, row - a[1] - along * dy);
      if (distance < reach) {
        const profile = Math.sqrt(Math.max(0, radius * radius - distance * distance));
        layer.raise(
          row * layer.width + column,
          Math.max(2 * profile, radius * (reach - distance) * 0.5),
        );
      }
    }
  }
}

function drawLesion(
  projection: Projection,
  lesion: Lesion,
): readonly [number, number, number, number] {
  const { grid, spacing } = projection;
  const [cx, cy] = projection.toPixels(lesion.at[0], lesion.at[1]);
  const reach = Math.ceil((lesion.radius * 1.5) / spacing);
  for (let row = Math.floor(cy) - reach; row <= cy + reach; row += 1) {
    for (let column = Math.floor(cx) - reach; column <= cx + reach; column += 1) {
      if (row < 0 || column < 0 || row >= grid.height || column >= grid.width) continue;
      const thickness = lesionThickness(lesion, (column - cx) * spacing, (row - cy) * spacing);
      grid.add(row * grid.width + column, MU_WATER * LUNG_DEFICIT * thickness);
    }
  }
  const half = (lesion.radius * 1.08) / spacing;
  const [left, top] = [Math.round(cx - half), Math.round(cy - half)];
  return [left, top, Math.round(2 * half), Math.round(2 * half)];
}
