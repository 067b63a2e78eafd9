import type { Random } from '../random.ts';
import { Grid, type Point, smoothStep } from './grid.ts';
import type { Projection } from './projection.ts';
import { spineX } from './thorax.ts';

/** Adds ribs, spine, clavicles, shoulder blades and upper arms to the attenuation. */
export function drawBones(projection: Projection, random: Random): void {
  drawRibs(projection, random);
  drawSpine(projection, random);
  for (const side of [1, -1] as const) {
    drawClavicle(projection, random, side);
    drawShoulder(projection, random, side);
  }
}

interface Bone {
  /** Centre line in millimetres, with half the bone's width and its strength at each point. */
  readonly line: readonly {
    readonly at: Point;
    readonly radius: number;
    readonly strength: number;
  }[];
  /** Share of the cortex: edges brighter than the middle. */
  readonly cortex: number;
}

/** A hollow bone of given attenuation: the strongest of its segments counts, then all is added at once. */
function drawBone(projection: Projection, bone: Bone, attenuation: number): void {
  const { grid, spacing } = projection;
  const line = bone.line.map((point) => ({ ...point, pixel: projection.toPixels(...point.at) }));
  const margin = Math.max(...line.map((point) => point.radius)) / spacing + 2;
  const xs = line.map((point) => point.pixel[0]);
  const ys = line.map((point) => point.pixel[1]);
  const [left, right] = clampRange(Math.min(...xs) - margin, Math.max(...xs) + margin, grid.width);
  const [top, bottom] = clampRange(Math.min(...ys) - margin, Math.max(...ys) + margin, grid.height);
  if (right < left || bottom < top) return;
  const layer = new Grid(right - left + 1, bottom - top + 1);
  for (let i = 1; i < line.length; i += 1) {
    const [from, to] = [line[i - 1], line[i]];
    if (from === undefined || to === undefined) continue;
    const [a, b] = [from.pixel, to.pixel];
    const reach = Math.max(from.radius, to.radius) / spacing + 2;
    const rows = clampRange(
      Math.min(a[1], b[1]) - reach,
      Math.max(a[1], b[1]) + reach,
      grid.height,
    );
    const columns = clampRange(
      Math.min(a[0], b[0]) - reach,
      Math.max(a[0], b[0]) + reach,
      grid.width,
    );
    drawSegment(layer, {
      from,
      to,
      a,
      b,
      spacing,
      cortex: bone.cortex,
      rows,
      columns,
      corner: [left, top],
    });
  }
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const value = layer.at((row - top) * layer.width + column - left);
      if (value > 0) grid.add(row * grid.width + column, attenuation * value);
    }
  }
}

interface Segment {
  readonly from: Bone['line'][number];
  readonly to: Bone['line'][number];
  /** Ends in pixels. */
  readonly a: Point;
  readonly b: Point;
  readonly spacing: number;
  readonly cortex: number;
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
  /** Column and row of the layer's first pixel. */
  readonly corner: Point;
}

/** The hot loop of the bones: written without allocations. */
function drawSegment(layer: Grid, segment: Segment): void {
  const { from, to, a, b, rows, columns, corner } = segment;
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length2 = Math.max(dx * dx + dy * dy, 1e-9);
  for (let row = rows[0]; row <= rows[1]; row += 1) {
    for (let column = columns[0]; column <= columns[1]; column += 1) {
      const [px, py] = [column - a[0], row - a[1]];
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
      const radius = from.radius + (to.radius - from.radius) * along;
      const [ox, oy] = [px - along * dx, py - along * dy];
      const share = (Math.sqrt(ox * ox + oy * oy) * segment.spacing) / radius;
      if (share >= 1.12) continue;
      const strength = from.strength + (to.strength - from.strength) * along;
      const index = (row - corner[1]) * layer.width + column - corner[0];
      layer.raise(index, strength * boneProfile(share, segment.cortex));
    }
  }
}

function clampRange(low: number, high: number, size: number): readonly [number, number] {
  return [Math.max(0, Math.floor(low)), Math.min(size - 1, Math.ceil(high))];
}

/** Across a hollow tube: a flat middle, a brighter rim, a soft fall at the edge. */
function boneProfile(share: number, cortex: number): number {
  const inside = smoothStep(1.12, 0.9, share);
  return (
    inside *
    (0.62 +
      0.38 * Math.sqrt(Math.max(0, 1 - share * share)) +
      cortex * Math.exp(-(((share - 0.86) / 0.16) ** 2)))
  );
}

function drawRibs(projection: Projection, random: Random): void {
  const density = random.between(0.1, 0.135);
  for (const rib of projection.thorax.ribs) {
    const line = rib.points.map(({ at, angle }) => {
      const lateral = Math.sin((angle * Math.PI) / 180) ** 10;
      const anterior = smoothStep(85, 110, angle);
      const tip = 1 - smoothStep(rib.number < 8 ? 134 : 95, 150, angle);
      return {
        at: [at[0], at[1]] as const,
        radius: rib.radius * (1 + 0.12 * anterior) * (angle < 12 ? 0.75 : 1),
        strength: (1 - 0.38 * anterior + 0.75 * lateral) * tip,
      };
    });
    drawBone(projection, { line, cortex: 0.42 }, density * random.between(0.92, 1.08));
  }
}

function drawSpine(projection: Projection, random: Random): void {
  const { thorax } = projection;
  const height = thorax.vertebraHeight;
  for (let level = -2; level < 19; level += 1) {
    const y = thorax.apexY - 4 + level * height;
    const x = spineX(thorax, y);
    const half = 12.5 + Math.max(0, level) * 0.42;
    const body = [-0.36, -0.18, 0, 0.18, 0.36].map((share) => ({
      at: [x, y + share * height] as const,
      radius: half * (1 + 0.7 * share * share),
      strength: 0.8,
    }));
    drawBone(projection, { line: body, cortex: 0.25 }, 0.17);
    for (const end of [-0.42, 0.42]) {
      const plate = [-1, 1].map((side) => ({
        at: [x + side * half * 0.92, y + end * height] as const,
        radius: 1.3,
        strength: 1,
      }));
      drawBone(projection, { line: plate, cortex: 0 }, 0.14);
    }
    for (const side of [-1, 1]) {
      const pedicle = ring([x + side * half * 0.62, y - 0.12 * height], 3.4);
      drawBone(projection, { line: pedicle, cortex: 0 }, 0.15);
      const process = [0.9, 1.75].map((reach) => ({
        at: [x + side * half * reach, y - 0.1 * height - (reach - 0.9) * 3] as const,
        radius: 3.6,
        strength: level < 11 ? 0.8 : 0.4,
      }));
      drawBone(projection, { line: process, cortex: 0.3 }, 0.13);
    }
    const lean = random.normal() * 0.6;
    const spinous = ring([x + lean, y + 0.3 * height], 2.6);
    drawBone(projection, { line: spinous, cortex: 0 }, 0.13);
  }
}

function ring(centre: Point, radius: number): Bone['line'] {
  return Array.from({ length: 13 }, (_, i) => {
    const angle = (i / 12) * 2 * Math.PI;
    return {
      at: [
        centre[0] + radius * Math.cos(angle),
        centre[1] + 1.3 * radius * Math.sin(angle),
      ] as const,
      radius: 1.1,
      strength: 1,
    };
  });
}

function drawClavicle(projection: Projection, random: Random, side: 1 | -1): void {
  const { thorax, view } = projection;
  // Lying or sitting with arms down lifts the outer end less; AP also throws the clavicles above the apices.
  const lift = view === 'AP' ? random.between(8, 20) : random.between(20, 32);
  const y0 = thorax.apexY + (view === 'AP' ? 16 : 30) + random.normal() * 2;
  const line = Array.from({ length: 21 }, (_, i) => {
    const t = i / 20;
    const bend = Math.sin(t * 2 * Math.PI) * 6;
    return {
      at: [side * (17 + t * 128), y0 - lift * t ** 0.8 - bend * 0.8] as const,
      radius: 6.2 + 2.2 * (2 * t - 1) ** 2,
      strength: 1 - 0.2 * t,
    };
  });
  drawBone(projection, { line, cortex: 0.5 }, 0.24);
}

function drawShoulder(projection: Projection, random: Random, side: 1 | -1): void {
  const { thorax, view } = projection;
  // PA: the shoulder blades are turned out of the lungs; AP: they overlie them.
  const inner =
    thorax.cageWidth * (view === 'AP' ? random.between(0.72, 0.84) : random.between(0.95, 1.04));
  const top = thorax.apexY + random.between(4, 12);
  const tip = top + random.between(112, 126);
  const corner: Point = [side * inner, top];
  const angle: Point = [side * (inner + 8), tip];
  const glenoid: Point = [side * 152, top + 6];
  const border = (from: Point, to: Point, radius: number) =>
    drawBone(
      projection,
      {
        line: [0, 0.25, 0.5, 0.75, 1].map((t) => ({
          at: [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t] as const,
          radius,
          strength: 1,
        })),
        cortex: 0.3,
      },
      0.1,
    );
  border(corner, angle, 3);
  border(angle, glenoid, 5);
  border(corner, glenoid, 4);
  const blade = Array.from({ length: 9 }, (_, i) => {
    const t = i / 8;
    const near = [
      corner[0] + (angle[0] - corner[0]) * t,
      corner[1] + (angle[1] - corner[1]) * t,
    ] as const;
    const far = [
      glenoid[0] + (angle[0] - glenoid[0]) * t,
      glenoid[1] + (angle[1] - glenoid[1]) * t,
    ] as const;
    return {
      at: [(near[0] + far[0]) / 2, (near[1] + far[1]) / 2] as const,
      radius: Math.max(4, Math.abs(far[0] - near[0]) / 2),
      strength: 1,
    };
  });
  drawBone(projection, { line: blade, cortex: 0 }, 0.07);
  const head: Bone['line'] = [
    { at: [side * 172, top + 4], radius: 21, strength: 1 },
    { at: [side * 182, top + 26], radius: 16, strength: 0.9 },
    { at: [side * 196, top + 90], radius: 12, strength: 0.9 },
  ];
  drawBone(projection, { line: head, cortex: 0.25 }, 0.42);
}
