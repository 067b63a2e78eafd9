import type { Selectable } from 'kysely';
import type { ReadingMode } from '#core/finding.ts';
import type {
  AiResult,
  Algorithm,
  Code,
  Finding,
  FindingRegion,
  Heatmap,
  ResultReview,
} from '#dicom/objects/types.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import type { ModelRunTable } from '#platform/database/analysis-tables.ts';
import type { FindingVerdictTable } from '#platform/database/review-tables.ts';
import {
  heatmapTransform,
  isShareOfScore,
  readHeatmapValues,
} from '#platform/study-results/heatmap-row.ts';
import { type MergedFinding, mergeFindings } from '#platform/study-results/merge-findings.ts';
import type { StoredResult } from './read-study.ts';

type VerdictRow = Selectable<FindingVerdictTable>;
type ModelRunRow = Selectable<ModelRunTable>;

export interface Telling {
  readonly readingMode: ReadingMode;
  /** What a model calls itself, where its manifest is still there. */
  titleOf(modelId: string, version: string): string | undefined;
}

/** A label that a reader typed has no code of its own: the meaning says it. */
const READER_LABEL = { scheme: '99RADTRIAGE', value: 'READER-LABEL' };
const MEANING_LENGTH = 64;

/** What is stored of a result, as the objects tell it. Findings that several models share are one. */
export function toAiResult(stored: StoredResult, telling: Telling): AiResult {
  const { modelRuns, review, study } = stored;
  const verdicts = review?.verdicts ?? [];
  const merged = mergeFindings(stored.findings);
  const codes = new Map(
    modelRuns.flatMap(({ labelScores }) =>
      labelScores.map(({ label, code }): [string, Code] => [label.toLowerCase(), code]),
    ),
  );
  const codeOf = (label: string): Code =>
    codes.get(label.toLowerCase()) ?? {
      ...READER_LABEL,
      meaning: label.slice(0, MEANING_LENGTH),
    };
  const found = merged.map((finding, index) => toFinding(finding, { index, stored, codeOf }));
  const added = verdicts.filter(({ verdict }) => verdict === 'add');
  return {
    algorithms: modelRuns.map((run) => toAlgorithm(run, study.studyInstanceUid, telling)),
    isAnalysisFailed: stored.isAnalysisFailed,
    findings: [
      ...found,
      ...added.map((verdict, index) => toAdded(verdict, { index, before: found.length, codeOf })),
    ].map((finding) => (telling.readingMode === 'assist' ? finding : withoutPlace(finding))),
    heatmaps: telling.readingMode === 'assist' ? toHeatmaps(stored, codeOf) : [],
    priority: {
      level: study.priority,
      reason: study.reason,
      ruleId: study.ruleId,
      ruleVersion: study.ruleVersion,
    },
    review: review === undefined ? undefined : toReview(review, merged),
    readingMode: telling.readingMode,
  };
}

function toAlgorithm(run: ModelRunRow, studyInstanceUid: string, { titleOf }: Telling): Algorithm {
  const { modelId, modelVersion, modelSha256, outcome, reason, labelScores } = run;
  return {
    id: modelId,
    title: titleOf(modelId, modelVersion) ?? modelId,
    version: modelVersion,
    sha256: modelSha256,
    deviceUid: deriveUid(['model', modelSha256]),
    outcome,
    reason: reason ?? undefined,
    labels: labelScores.map((label) => ({
      ...label,
      trackingUid: deriveUid(['score', studyInstanceUid, modelSha256, label.id]),
    })),
  };
}

/** The UID that is the number of a UUID (PS3.5 B.2). */
function uidOfUuid(uuid: string): string {
  return `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`;
}

interface Boxed {
  readonly sopInstanceUid: string;
  readonly frame: number;
  readonly boxX: number;
  readonly boxY: number;
  readonly boxWidth: number;
  readonly boxHeight: number;
}

function regionOf({
  sopInstanceUid,
  frame,
  boxX,
  boxY,
  boxWidth,
  boxHeight,
}: Boxed): FindingRegion {
  const box = { x: boxX, y: boxY, width: boxWidth, height: boxHeight };
  return { sopInstanceUid, frame, box };
}

function isBoxed(verdict: VerdictRow): verdict is VerdictRow & Boxed {
  return verdict.sopInstanceUid !== null && verdict.frame !== null && verdict.boxX !== null;
}

interface Place {
  readonly index: number;
  readonly stored: StoredResult;
  codeOf(label: string): Code;
}

function toFinding({ main }: MergedFinding, { index, stored, codeOf }: Place): Finding {
  const { findingId, label, code, score } = main;
  const regions = [regionOf(main)];
  const base = {
    trackingId: `Finding ${index + 1}`,
    trackingUid: uidOfUuid(findingId),
    algorithm: stored.modelRuns.findIndex(({ modelRunKey }) => modelRunKey === main.modelRunKey),
    score,
  };
  // A verdict on what several models say is kept for each of them.
  const verdict = stored.review?.verdicts.find((row) => row.findingId === findingId);
  if (verdict === undefined || verdict.verdict === 'add') return { ...base, label, code, regions };
  if (verdict.verdict === 'confirm') return { ...base, label, code, regions, verdict: 'confirm' };
  if (verdict.verdict === 'reject') {
    const rejectReason = verdict.reason ?? undefined;
    return { ...base, label, code, regions, verdict: 'reject', rejectReason };
  }
  const said = verdict.label ?? label;
  return {
    ...base,
    label: said,
    code: said === label ? code : codeOf(said),
    regions: isBoxed(verdict) ? [regionOf(verdict)] : regions,
    verdict: 'amend',
    original: { label, code, regions },
  };
}

/** In triage-only mode no object says where a finding is, and so no builder gets to know it. */
function withoutPlace(finding: Finding): Finding {
  const { original } = finding;
  const nowhere = { ...finding, regions: [] };
  return original === undefined ? nowhere : { ...nowhere, original: { ...original, regions: [] } };
}

function toAdded(
  verdict: VerdictRow,
  { index, before, codeOf }: { index: number; before: number; codeOf(label: string): Code },
): Finding {
  const label = verdict.label ?? '';
  return {
    trackingId: `Finding ${before + index + 1}`,
    trackingUid: deriveUid(['added', verdict.reviewId, index]),
    algorithm: null,
    label,
    code: codeOf(label),
    regions: isBoxed(verdict) ? [regionOf(verdict)] : [],
    score: null,
    verdict: 'add',
  };
}

/** Those of labels whose findings a reader has all rejected say nothing any more. */
function toHeatmaps(stored: StoredResult, codeOf: (label: string) => Code): Heatmap[] {
  const { heatmaps, modelRuns, findings, review } = stored;
  const rejected = new Set(
    review?.verdicts.filter(({ verdict }) => verdict === 'reject').map((row) => row.findingId),
  );
  const isRejected = (row: (typeof heatmaps)[number]) => {
    const own = findings.filter(
      (finding) =>
        finding.modelRunKey === row.modelRunKey &&
        finding.label === row.label &&
        finding.sopInstanceUid === row.sopInstanceUid &&
        finding.frame === row.frame,
    );
    return own.length > 0 && own.every(({ findingId }) => rejected.has(findingId));
  };
  return heatmaps
    .filter((row) => !isRejected(row))
    .map((row) => ({
      sopInstanceUid: row.sopInstanceUid,
      frame: row.frame,
      width: row.width,
      height: row.height,
      values: readHeatmapValues(row),
      transform: heatmapTransform(row),
      threshold: row.threshold,
      label: row.label,
      code: codeOf(row.label),
      algorithm: modelRuns.findIndex(({ modelRunKey }) => modelRunKey === row.modelRunKey),
      unit: isShareOfScore(row) ? 'share of the score' : 'score',
    }));
}

/** A reader who left a finding without a word on it does not vouch for the whole. */
function toReview(
  { reader, createdAt, comment, verdicts }: NonNullable<StoredResult['review']>,
  merged: readonly MergedFinding[],
): ResultReview {
  const judged = new Set(verdicts.map(({ findingId }) => findingId));
  return {
    readerName: reader,
    signedAt: createdAt,
    comment: comment ?? undefined,
    isVerified: merged.every(({ main }) => judged.has(main.findingId)),
  };
}
