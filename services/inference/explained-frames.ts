import type { AnalysableModel } from '#models/analysis/analyse-image.ts';
import { explainImage } from '#models/analysis/explain-image.ts';
import { defaultOperatingPoint } from '#models/manifest/labels.ts';
import type { PreparedImage } from '#models/preprocess/preprocess.ts';
import type { Runtime } from '#models/runtime/runtime.ts';
import type { FrameResult } from './triage-types.ts';

/** Of each label: explaining a frame takes hundreds of runs. */
const MAX_EXPLAINED = 3;

interface Kept {
  readonly result: FrameResult;
  readonly prepared: PreparedImage;
  readonly label: number;
  readonly score: number;
}

/** The frames of a model without a spatial output that are to get a heatmap: the highest of each label flagged. */
export class ExplainedFrames {
  readonly #model: AnalysableModel;
  readonly #kept: Kept[][];

  constructor(model: AnalysableModel) {
    this.#model = model;
    this.#kept = model.manifest.labels.map(() => []);
  }

  keep(result: FrameResult, prepared: PreparedImage): void {
    const { explanation, labels } = this.#model.manifest;
    if (explanation === undefined) return;
    for (const [label, settings] of labels.entries()) {
      const score = result.labels[label]?.score ?? 0;
      if (score < defaultOperatingPoint(settings).threshold) continue;
      const kept = [...(this.#kept[label] ?? []), { result, prepared, label, score }];
      this.#kept[label] = kept.sort((a, b) => b.score - a.score).slice(0, MAX_EXPLAINED);
    }
  }

  /** The results, those kept with their heatmaps. @throws RadTriageError as the runtime */
  async explain(results: readonly FrameResult[], run: Runtime['run']): Promise<FrameResult[]> {
    const explained = new Map(results.map((result) => [result, result]));
    for (const { result, prepared, label, score } of this.#kept.flat()) {
      const { sopInstanceUid } = result.image.row;
      const seed = `${sopInstanceUid}/${result.frame}/${label}`;
      const heatmap = await explainImage(this.#model, { prepared, label, score, seed }, run);
      const before = explained.get(result) ?? result;
      const labels = before.labels.map((one, i) => (i === label ? { ...one, heatmap } : one));
      explained.set(result, { ...before, labels });
    }
    return [...explained.values()];
  }
}
