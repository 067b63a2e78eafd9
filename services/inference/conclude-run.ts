import type { RadTriageError } from '#core/errors.ts';
import type { ModelOutcome } from '#core/priority.ts';
import { OUTSIDE_INTENDED_USE } from '#models/analysis/check-input.ts';
import { defaultOperatingPoint, type Label } from '#models/manifest/labels.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import { poolScores } from '#models/postprocess/pool-scores.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import { collectFindings, type FlaggedFrames, type LabelFrame } from './collect-findings.ts';
import type { ModelAnalysis, ModelPlan, TriageImage } from './triage-types.ts';

/** What one label of a model came to over a study. */
export interface LabelConclusion {
  readonly label: Label;
  /** Pooled over the images, or over the slices of the highest series. */
  readonly score: number;
  readonly threshold: number;
  readonly flagged: boolean;
  readonly frames: FlaggedFrames;
}

/** What is recorded of one model in one run. */
export interface ModelConclusion {
  readonly model: RegisteredModel;
  readonly role: 'shadow' | 'active';
  /** `declined`: the images are outside the model's intended use. */
  readonly outcome: 'analysed' | 'not-analysed' | 'declined' | 'failed';
  readonly reason: string | undefined;
  readonly provider: string | undefined;
  /** Of the label that stands out most: a flagged one before any other, then the highest score. */
  readonly score: number | undefined;
  readonly threshold: number | undefined;
  readonly flagged: boolean;
  /** Images that it saw. */
  readonly images: number;
  readonly timings: Readonly<Record<string, number>>;
  readonly labels: readonly LabelConclusion[];
}

/** What a run comes to: the state and reason of run and study, and what each model gave. */
export interface RunConclusion {
  readonly state: 'analysed' | 'not-analysed';
  readonly reason: string;
  readonly models: readonly ModelConclusion[];
  /** Of active models alone: what the priority is decided by. */
  readonly outcomes: readonly ModelOutcome[];
  /** Whether models in shadow are to see these images, once this is stored. */
  readonly awaitsShadow: boolean;
  /** The failure of an active model when no other active one came to a result: the job is tried again. */
  readonly failure: RadTriageError | undefined;
}

const NOTHING_FOUND: FlaggedFrames = { findings: [], heatmaps: [] };

function isAwaitingShadow({ model, images }: ModelPlan): boolean {
  return model.role !== 'active' && model.problem === undefined && images.length > 0;
}

/** Weighs what the active models gave. Those in shadow see the study later, and count for nothing here. */
export function concludeRun(
  plans: readonly ModelPlan[],
  analyses: readonly ModelAnalysis[],
  images: readonly TriageImage[],
): RunConclusion {
  const findAnalysis = (plan: ModelPlan) =>
    analyses.find((analysis) => analysis.plan.model === plan.model);
  const awaiting = plans.filter(isAwaitingShadow);
  const told = plans.filter((plan) => !isAwaitingShadow(plan));
  const conclusions = told.map((plan) => concludeModel(plan, findAnalysis(plan)));
  const models = conclusions.filter((model) => model.role === 'active');
  const analysed = models.filter((model) => model.outcome === 'analysed');
  const failed = models.find((model) => model.outcome === 'failed');
  return {
    state: analysed.length > 0 ? 'analysed' : 'not-analysed',
    reason:
      analysed.length > 0
        ? describeAnalysed(models)
        : describeNotAnalysed(conclusions, awaiting, images),
    models,
    outcomes: analysed.flatMap(outcomesOf),
    awaitsShadow: awaiting.length > 0,
    failure:
      analysed.length > 0 || failed === undefined
        ? undefined
        : analyses.find((analysis) => analysis.plan.model === failed.model)?.failure,
  };
}

/** What one model came to; without an analysis, why it did not take the images. */
export function concludeModel(
  plan: ModelPlan,
  analysis: ModelAnalysis | undefined,
): ModelConclusion {
  const { model } = plan;
  const base = {
    model,
    role: model.role === 'active' ? 'active' : 'shadow',
    provider: analysis?.provider,
    score: undefined,
    threshold: undefined,
    flagged: false,
    images: new Set(analysis?.results.map((result) => result.image)).size,
    timings: roundTimings(analysis),
    labels: [],
  } as const;
  if (model.problem !== undefined) {
    return { ...base, outcome: 'not-analysed', reason: refusal(model.problem) };
  }
  if (analysis === undefined) {
    if (plan.declined === undefined) {
      return { ...base, outcome: 'not-analysed', reason: 'no image fits' };
    }
    return { ...base, outcome: 'declined', reason: plan.declined };
  }
  if (analysis.failure !== undefined) {
    const { code, message, retryable } = analysis.failure;
    const isRefused = !retryable;
    const reason = isRefused ? refusal(analysis.failure) : `${code}: ${message}`;
    return { ...base, outcome: isRefused ? 'not-analysed' : 'failed', reason };
  }
  if (analysis.results.length === 0 && analysis.declined.length > 0) {
    return { ...base, outcome: 'declined', reason: describeDeclined(plan, analysis) };
  }
  if (analysis.results.length === 0) {
    return { ...base, outcome: 'not-analysed', reason: describeUndecodable(analysis.undecodable) };
  }
  return { ...base, ...scoreStudy(analysis), reason: describeGaps(plan, analysis) };
}

function scoreStudy({ plan, results }: ModelAnalysis) {
  const { manifest } = plan.model;
  const labels = manifest.labels.map((label, i): LabelConclusion => {
    const frames = results.flatMap(({ image, frame, labels: all }) => {
      const own = all[i];
      return own === undefined ? [] : [{ image, frame, ...own }];
    });
    const score = poolStudy(manifest, frames);
    const { threshold } = defaultOperatingPoint(label);
    const flagged = score >= threshold;
    const found = flagged ? collectFindings(frames, threshold) : NOTHING_FOUND;
    return { label, score, threshold, flagged, frames: found };
  });
  const [main] = labels.toSorted(
    (a, b) => Number(b.flagged) - Number(a.flagged) || b.score - a.score,
  );
  const { score, threshold } = main ?? { score: undefined, threshold: undefined };
  return {
    outcome: 'analysed',
    score,
    threshold,
    flagged: main?.flagged ?? false,
    labels,
  } as const;
}

/** Over all images; of a model of stacks over each series by itself, of which the highest counts. */
function poolStudy({ select, pooling }: Manifest, frames: readonly LabelFrame[]): number {
  if (select.level === 'image') {
    return poolScores(
      frames.map(({ score }) => score),
      pooling,
    );
  }
  const series = Map.groupBy(frames, ({ image }) => image.row.seriesInstanceUid);
  const scores = [...series.values()].map((slices) =>
    poolScores(
      slices.map(({ score }) => score),
      pooling,
    ),
  );
  return Math.max(0, ...scores);
}

const PLAIN_REFUSALS: Readonly<Record<string, string>> = {
  MODEL_ALTERED: 'file altered',
  MODEL_MISSING: 'file missing',
  MODEL_MANIFEST_INVALID: 'manifest invalid',
};

const REFUSED = 'refused:';

function refusal({ code, message }: RadTriageError): string {
  return `${REFUSED} ${PLAIN_REFUSALS[code] ?? `${code}: ${message}`}`;
}

function describeUndecodable(problems: readonly RadTriageError[]): string {
  const codes = [...new Set(problems.map((problem) => problem.code))].sort();
  return `${codes.join(', ')}: ${problems.length} image(s) could not be decoded`;
}

/** The reasons, each once, with the header's word on images that never got so far. */
function describeDeclined(plan: ModelPlan, { declined, undecodable }: ModelAnalysis): string {
  const reasons = [
    ...new Set([...declined, ...(plan.declined === undefined ? [] : [plan.declined])]),
  ];
  return [...reasons, ...(undecodable.length === 0 ? [] : [describeUndecodable(undecodable)])].join(
    '; ',
  );
}

/** What a reader has to know of an analysis that went through. */
function describeGaps(plan: ModelPlan, analysis: ModelAnalysis): string | undefined {
  const gaps = [
    ...(plan.note === undefined ? [] : [plan.note]),
    ...(plan.declined === undefined ? [] : [`not for all images: ${plan.declined}`]),
    ...describeSomeDeclined(analysis),
    ...(analysis.undecodable.length === 0 ? [] : [describeUndecodable(analysis.undecodable)]),
  ];
  return gaps.length === 0 ? undefined : gaps.join('; ');
}

function describeSomeDeclined({ declined, results }: ModelAnalysis): string[] {
  if (declined.length === 0) return [];
  const count = `${declined.length} of ${declined.length + results.length} image(s)`;
  return [`${count} not analysed: ${[...new Set(declined)].join('; ')}`];
}

function nameOf({ model }: Pick<ModelConclusion, 'model'>): string {
  return `${model.id} ${model.manifest?.version ?? ''}`.trim();
}

function describeMissing(conclusion: ModelConclusion): string {
  const reason = conclusion.reason ?? '';
  const isRefused = reason.startsWith(REFUSED);
  return isRefused ? `model ${nameOf(conclusion)} ${reason}` : `${nameOf(conclusion)}: ${reason}`;
}

/** Never "normal": a model that flags nothing has flagged nothing, no more. */
function describeAnalysed(active: readonly ModelConclusion[]): string {
  return active
    .map((conclusion) => {
      const name = nameOf(conclusion);
      const gaps = conclusion.reason === undefined ? '' : ` (${conclusion.reason})`;
      if (conclusion.outcome !== 'analysed') return describeMissing(conclusion);
      return conclusion.flagged
        ? `flagged by ${name}${gaps}`
        : `no finding flagged by ${name}${gaps}`;
    })
    .join('; ');
}

function describeNotAnalysed(
  models: readonly ModelConclusion[],
  awaiting: readonly ModelPlan[],
  images: readonly TriageImage[],
): string {
  if (images.length === 0) return 'the study has no image';
  const reasons = models.map(describeMissing);
  if (awaiting.length > 0) {
    reasons.unshift(`model in shadow: awaiting promotion (${awaiting.map(nameOf).join(', ')})`);
  }
  return reasons.length > 0 ? reasons.join('; ') : describeNoFit(images);
}

function describeNoFit(images: readonly TriageImage[]): string {
  const unreadable = images.filter((image) => image.problem !== undefined);
  if (unreadable.length === images.length) {
    const codes = [...new Set(unreadable.map((image) => image.problem?.code))].sort();
    return `${codes.join(', ')}: none of ${images.length} image(s) could be read`;
  }
  const modalities = images.map((image) => image.facts?.values.Modality?.[0] ?? 'unknown');
  const named = [...new Set(modalities)].sort().join(', ');
  return `${OUTSIDE_INTENDED_USE}: no active or shadow model fits: modality ${named}`;
}

function outcomesOf({ model, labels }: ModelConclusion): ModelOutcome[] {
  return labels.map(({ label, flagged, score }) => ({
    modelId: model.id,
    modelVersion: model.manifest?.version ?? '',
    label: label.label,
    flagged,
    score,
  }));
}

function roundTimings(analysis: ModelAnalysis | undefined): Record<string, number> {
  const entries = Object.entries(analysis?.timings ?? {});
  return Object.fromEntries(entries.map(([stage, ms]) => [stage, Math.round(ms * 100) / 100]));
}
