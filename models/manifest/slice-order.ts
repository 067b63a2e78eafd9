import type { ImageFacts } from './select-image.ts';

interface OrderedImage {
  readonly facts: ImageFacts | undefined;
  readonly instanceNumber: number | null;
}

/** How far the planes of a stack may be tilted against each other: cosine of the angle between their normals. */
const PARALLEL = 0.99;

/**
 * The images of a series in the order of their position along the normal of their planes (PS3.3 C.7.6.2.1.1). Where one
 * does not say where it lies, where they are not parallel, or where two lie at one place, by instance number.
 */
export function orderSlices<T>(images: readonly T[], describe: (image: T) => OrderedImage): T[] {
  const described = images.map((image) => ({ image, ...describe(image) }));
  const heights = heightsOf(described.map(({ facts }) => facts));
  const keyed = described.map((one, i) => ({ ...one, height: heights?.[i] ?? 0 }));
  return keyed
    .sort((a, b) => a.height - b.height || (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0))
    .map(({ image }) => image);
}

function heightsOf(facts: readonly (ImageFacts | undefined)[]): number[] | undefined {
  const normals = facts.map((one) => normalOf(one?.imageOrientation));
  const [first] = normals;
  if (first === undefined) return undefined;
  const heights: number[] = [];
  for (const [i, one] of facts.entries()) {
    const normal = normals[i];
    const position = one?.imagePosition;
    if (normal === undefined || position?.length !== 3) return undefined;
    if (dot(normal, first) < PARALLEL) return undefined;
    heights.push(dot(position, first));
  }
  return new Set(heights).size === heights.length ? heights : undefined;
}

function normalOf(orientation: readonly number[] | undefined): number[] | undefined {
  if (orientation?.length !== 6) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = orientation;
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  const length = Math.hypot(...normal);
  return length === 0 ? undefined : normal.map((part) => part / length);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, part, i) => sum + part * (b[i] ?? 0), 0);
}
