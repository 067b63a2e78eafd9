import { RadTriageError } from '#core/errors.ts';
import { seededStream, shuffle } from '#models/explain/seeded-stream.ts';
import type { Manifest } from '#models/manifest/schema.ts';
import { faithfulnessFigures } from '#quality/evaluation/figures/faithfulness.ts';
import {
  type JudgedMapRecord,
  judgementKey,
  type MapOrigin,
  openJudgedMaps,
} from '#quality/evaluation/judged-map.ts';
import { defaultPoint } from '#quality/evaluation/model-description.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import type { EvaluationUnit } from '#quality/evaluation/units.ts';
import { FAITHFULNESS_STEPS, judgeFrame } from './judge-frame.ts';
import { type CaseFiles, leadingRecord, openLeadingFrame } from './leading-frame.ts';
import type { Scorer } from './score-image.ts';
import { workThrough } from './work-through.ts';

export interface FaithfulnessOptions {
  /** Its model with the explanation, where the manifest wants one. */
  readonly scorer: Scorer;
  readonly files: CaseFiles;
  readonly units: readonly EvaluationUnit[];
  /** Folder of the evaluation. */
  readonly out: string;
  readonly again: boolean;
  /** Images of each label, at most. */
  readonly images: number;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

const MAP_KINDS: ReadonlySet<string> = new Set(['heatmap', 'mask', 'features']);

/** Where a model's maps come from; undefined when it makes none. */
export function mapOrigin({ outputs, explanation }: Manifest): MapOrigin | undefined {
  if (outputs.some(({ kind }) => MAP_KINDS.has(kind))) return 'own';
  return explanation?.method;
}

interface Wanted {
  readonly labelId: string;
  readonly unit: EvaluationUnit;
}

/** Flagged images of known truth: the score of others has little to lose. Which of them, the seed decides. */
function sample(
  { labels, settings }: EvaluationReport,
  { units, images }: FaithfulnessOptions,
  model: EvaluationReport['model'],
): Map<string, { flagged: number; chosen: Wanted[] }> {
  return new Map(
    labels.map(({ id: labelId }) => {
      const label = model.labels.find(({ id }) => id === labelId);
      const threshold =
        label === undefined ? Number.POSITIVE_INFINITY : defaultPoint(label).threshold;
      const flagged = units
        .filter(({ truth, scores }) => truth.has(labelId) && (scores?.[labelId] ?? -1) >= threshold)
        .toSorted((a, b) => (a.caseId < b.caseId ? -1 : 1));
      const drawn = shuffle(flagged, seededStream(`faithfulness/${settings.seed}/${labelId}`));
      const chosen = drawn.slice(0, images).map((unit) => ({ labelId, unit }));
      return [labelId, { flagged: flagged.length, chosen }];
    }),
  );
}

/**
 * Deletion and insertion curves of the maps of flagged images, beside those of maps that know nothing. What was judged
 * before in the same folder is not judged again.
 * @returns the report with them, or undefined when it was stopped
 * @throws RadTriageError what is wrong with the model or the machine and would be so with another image
 */
export async function addFaithfulness(
  report: EvaluationReport,
  options: FaithfulnessOptions,
): Promise<EvaluationReport | undefined> {
  const { scorer, files, signal, concurrency, onProgress } = options;
  const { explanation } = scorer.model.manifest;
  const origin = mapOrigin(scorer.model.manifest);
  if (origin === undefined) return report;
  const { seed, bootstrapRepeats: repeats } = report.settings;
  const samples = sample(report, options, report.model);
  const wanted = [...samples.values()].flatMap(({ chosen }) => chosen);
  onProgress(0, wanted.length);
  const file = await openJudgedMaps(options.out, options);
  const known = new Map(file.lines.map((line) => [line.key, line]));
  const judge = async ({ labelId, unit }: Wanted): Promise<JudgedMapRecord['curves']> => {
    const record = leadingRecord(unit, labelId);
    if (record === undefined) return null;
    const steps = FAITHFULNESS_STEPS;
    const key = judgementKey({ recordKey: record.key, labelId, explanation, steps, seed });
    const before = known.get(key);
    if (before !== undefined) return before.curves;
    const leading = await openLeadingFrame(record, labelId, files);
    if (leading === undefined) return null;
    await using opened = leading;
    try {
      const curves = await judgeFrame(opened, { labelId, seed: `${seed}/${unit.caseId}` }, scorer);
      await file.append({ key, curves });
      return curves;
    } catch (thrown) {
      // A model that failed once may not the next time: it is not written down.
      if (thrown instanceof RadTriageError && thrown.retryable) return null;
      throw thrown;
    }
  };
  try {
    const { results, stopped } = await workThrough(wanted, judge, {
      concurrency,
      signal,
      onDone: (done) => onProgress(done, wanted.length),
    });
    if (stopped) return undefined;
    const curvesOf = new Map(wanted.map((one, index) => [one, results[index] ?? null]));
    const labels = report.labels.map((label) => {
      const { flagged, chosen } = samples.get(label.id) ?? { flagged: 0, chosen: [] };
      const judged = chosen.map((one) => ({
        cluster: one.unit.cluster,
        curves: curvesOf.get(one) ?? null,
      }));
      const faithfulness = faithfulnessFigures({ origin, flagged, judged, repeats, seed });
      return { ...label, faithfulness };
    });
    return { ...report, labels };
  } finally {
    await file.close();
  }
}
