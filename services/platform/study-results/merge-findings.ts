import type { Box } from '#core/finding.ts';
import type { FindingRow } from './finding-row.ts';

/** What several models say of one place, as one finding to judge. */
export interface MergedFinding {
  /** The one with the highest score, which stands for all. */
  readonly main: FindingRow;
  /** Every one of them, the highest score first. */
  readonly members: readonly FindingRow[];
}

/** How much of the smaller box the two must share. */
const SAME_PLACE = 0.5;

function boxOf({ boxX, boxY, boxWidth, boxHeight }: FindingRow): Box {
  return [boxX, boxY, boxWidth, boxHeight];
}

function sharedOfSmaller(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / Math.min(a[2] * a[3], b[2] * b[3]);
}

function saysTheSame(a: FindingRow, b: FindingRow): boolean {
  const isSameCode = a.code.scheme === b.code.scheme && a.code.value === b.code.value;
  return isSameCode || a.label.trim().toLowerCase() === b.label.trim().toLowerCase();
}

function isSameFinding(a: FindingRow, b: FindingRow): boolean {
  return (
    a.sopInstanceUid === b.sopInstanceUid &&
    a.frame === b.frame &&
    saysTheSame(a, b) &&
    sharedOfSmaller(boxOf(a), boxOf(b)) >= SAME_PLACE
  );
}

/**
 * Findings of different models that have the same code or label and overlap on the same image become one; none is
 * lost. Those of one model stay apart: it has told them apart itself.
 * @param findings of one run, the highest score first
 */
export function mergeFindings(findings: readonly FindingRow[]): MergedFinding[] {
  const groups: { main: FindingRow; members: FindingRow[] }[] = [];
  for (const finding of findings) {
    const group = groups.find(
      ({ main, members }) =>
        isSameFinding(main, finding) &&
        members.every((member) => member.modelRunKey !== finding.modelRunKey),
    );
    if (group === undefined) groups.push({ main: finding, members: [finding] });
    else group.members.push(finding);
  }
  return groups;
}
