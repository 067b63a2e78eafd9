import type { RadTriageError } from '#core/errors.ts';
import type { ModelOutcome } from '#core/priority.ts';
import { defaultOperatingPoint, mainLabel } from '#models/manifest/labels.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import { collectFindings, type FlaggedFrames } from './collect-findings.ts';
import type { ModelAnalysis, ModelPlan, TriageImage } from './triage-types.ts';

/** What is recorded of one model in one run. */
export interface ModelConclusion {
  readonly model: RegisteredModel;
  readonly role: 'shadow' | 'active';
  readonly outcome: 'analysed' | 'not-analysed' | 'failed';
  readonly reason: string | undefined;
  readonly provider: string | undefined;
  /** The largest score over the images. */
  readonly score: number | undefined;
  readonly threshold: number | undefined;
  readonly flagged: boolean;
  /** Images that it saw. */
  readonly images: number;
  readonly timings: Readonly<Record<string, number>>;
  readonly frames: FlaggedFrames;
}

/** What a run comes to: the state and reason of run and study, and what each model gave. */
export interface RunConclusion {
  readonly state: 'analysed' | 'not-analysed';
  readonly reason: string;
  readonly models: readonly ModelConclusion[];
  /** Of active models alone: what the priority is decided by. */
  readonly outcomes: readonly ModelOutcome[];
  /** The failure of an active model when no other active one came to a result: the job is tried again. */
  readonly failure: RadTriageError | undefined;
}

const NOTHING_FOUND: FlaggedFrames = { findings: [], heatmaps: [] };

/** Weighs what the models gave. Shadow models are recorded, and neither raise nor mark nor count as an analysis. */
export function concludeRun(
  plans: readonly ModelPlan[],
  analyses: readonly ModelAnalysis[],
  images: readonly TriageImage[],
): RunConclusion {
  const byModel = new Map(analyses.map((analysis) => [analysis.plan.model.id, analysis]));
  const models = plans.map((plan) => concludeModel(plan, byModel.get(plan.model.id)));
  const active = models.filter((model) => model.role === 'active');
  const analysed = active.filter((model) => model.outcome === 'analysed');
  const failed = active.find((model) => model.outcome === 'failed');
  return {
    state: analysed.length > 0 ? 'analysed' : 'not-analysed',
    reason: analysed.length > 0 ? describeAnalysed(active) : describeNotAnalysed(models, images),
    models,
    outcomes: analysed.map(outcomeOf),
    failure:
      analysed.length > 0 || failed === undefined
        ? undefined
        : byModel.get(failed.model.id)?.failure,
  };
}

function concludeModel(plan: ModelPlan, analysis: ModelAnalysis | undefined): ModelConclusion {
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
    frames: NOTHING_FOUND,
  } as const;
  if (model.problem !== undefined) {
    return { ...base, outcome: 'not-analysed', reason: refusal(model.problem) };
  }
  if (analysis === undefined) {
    return { ...base, outcome: 'not-analysed', reason: plan.declined ?? 'no image fits' };
  }
  if (analysis.failure !== undefined) {
    const { code, message, retryable } = analysis.failure;
    const isRefused = !retryable;
    const reason = isRefused ? refusal(analysis.failure) : `${code}: ${message}`;
    return { ...base, outcome: isRefused ? 'not-analysed' : 'failed', reason };
  }
  if (analysis.results.length === 0) {
    return { ...base, outcome: 'not-analysed', reason: describeUndecodable(analysis.undecodable) };
  }
  return { ...base, ...scoreStudy(analysis), reason: describeGaps(plan, analysis) };
}

function scoreStudy({ plan, results }: ModelAnalysis) {
  const score = results.reduce((largest, result) => Math.max(largest, result.score), 0);
  const { threshold } = defaultOperatingPoint(mainLabel(plan.model.manifest));
  const flagged = score >= threshold;
  const frames = flagged ? collectFindings(results, threshold) : NOTHING_FOUND;
  return { outcome: 'analysed', score, threshold, flagged, frames } as const;
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

/** What a reader has to know of an analysis that went through. */
function describeGaps(plan: ModelPlan, analysis: ModelAnalysis): string | undefined {
  const gaps = [
    ...(plan.note === undefined ? [] : [plan.note]),
    ...(plan.declined === undefined ? [] : [`not for all images: ${plan.declined}`]),
    ...(analysis.undecodable.length === 0 ? [] : [describeUndecodable(analysis.undecodable)]),
  ];
  return gaps.length === 0 ? undefined : gaps.join('; ');
}

function nameOf({ model }: ModelConclusion): string {
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
  images: readonly TriageImage[],
): string {
  if (images.length === 0) return 'the study has no image';
  const shadows = models.filter((m) => m.role === 'shadow' && m.outcome === 'analysed');
  const reasons = models.filter((model) => model.outcome !== 'analysed').map(describeMissing);
  if (shadows.length > 0) {
    reasons.unshift(`model in shadow: awaiting promotion (${shadows.map(nameOf).join(', ')})`);
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
  return `no active or shadow model fits: modality ${named}`;
}

function outcomeOf({ model, flagged, score }: ModelConclusion): ModelOutcome {
  return {
    modelId: model.id,
    modelVersion: model.manifest?.version ?? '',
    label: model.manifest === undefined ? '' : mainLabel(model.manifest).label,
    flagged,
    score: score ?? null,
  };
}

function roundTimings(analysis: ModelAnalysis | undefined): Record<string, number> {
  const entries = Object.entries(analysis?.timings ?? {});
  return Object.fromEntries(entries.map(([stage, ms]) => [stage, Math.round(ms * 100) / 100]));
}
