import type { Box } from '#core/finding.ts';
import { orderSlices } from '#models/manifest/slice-order.ts';
import type { LabelResult } from '#models/postprocess/read-image.ts';
import type { FrameOfImage } from './triage-types.ts';

/** Of a label, not more than a reader can look through; the highest scores are kept. */
export const MAX_FINDINGS = 20;
/** Heatmaps of the highest scoring frames, besides those of frames with a finding. */
export const MAX_TOP_HEATMAPS = 5;

/** What one label came to on one frame. */
export interface LabelFrame extends FrameOfImage, LabelResult {}

interface FoundFinding {
  readonly result: LabelFrame;
  readonly box: Box;
  readonly score: number;
}

export interface FlaggedFrames {
  readonly findings: readonly FoundFinding[];
  /** Frames whose heatmaps are kept, the highest score first. */
  readonly heatmaps: readonly LabelFrame[];
}

/**
 * What is recorded of a study flagged for a label: findings on frames whose own score reaches the threshold, or, where
 * only the pooled score does, on the highest ones. On neighbouring frames of a series, boxes that overlap are one
 * finding, recorded where it scores highest: a reader judges a lesion once, not once a slice.
 */
export function collectFindings(results: readonly LabelFrame[], threshold: number): FlaggedFrames {
  const byScore = results.toSorted((a, b) => b.score - a.score);
  const reaching = byScore.filter((result) => result.score >= threshold);
  const flagged = reaching.length > 0 ? reaching : byScore.slice(0, MAX_TOP_HEATMAPS);
  const findings = mergeNeighbours(flagged, positionsOf(results))
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_FINDINGS);
  const kept = new Set([
    ...flagged.slice(0, MAX_TOP_HEATMAPS),
    ...findings.map((finding) => finding.result),
  ]);
  return { findings, heatmaps: flagged.filter((result) => kept.has(result)) };
}

/** The place of each frame in its series: by position, else by instance number; then by frame. */
function positionsOf(results: readonly LabelFrame[]): ReadonlyMap<LabelFrame, number> {
  const series = Map.groupBy(results, (result) => result.image.row.seriesInstanceUid);
  const positions = new Map<LabelFrame, number>();
  for (const frames of series.values()) {
    const byImage = Map.groupBy(frames, (result) => result.image);
    const images = orderSlices([...byImage.keys()], ({ facts, row }) => ({
      facts,
      instanceNumber: row.instanceNumber,
    }));
    const ordered = images.flatMap((image) =>
      (byImage.get(image) ?? []).toSorted((a, b) => a.frame - b.frame),
    );
    for (const [position, frame] of ordered.entries()) positions.set(frame, position);
  }
  return positions;
}

interface Chain {
  readonly last: FoundFinding;
  readonly best: FoundFinding;
}

function mergeNeighbours(
  flagged: readonly LabelFrame[],
  positions: ReadonlyMap<LabelFrame, number>,
): FoundFinding[] {
  const at = (result: LabelFrame) => positions.get(result) ?? 0;
  const series = Map.groupBy(flagged, (result) => result.image.row.seriesInstanceUid);
  const found: FoundFinding[] = [];
  for (const frames of series.values()) {
    let open: Chain[] = [];
    let before = Number.NEGATIVE_INFINITY;
    for (const result of frames.toSorted((a, b) => at(a) - at(b))) {
      const isNeighbour = isStack(result) && at(result) === before + 1;
      const next = result.boxes.map((box) =>
        continueChain({ result, ...box }, isNeighbour ? open : []),
      );
      const continued = new Set(next.map((chain) => chain.from));
      found.push(...open.filter((chain) => !continued.has(chain)).map((chain) => chain.best));
      open = next.map((chain) => chain.to);
      before = at(result);
    }
    found.push(...open.map((chain) => chain.best));
  }
  return [...new Set(found)];
}

/** Images of these modalities lie side by side in space; the projections of a radiograph series do not. */
const STACKED_MODALITIES = new Set(['CT', 'MR', 'PT', 'NM']);

function isStack(result: LabelFrame): boolean {
  return STACKED_MODALITIES.has(result.image.row.modality ?? '');
}

function continueChain(
  finding: FoundFinding,
  open: readonly Chain[],
): { from: Chain | undefined; to: Chain } {
  const from = open.find((chain) => overlaps(chain.last.box, finding.box));
  const best = from !== undefined && from.best.score >= finding.score ? from.best : finding;
  return { from, to: { last: finding, best } };
}

function overlaps(a: Box, b: Box): boolean {
  return a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
}
