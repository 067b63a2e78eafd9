import { randomUUID } from 'node:crypto';
import type { Insertable, Kysely } from 'kysely';
import { decidePriority, type ModelOutcome, type PriorityRule } from '#core/priority.ts';
import { canTransition } from '#core/study-state.ts';
import { requestExplanations } from '#intake/request-explanations.ts';
import { requestShadow } from '#intake/request-shadow.ts';
import type { ImageHeatmap } from '#models/postprocess/read-image.ts';
import type { NotificationRule } from '#platform/config/notifications.ts';
import type { HeatmapTable } from '#platform/database/analysis-tables.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { requestResults } from '#platform/study-results/request-results.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import { isOpen, lockRun, type StudyRow, type TriageJob } from './begin-run.ts';
import type { LabelFrame } from './collect-findings.ts';
import type { LabelConclusion, ModelConclusion, RunConclusion } from './conclude-run.ts';
import { notifyResult } from './notify-result.ts';
import { planExplanations } from './plan-explanations.ts';

export interface TriageResult {
  readonly conclusion: RunConclusion;
  readonly rule: PriorityRule;
  readonly thumbnailBlob: string | undefined;
  /** Of which results the site wants to be told. */
  readonly notificationRules?: readonly NotificationRule[] | undefined;
}

/** So long the objects for the PACS wait for heatmaps that are made after the result. Nothing else waits for them. */
const EXPLAINED_WITHIN_MS = 120_000;

export type StoredState = RunConclusion['state'] | 'superseded' | 'ended-before';

/**
 * Everything of a run in one transaction: results, the run's end, the study's status, its place in the list, and the
 * notifications that this calls for. When newer images or a newer run came meanwhile, the results are kept with the run
 * as 'superseded', the study is left alone and nobody is told. A run that another worker has ended is left as it is.
 */
export async function storeResult(
  database: Database,
  job: TriageJob,
  result: TriageResult,
): Promise<StoredState> {
  return database.transaction().execute(async (transaction) => {
    const locked = await lockRun(transaction, job);
    if (locked === undefined || !isOpen(locked.run)) return 'ended-before';
    const { study, run } = locked;
    const { conclusion } = result;
    const place = { runKey: run.runKey, studyKey: study.studyKey };
    let toExplain = 0;
    for (const model of conclusion.models) {
      const modelRunKey = await insertModelRun(transaction, { model, ...place });
      if (modelRunKey === undefined) continue;
      toExplain += await planExplanations(transaction, model, { ...place, modelRunKey });
    }
    if (toExplain > 0) await requestExplanations(transaction, run);
    const event = conclusion.state === 'analysed' ? 'analysis-finished' : 'analysis-declined';
    const isCurrent = locked.isCurrent && canTransition(study.status, event);
    const state = isCurrent ? conclusion.state : 'superseded';
    await transaction
      .updateTable('analysisRun')
      .set({ state, reason: conclusion.reason, finishedAt: new Date() })
      .where('runKey', '=', run.runKey)
      .execute();
    if (isCurrent) {
      const placed = conclusion.state === 'analysed' ? placeStudy(study, result) : undefined;
      const patch = { ...describeStudy(result), ...placed };
      await updateStudy(transaction, study.studyKey, { event, patch });
      if (isWorthTelling(conclusion)) {
        const dueAt = toExplain > 0 ? new Date(Date.now() + EXPLAINED_WITHIN_MS) : undefined;
        await requestResults(transaction, { ...place, dueAt });
      }
      if (placed !== undefined) {
        const rules = result.notificationRules ?? [];
        await notifyResult(transaction, locked, { rules, conclusion, placed });
      }
      if (conclusion.awaitsShadow) await requestShadow(transaction, run);
    }
    return state;
  });
}

/** A study that no model is made for is nothing to report: its place in the list says why. */
function isWorthTelling({ models }: RunConclusion): boolean {
  return models.some(({ outcome }) => outcome !== 'not-analysed');
}

function describeStudy({ conclusion, thumbnailBlob }: TriageResult) {
  return {
    statusReason: conclusion.reason,
    ...(thumbnailBlob === undefined ? {} : { thumbnailBlob }),
  };
}

/** Only by a result: without one the class and place that the study has are left to it, and nothing lowers them. */
function placeStudy(study: StudyRow, { conclusion: { outcomes }, rule }: TriageResult) {
  const decision = decidePriority(
    rule,
    {
      order: { priority: study.basePriority, source: study.orderPrioritySource },
      receivedAt: study.receivedAt.getTime(),
    },
    outcomes,
  );
  const best = bestOutcome(outcomes);
  return {
    analysedAt: new Date(),
    priority: decision.priority,
    reason: decision.reason,
    dueAt: new Date(decision.dueAt),
    rankAt: new Date(decision.rankAt),
    ruleId: decision.ruleId,
    ruleVersion: decision.ruleVersion,
    score: best?.score ?? null,
    scoreModel: best?.modelId ?? null,
    flagged: outcomes.some((outcome) => outcome.flagged),
    flaggedLabels: [
      ...new Set(outcomes.flatMap(({ flagged, label }) => (flagged ? [label] : []))),
    ].sort(),
  };
}

/** A flagged one before any other, then the highest score. */
function bestOutcome(outcomes: readonly ModelOutcome[]): ModelOutcome | undefined {
  return outcomes.toSorted(
    (a, b) => Number(b.flagged) - Number(a.flagged) || (b.score ?? 0) - (a.score ?? 0),
  )[0];
}

interface ModelRunPlace {
  readonly model: ModelConclusion;
  readonly runKey: string;
  readonly studyKey: string;
}

export async function insertModelRun(
  transaction: Kysely<DatabaseSchema>,
  { model, runKey, studyKey }: ModelRunPlace,
): Promise<string | undefined> {
  const { manifest } = model.model;
  if (manifest === undefined) return undefined;
  const { modelRunKey } = await transaction
    .insertInto('modelRun')
    .values({
      runKey,
      modelId: manifest.id,
      modelVersion: manifest.version,
      modelSha256: manifest.sha256,
      role: model.role,
      outcome: model.outcome,
      reason: model.reason ?? null,
      provider: model.provider ?? null,
      score: model.score ?? null,
      threshold: model.threshold ?? null,
      flagged: model.flagged,
      labelScores: JSON.stringify(model.labels.map(labelScore)),
      images: model.images,
      timings: JSON.stringify(model.timings),
    })
    .returning('modelRunKey')
    .executeTakeFirstOrThrow();
  for (const label of model.labels) {
    await insertMarks(transaction, label, { modelRunKey, studyKey });
  }
  return modelRunKey;
}

function labelScore({ label, score, threshold, flagged }: LabelConclusion) {
  return { id: label.id, label: label.label, code: label.code, score, threshold, flagged };
}

async function insertMarks(
  transaction: Kysely<DatabaseSchema>,
  { label, frames }: LabelConclusion,
  place: { readonly modelRunKey: string; readonly studyKey: string },
): Promise<void> {
  for (const { result, box, score } of frames.findings) {
    const [boxX, boxY, boxWidth, boxHeight] = box;
    await transaction
      .insertInto('finding')
      .values({
        findingId: randomUUID(),
        ...place,
        label: label.label,
        code: JSON.stringify(label.code),
        ...frameColumns(result),
        ...{ boxX, boxY, boxWidth, boxHeight, score },
      })
      .execute();
  }
  for (const result of frames.heatmaps) {
    if (result.heatmap === undefined) continue;
    const own = { ...place, label: label.label, ...frameColumns(result) };
    await insertHeatmap(transaction, own, result.heatmap);
  }
}

type HeatmapPlace = Pick<
  Insertable<HeatmapTable>,
  'modelRunKey' | 'studyKey' | 'label' | 'sopInstanceUid' | 'frame'
>;

export async function insertHeatmap(
  transaction: Kysely<DatabaseSchema>,
  place: HeatmapPlace,
  heatmap: ImageHeatmap,
): Promise<void> {
  await transaction
    .insertInto('heatmap')
    .values({ heatmapId: randomUUID(), ...place, ...heatmapColumns(heatmap) })
    .execute();
}

function frameColumns({ image, frame }: LabelFrame) {
  return { sopInstanceUid: image.row.sopInstanceUid, frame };
}

function heatmapColumns(heatmap: ImageHeatmap) {
  return {
    width: heatmap.columns,
    height: heatmap.rows,
    values: littleEndian(heatmap.values),
    ...heatmap.transform,
    threshold: heatmap.threshold,
    peak: heatmap.peak,
    origin: heatmap.origin,
  };
}

function littleEndian(values: Float32Array): Buffer {
  const bytes = Buffer.alloc(values.length * Float32Array.BYTES_PER_ELEMENT);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes;
}
