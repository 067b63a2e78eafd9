import { mkdir, readFile } from 'node:fs/promises';
import { RadTriageError } from '#core/errors.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { createEngine } from '#models/analysis/engine.ts';
import { poolScores } from '#models/postprocess/pool-scores.ts';
import { runnableModel, type UsableModel } from '#models/registry/registry.ts';
import { openJournal } from '#quality/evaluation/journal.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import { poolRecordsBy } from '#quality/evaluation/pool-records.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import { parseTruth, type Truth, type TruthOptions } from '#quality/evaluation/truth.ts';
import { engineOptions } from '../engine-options.ts';
import { printNote, startProgress } from '../output.ts';
import { type CaseRequest, type ChosenCases, chooseCases } from './choose-cases.ts';
import { describeModel, findModel, withoutExplanation } from './find-model.ts';
import { makeReport, type ReportRequest } from './make-report.ts';
import { writeScores } from './output-files.ts';
import { type ScoredCandidates, scoreCandidates } from './score-candidates.ts';
import type { Scorer } from './score-image.ts';

export interface EvaluationRequest extends CaseRequest, ReportRequest {
  readonly model: string;
  /** A CSV; without it only scores are written. */
  readonly truth: string | undefined;
  readonly truthOptions: Omit<TruthOptions, 'labels'>;
}

export interface EvaluationResult {
  readonly scored: ScoredCandidates;
  readonly model: ModelDescription;
  /** What was scored as one. */
  readonly level: 'image' | 'series';
  readonly report: EvaluationReport | undefined;
  /** Before everything was done: the same call goes on. */
  readonly stopped: boolean;
}

async function readTruth(
  path: string | undefined,
  options: TruthOptions,
): Promise<Truth | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new RadTriageError('REQUEST_INVALID', `${path} cannot be read`, { cause });
  }
  return parseTruth(text, options);
}

/** Opens what images are scored with, for as long as the work takes. */
async function withScorer<T>(
  request: EvaluationRequest,
  model: UsableModel,
  work: (scorer: Scorer) => Promise<T>,
): Promise<T> {
  const { processes } = request;
  const engine = createEngine(engineOptions(request.config.inference, processes));
  const decoder = createPixelDecoder();
  try {
    // A model that cannot be loaded is told at once, not after the first image.
    await engine.runtime.load(runnableModel(model));
    return await work({ model, engine, decoder });
  } finally {
    await Promise.all([engine.close(), decoder.close()]);
  }
}

/** A series keeps all processes busy by itself; the next one's files are read meanwhile. */
const SERIES_AT_ONCE = 2;

async function score(
  request: EvaluationRequest,
  parts: { scorer: Scorer; description: ModelDescription; chosen: ChosenCases },
): Promise<ScoredCandidates> {
  const { scorer, description, chosen } = parts;
  const isSeries = scorer.model.manifest.select.level === 'series';
  const journal = await openJournal(request.out, { again: request.again });
  const progress = startProgress('scoring');
  const begin = performance.now();
  try {
    return await scoreCandidates(chosen.wanted, {
      scorer,
      model: description,
      journal,
      truthOf: chosen.truthOf,
      concurrency: isSeries ? SERIES_AT_ONCE : request.processes + 1,
      signal: request.signal,
      onProgress: (done, total, reused) => {
        const rate = (done - reused) / ((performance.now() - begin) / 1000);
        const known = reused === 0 ? '' : `, ${reused} known before`;
        progress.advance(
          done,
          total,
          ` ${rate.toFixed(1)} ${isSeries ? 'series' : 'images'}/s${known}`,
        );
      },
    });
  } finally {
    progress.stop();
    await journal.close();
  }
}

/**
 * Scores images, or series, with a model and, given the truth, writes the report. What was scored before in the same
 * folder is not scored again.
 * @throws RadTriageError REQUEST_INVALID, NOT_FOUND, and what is wrong with the model or the machine
 */
export async function runEvaluation(request: EvaluationRequest): Promise<EvaluationResult> {
  const { out } = request;
  const model = await findModel(request.model, request.config);
  const { level } = model.manifest.select;
  const description = describeModel(model);
  const labels = description.labels.map((label) => label.id);
  const truth = await readTruth(request.truth, { ...request.truthOptions, labels });
  if (truth !== undefined && truth.notChosen > 0) {
    printNote(`truth: ${truth.rows.length} rows chosen, ${truth.notChosen} not`);
  }
  if (level === 'series' && truth?.rows.some((row) => row.boxes.size > 0)) {
    printNote('the boxes of the truth are not used: of series no figure about places is given');
  }
  await mkdir(out, { recursive: true });
  const chosen = await chooseCases(request, level, truth);
  const pool = poolRecordsBy(level, (scores) => poolScores(scores, model.manifest.pooling));
  return await withScorer(request, model, async (scorer) => {
    const scored = await score(request, {
      scorer: { ...scorer, model: withoutExplanation(model) },
      description,
      chosen,
    });
    await writeScores(out, scored.records, { model: description, pool });
    const result = { scored, model: description, level };
    const { stopped } = scored;
    if (truth === undefined || stopped) return { ...result, stopped, report: undefined };
    const parts = { records: scored.records, truth, description, chosen, pool, scorer };
    const report = await makeReport(request, parts);
    return { ...result, report, stopped: report === undefined };
  });
}
