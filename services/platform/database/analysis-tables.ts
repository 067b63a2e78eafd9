import type { ColumnType, Generated } from 'kysely';
import type { HeatmapOrigin, ModelRole } from '#core/finding.ts';
import type { ModelEvaluation } from '#core/model-evaluation.ts';
import type { CreatedAt, Json, JsonWithDefault, Timestamp } from './column-types.ts';

export interface AnalysisRunTable {
  runKey: Generated<string>;
  studyKey: string;
  imageRevision: string;
  number: number;
  jobId: string;
  trigger: 'complete' | 'late-images' | 'retry' | 'promotion' | 'sweep';
  state: 'queued' | 'running' | 'analysed' | 'not-analysed' | 'failed' | 'superseded';
  reason: string | null;
  traceId: string;
  attempts: Generated<number>;
  createdAt: CreatedAt;
  startedAt: Timestamp | null;
  finishedAt: Timestamp | null;
  /** How far the models in shadow are with this run; null when none was to see it. */
  shadowState: 'queued' | 'done' | 'failed' | 'superseded' | null;
  /** Of the job that was asked for last; never used twice. */
  shadowJobId: string | null;
  shadowReason: string | null;
  shadowFinishedAt: Timestamp | null;
}

export interface LabelScore {
  id: string;
  label: string;
  code: { scheme: string; value: string; meaning: string };
  score: number;
  threshold: number;
  flagged: boolean;
}

export interface ModelRunTable {
  modelRunKey: Generated<string>;
  runKey: string;
  modelId: string;
  modelVersion: string;
  modelSha256: string;
  role: Exclude<ModelRole, 'retired'>;
  outcome: 'analysed' | 'not-analysed' | 'declined' | 'failed';
  reason: string | null;
  provider: string | null;
  /** Of the label that stands out most. */
  score: number | null;
  threshold: number | null;
  flagged: Generated<boolean>;
  /** Every label of the model; empty when it was not analysed. */
  labelScores: JsonWithDefault<LabelScore[]>;
  images: number;
  /** Milliseconds by stage: decode, preprocess, inference, postprocess. */
  timings: Json<Record<string, number>>;
}

export interface FindingTable {
  findingId: string;
  modelRunKey: string;
  studyKey: string;
  label: string;
  code: Json<{ scheme: string; value: string; meaning: string }>;
  sopInstanceUid: string;
  frame: number;
  boxX: number;
  boxY: number;
  boxWidth: number;
  boxHeight: number;
  score: number;
  /** Set when its image was withdrawn or replaced: it stays on record and is shown no more. */
  withdrawnAt: Timestamp | null;
}

export interface ExplanationTable {
  explanationId: Generated<string>;
  runKey: string;
  modelRunKey: string;
  studyKey: string;
  labelId: string;
  label: string;
  sopInstanceUid: string;
  frame: number;
  method: 'occlusion' | 'rise';
  /** `insufficient`: the time was up before the map could mean anything. */
  state: Generated<'queued' | 'done' | 'insufficient' | 'failed' | 'superseded'>;
  reason: Generated<string | null>;
  /** Masked images that were scored, and how many were planned. */
  masks: Generated<number | null>;
  plannedMasks: Generated<number | null>;
  milliseconds: Generated<number | null>;
  finishedAt: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

export interface HeatmapTable {
  heatmapId: string;
  modelRunKey: string;
  studyKey: string;
  sopInstanceUid: string;
  frame: number;
  width: number;
  height: number;
  /** Row-major float32 little endian, 0 to 1. */
  values: Buffer;
  scaleX: number;
  scaleY: number;
  originX: number;
  originY: number;
  threshold: number;
  peak: number;
  /** What it is a heatmap of. */
  label: Generated<string>;
  origin: Generated<HeatmapOrigin>;
  /** As of the finding. */
  withdrawnAt: Timestamp | null;
}

/** A version of a model that was added or given a role: its files are pinned from then on. */
export interface ModelStateTable {
  modelId: string;
  version: string;
  /** Of the ONNX file. */
  sha256: string;
  /** Of manifest.json; null for roles given before it was recorded. */
  manifestSha256: string | null;
  role: ModelRole;
  changedBy: string;
  changedAt: CreatedAt;
  note: string | null;
  /** Given with a promotion; null when none ever was. */
  evaluation: ColumnType<ModelEvaluation | null, string | null | undefined, string | null>;
}
