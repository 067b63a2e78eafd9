import type { StoredResult } from '#delivery/results/read-study.ts';

type ModelRunRow = StoredResult['modelRuns'][number];
type FindingRow = StoredResult['findings'][number];
type HeatmapRow = StoredResult['heatmaps'][number];
type VerdictRow = NonNullable<StoredResult['review']>['verdicts'][number];

const LESION = { scheme: 'SCT', value: '52988006', meaning: 'Lesion' };
const EFFUSION = { scheme: 'SCT', value: '60046008', meaning: 'Pleural effusion' };

export function modelRunRow(changes: Partial<ModelRunRow> = {}): ModelRunRow {
  const score = { score: 0.8, threshold: 0.5, flagged: true };
  return {
    ...{ modelRunKey: '1', runKey: '1', modelId: 'phantom-lesion', modelVersion: '1.0.0' },
    ...{ modelSha256: 'a'.repeat(64), role: 'active', outcome: 'analysed', reason: null },
    ...{ provider: 'cpu', score: 0.8, threshold: 0.5, flagged: true, images: 1, timings: {} },
    labelScores: [
      { id: 'lesion', label: 'lesion', code: LESION, ...score },
      { id: 'effusion', label: 'effusion', code: EFFUSION, ...score },
    ],
    ...changes,
  };
}

export function findingRow(changes: Partial<FindingRow> = {}): FindingRow {
  return {
    ...{ findingId: '00000000-0000-4000-8000-000000000001', modelRunKey: '1', studyKey: '1' },
    ...{ label: 'lesion', code: LESION, sopInstanceUid: '1.2.3', frame: 1 },
    ...{ boxX: 1, boxY: 2, boxWidth: 30, boxHeight: 40, score: 0.8, withdrawnAt: null },
    ...{ modelId: 'phantom-lesion', modelVersion: '1.0.0' },
    ...changes,
  };
}

export function heatmapRow(changes: Partial<HeatmapRow> = {}): HeatmapRow {
  return {
    ...{ heatmapId: 'h', modelRunKey: '1', studyKey: '1', sopInstanceUid: '1.2.3', frame: 1 },
    ...{ width: 2, height: 2, values: Buffer.from(Float32Array.of(0, 0.25, 0.5, 0.75).buffer) },
    ...{ scaleX: 8, scaleY: 8, originX: 0, originY: 0, threshold: 0.5, peak: 0.75 },
    ...{ label: 'lesion', origin: 'model', withdrawnAt: null, modelId: 'phantom-lesion' },
    ...changes,
  };
}

export function verdictRow(changes: Partial<VerdictRow> = {}): VerdictRow {
  return {
    ...{ reviewId: 'r', findingId: null, verdict: 'add', reason: null, label: null },
    ...{ sopInstanceUid: null, frame: null },
    ...{ boxX: null, boxY: null, boxWidth: null, boxHeight: null },
    ...changes,
  };
}

const STUDY = {
  ...{ studyKey: '1', studyInstanceUid: '1.2', version: 1, site: '', modality: 'DX' },
  ...{ priority: 'HIGH', reason: 'HIGH: lesion', ruleId: 'default', ruleVersion: '1' },
  flagged: true,
} as StoredResult['study'];

export function storedResult(
  parts: Partial<Omit<StoredResult, 'review' | 'study'>> & {
    readonly study?: Partial<StoredResult['study']>;
    readonly review?: readonly VerdictRow[];
  } = {},
): StoredResult {
  const { review, study, ...rest } = parts;
  const signed: Omit<NonNullable<StoredResult['review']>, 'verdicts'> = {
    ...{ reviewId: 'r', studyKey: '1', imageRevision: 'i', runKey: '1', seenVersion: 1 },
    ...{ kind: 'reading', state: 'signed', reader: 'ada', readingMode: 'assist' },
    ...{ comment: null, positive: true, openedAt: null, undoneAt: null },
    createdAt: new Date('2026-01-12T10:20:30Z'),
  };
  return {
    study: { ...STUDY, ...study },
    images: [],
    modelRuns: [modelRunRow()],
    isAnalysisFailed: false,
    findings: [],
    heatmaps: [],
    ...rest,
    review: review === undefined ? undefined : { ...signed, verdicts: review },
  };
}
