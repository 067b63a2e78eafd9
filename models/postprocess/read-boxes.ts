import type { Box } from '#core/finding.ts';
import type { Label } from '../manifest/labels.ts';
import type { OutputOf } from '../manifest/outputs.ts';
import type { Size } from '../preprocess/letterbox.ts';
import { calibrate } from './activation.ts';
import { readCandidates } from './box-candidates.ts';
import { badOutput, type Outputs } from './tensors.ts';

export interface ScoredBox {
  readonly box: Box;
  readonly score: number;
}

/**
 * The boxes of each label in pixels of the input, the highest score first, those that overlap a higher one left out.
 * @throws RadTriageError MODEL_FAILED for another shape, and when a label has no class
 */
export function readBoxes(
  outputs: Outputs,
  output: OutputOf<'boxes'>,
  { labels, input }: { labels: readonly Label[]; input: Size },
): ScoredBox[][] {
  const candidates = readCandidates(outputs, output, input);
  return labels.map((label) => {
    const scored = candidates.map(({ box, classes }) => {
      const score = classes[label.index];
      if (score === undefined) throw badOutput(output.name, `has no class ${label.index}`);
      return { box, score };
    });
    const strong = scored.filter(
      ({ box, score }) => score >= output.minimumScore && box[2] > 0 && box[3] > 0,
    );
    return suppress(strong, (a, b) => overlapOf(a, b).union > output.maximumIou)
      .slice(0, output.maximumBoxes)
      .map(({ box, score }) => ({ box, score: calibrate(label, score) }));
  });
}

/** Keeps the highest score and drops what is the same as one kept (non-maximum suppression). */
export function suppress(
  boxes: readonly ScoredBox[],
  isSame: (kept: Box, other: Box) => boolean,
): ScoredBox[] {
  const kept: ScoredBox[] = [];
  for (const candidate of boxes.toSorted((a, b) => b.score - a.score)) {
    if (!kept.some(({ box }) => isSame(box, candidate.box))) kept.push(candidate);
  }
  return kept;
}

/** How much of their union, and of the smaller one, two boxes share. */
export function overlapOf(a: Box, b: Box): { union: number; smaller: number } {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return { union: 0, smaller: 0 };
  const shared = width * height;
  const [areaA, areaB] = [a[2] * a[3], b[2] * b[3]];
  return { union: shared / (areaA + areaB - shared), smaller: shared / Math.min(areaA, areaB) };
}
