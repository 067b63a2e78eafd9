import { smoothStep } from './grid.ts';
import type { SliceFrame } from './slice-frame.ts';
import type { Point3, Thorax } from './thorax.ts';

/** A straight piece of bone or vessel in three dimensions. */
interface Tube {
  readonly from: Point3;
  readonly to: Point3;
  readonly radius: number;
  /** Hounsfield units within, and in the outer part when it is a hollow bone. */
  readonly core: number;
  readonly rim: number;
}

/** Ribs, clavicles and pulmonary vessels as tubes. */
export function ctTubes(thorax: Thorax, blood: number): readonly Tube[] {
  const known = CACHE.get(thorax);
  if (known !== undefined) return known;
  const vessels = thorax.vessels.map(({ from, to, radius }) => ({
    from,
    to,
    radius: radius * 0.9,
    core: blood,
    rim: blood,
  }));
  const ribs = thorax.ribs.flatMap((rib) =>
    rib.points.slice(1).flatMap((point, index) => {
      const before = rib.points[index];
      // In front the bone gives way to cartilage.
      const cartilage = point.angle > 126;
      const value = cartilage ? { core: 90, rim: 140 } : { core: 260, rim: 720 };
      return before === undefined
        ? []
        : [{ from: before.at, to: point.at, radius: rib.radius * 0.86, ...value }];
    }),
  );
  const clavicles = [1, -1].map((side): Tube => {
    const y = thorax.apexY + 18;
    return {
      from: [side * 18, y + 6, -62],
      to: [side * 125, y - 14, -8],
      radius: 6.5,
      core: 280,
      rim: 760,
    };
  });
  const tubes = [...vessels, ...ribs, ...clavicles];
  CACHE.set(thorax, tubes);
  return tubes;
}

const CACHE = new WeakMap<Thorax, readonly Tube[]>();

/** Draws what the slice cuts of each tube; a denser tube covers a fainter one. */
export function drawTubes(frame: SliceFrame, tubes: readonly Tube[]): void {
  for (const tube of tubes) {
    const low = Math.min(tube.from[1], tube.to[1]) - tube.radius - 1;
    const high = Math.max(tube.from[1], tube.to[1]) + tube.radius + 1;
    if (frame.y >= low && frame.y <= high) drawTube(frame, tube);
  }
}

function drawTube(frame: SliceFrame, tube: Tube): void {
  const { grid, spacing, y } = frame;
  const { from, to, radius } = tube;
  const toPixel = (value: number) => value / spacing + grid.width / 2 - 0.5;
  const margin = radius / spacing + 1.5;
  const left = Math.max(0, Math.floor(toPixel(Math.min(from[0], to[0])) - margin));
  const right = Math.min(grid.width - 1, Math.ceil(toPixel(Math.max(from[0], to[0])) + margin));
  const top = Math.max(0, Math.floor(toPixel(Math.min(from[2], to[2])) - margin));
  const bottom = Math.min(grid.height - 1, Math.ceil(toPixel(Math.max(from[2], to[2])) + margin));
  const direction: Point3 = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const length2 = direction[0] ** 2 + direction[1] ** 2 + direction[2] ** 2 || 1;
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const x = (column + 0.5 - grid.width / 2) * spacing - from[0];
      const z = (row + 0.5 - grid.height / 2) * spacing - from[2];
      const h = y - from[1];
      const along = Math.min(
        1,
        Math.max(0, (x * direction[0] + h * direction[1] + z * direction[2]) / length2),
      );
      const distance = Math.hypot(
        x - along * direction[0],
        h - along * direction[1],
        z - along * direction[2],
      );
      const inside = smoothStep(radius + spacing * 0.5, radius - spacing * 0.5, distance);
      if (inside <= 0) continue;
      const value = distance > radius - 1.7 ? tube.rim : tube.core;
      const index = row * grid.width + column;
      const here = grid.at(index);
      if (value > here || tube.rim !== tube.core) grid.data[index] = here + inside * (value - here);
    }
  }
}
