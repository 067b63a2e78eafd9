import type { Finding } from '#contracts/study.ts';
import type { ReadingMode } from '#core/finding.ts';
import type { FindingRow } from '#platform/study-results/finding-row.ts';
import { type MergedFinding, mergeFindings } from '#platform/study-results/merge-findings.ts';

/** In triage-only mode nothing says where a finding is: image, frame and boxes are withheld. */
function toFinding({ main, members }: MergedFinding, readingMode: ReadingMode): Finding {
  const isShown = readingMode === 'assist';
  const boxOf = (row: FindingRow): Finding['box'] =>
    isShown ? [row.boxX, row.boxY, row.boxWidth, row.boxHeight] : null;
  return {
    id: main.findingId,
    label: main.label,
    code: main.code,
    sopInstanceUid: isShown ? main.sopInstanceUid : null,
    frame: isShown ? main.frame : null,
    box: boxOf(main),
    score: main.score,
    modelId: main.modelId,
    modelVersion: main.modelVersion,
    seenBy: members.map((member) => ({
      findingId: member.findingId,
      modelId: member.modelId,
      modelVersion: member.modelVersion,
      label: member.label,
      score: member.score,
      box: boxOf(member),
    })),
  };
}

/** Findings as a reader judges them: what several models say of one place is one. */
export function toFindings(rows: readonly FindingRow[], readingMode: ReadingMode): Finding[] {
  return mergeFindings(rows).map((merged) => toFinding(merged, readingMode));
}
