import { clusterBootstrap, percentileInterval } from './bootstrap.ts';
import type { Interval } from './proportions.ts';

/** An image with its marks. */
export interface MarkedImage {
  /** The patient, numbered from 0. */
  readonly cluster: number;
  /** For each reference lesion, the highest value of a mark that hits it; undefined when none does. */
  readonly lesions: readonly (number | undefined)[];
  /** Values of the marks that hit no lesion. */
  readonly falseMarks: readonly number[];
}

/** What is hit, and how often something false is marked, when marks of at least `threshold` count. */
export interface FrocPoint {
  readonly threshold: number;
  readonly falseMarksPerImage: number;
  /** Share of the lesions that are hit. */
  readonly sensitivity: number;
}

export interface FrocAtRate {
  readonly falseMarksPerImage: number;
  readonly hit: number;
  readonly lesions: number;
  readonly sensitivity: number;
  /** 95%, from resampled patients. */
  readonly interval: Interval | null;
}

/** False marks an image at which a FROC curve is usually told. */
export const FROC_RATES: readonly number[] = [0.125, 0.25, 0.5, 1, 2];

interface Mark {
  readonly value: number;
  readonly cluster: number;
  readonly isHit: boolean;
}

/** A lesion counts once, at the highest mark that hits it. */
function marksOf(images: readonly MarkedImage[]): Mark[] {
  return images
    .flatMap(({ cluster, lesions, falseMarks }) => [
      ...lesions
        .filter((value) => value !== undefined)
        .map((value) => ({ value, cluster, isHit: true })),
      ...falseMarks.map((value) => ({ value, cluster, isHit: false })),
    ])
    .sort((a, b) => b.value - a.value);
}

function countLesions(images: readonly MarkedImage[]): number {
  return images.reduce((sum, { lesions }) => sum + lesions.length, 0);
}

/** A point for each distinct value, from no mark to all (Bunch et al., SPIE 1977;127:124). */
export function frocCurve(images: readonly MarkedImage[]): FrocPoint[] {
  const marks = marksOf(images);
  const lesions = countLesions(images);
  const points: FrocPoint[] = [{ threshold: Infinity, falseMarksPerImage: 0, sensitivity: 0 }];
  let [hit, missed] = [0, 0];
  for (const [index, { value, isHit }] of marks.entries()) {
    if (isHit) hit += 1;
    else missed += 1;
    if (marks[index + 1]?.value === value) continue;
    points.push({
      threshold: value,
      falseMarksPerImage: missed / images.length,
      sensitivity: hit / lesions,
    });
  }
  return points;
}

/** Lesions hit at the lowest threshold that keeps to each rate of false marks. */
function hitAtRates(marks: readonly Mark[], weights: Uint32Array, imagesDrawn: number): number[] {
  const hits = FROC_RATES.map(() => 0);
  let [hit, missed] = [0, 0];
  for (const [index, { value, cluster, isHit }] of marks.entries()) {
    const weight = weights[cluster] ?? 0;
    if (isHit) hit += weight;
    else missed += weight;
    if (marks[index + 1]?.value === value) continue;
    for (const [place, falseMarksPerImage] of FROC_RATES.entries()) {
      if (missed <= falseMarksPerImage * imagesDrawn) hits[place] = hit;
    }
    if (missed > Math.max(...FROC_RATES) * imagesDrawn) break;
  }
  return hits;
}

/**
 * Sensitivity by lesion at given rates of false marks, with intervals from resampled patients.
 * @param images one lesion at least in all of them
 */
export function frocAtRates(
  images: readonly MarkedImage[],
  options: { repeats: number; seed: number },
): FrocAtRate[] {
  const marks = marksOf(images);
  const clusters = images.reduce((largest, { cluster }) => Math.max(largest, cluster + 1), 0);
  const imagesOf = new Uint32Array(clusters);
  const lesionsOf = new Uint32Array(clusters);
  for (const { cluster, lesions } of images) {
    imagesOf[cluster] = (imagesOf[cluster] ?? 0) + 1;
    lesionsOf[cluster] = (lesionsOf[cluster] ?? 0) + lesions.length;
  }
  const drawn = (weights: Uint32Array, of: Uint32Array) =>
    weights.reduce((sum, weight, cluster) => sum + weight * (of[cluster] ?? 0), 0);
  const estimates = clusterBootstrap({ ...options, clusters }, (weights) => {
    const lesions = drawn(weights, lesionsOf);
    return hitAtRates(marks, weights, drawn(weights, imagesOf)).map((hit) => hit / lesions);
  });
  const once = new Uint32Array(clusters).fill(1);
  const lesions = countLesions(images);
  const hits = hitAtRates(marks, once, images.length);
  return FROC_RATES.map((falseMarksPerImage, index) => {
    const hit = hits[index] ?? 0;
    const interval = percentileInterval(estimates[index] ?? new Float64Array(), options.repeats);
    return { falseMarksPerImage, hit, lesions, sensitivity: hit / lesions, interval };
  });
}
