import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { createEngine } from '#models/analysis/engine.ts';
import { poolScores } from '#models/postprocess/pool-scores.ts';
import { runnableModel, type UsableModel } from '#models/registry/registry.ts';
import type { Config } from '#platform/config/config.ts';
import { type EvaluationSettings, evaluate } from '#quality/evaluation/evaluate.ts';
import type { FindPicture } from '#quality/evaluation/html/case-gallery.ts';
import { reportPage } from '#quality/evaluation/html/report-page.ts';
import { openJournal } from '#quality/evaluation/journal.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import {
  parseTruth,
  type Truth,
  type TruthOptions,
  type TruthRow,
} from '#quality/evaluation/truth.ts';
import { type JoinedUnits, joinTruth } from '#quality/evaluation/units.ts';
import { engineOptions } from '../engine-options.ts';
import { printNote, startProgress } from '../output.ts';
import { productVersion } from '../version.ts';
import { type Candidate, type FoundCandidates, findFiles } from './candidates.ts';
import { describeModel, findModel, withoutExplanation } from './find-model.ts';
import { makePictures } from './make-pictures.ts';
import { OUTPUT_FILES, writeCases, writeOutput, writeScores } from './output-files.ts';
import { type ScoredCandidates, scoreCandidates } from './score-candidates.ts';
import type { Scorer } from './score-image.ts';
import { findArchived, parseWorklistQuery } from './worklist-query.ts';

export interface EvaluationRequest {
  readonly config: Config;
  readonly model: string;
  /** A folder, or a query of the worklist. */
  readonly images: { readonly folder: string } | { readonly query: string };
  /** A CSV; without it only scores are written. */
  readonly truth: string | undefined;
  readonly truthOptions: Omit<TruthOptions, 'labels'>;
  readonly out: string;
  readonly again: boolean;
  readonly withImages: boolean;
  readonly processes: number;
  readonly settings: EvaluationSettings;
  readonly signal: AbortSignal;
}

export interface EvaluationResult {
  readonly scored: ScoredCandidates;
  readonly model: ModelDescription;
  readonly report: EvaluationReport | undefined;
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

async function findImages(request: EvaluationRequest): Promise<FoundCandidates> {
  const { images, config, out } = request;
  const found =
    'query' in images
      ? await findArchived(config, parseWorklistQuery(images.query))
      : await findFiles(images.folder, out);
  for (const line of found.skipped) printNote(`skipped: ${line}`);
  if (found.candidates.length === 0) {
    throw new RadTriageError('REQUEST_INVALID', 'there is no image to score');
  }
  return found;
}

/** Files that the truth names; all of them when it speaks of UIDs, which only the headers tell. */
function chooseCandidates(
  { candidates }: FoundCandidates,
  truth: Truth | undefined,
): { wanted: readonly Candidate[]; truthOf: (file: string) => TruthRow | undefined } {
  if (truth?.by !== 'file') return { wanted: candidates, truthOf: () => undefined };
  const rows = new Map(truth.rows.map((row) => [row.subject, row]));
  const wanted = candidates.filter((candidate) => rows.has(candidate.name));
  if (wanted.length > 0) return { wanted, truthOf: (file) => rows.get(file) };
  throw new RadTriageError(
    'REQUEST_INVALID',
    'no file below the folder of images is named in the truth (column file: path below it)',
  );
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

async function score(
  request: EvaluationRequest,
  parts: {
    scorer: Scorer;
    description: ModelDescription;
    chosen: ReturnType<typeof chooseCandidates>;
  },
): Promise<ScoredCandidates> {
  const { scorer, description, chosen } = parts;
  const journal = await openJournal(request.out, { again: request.again });
  const progress = startProgress('scoring');
  const begin = performance.now();
  try {
    return await scoreCandidates(chosen.wanted, {
      scorer,
      model: description,
      journal,
      truthOf: chosen.truthOf,
      concurrency: request.processes + 1,
      signal: request.signal,
      onProgress: (done, total, reused) => {
        const rate = (done - reused) / ((performance.now() - begin) / 1000);
        const known = reused === 0 ? '' : `, ${reused} known before`;
        progress.advance(done, total, ` ${rate.toFixed(1)} images/s${known}`);
      },
    });
  } finally {
    progress.stop();
    await journal.close();
  }
}

async function pictures(
  report: EvaluationReport,
  parts: {
    scorer: Scorer;
    joined: JoinedUnits;
    chosen: ReturnType<typeof chooseCandidates>;
  },
): Promise<FindPicture> {
  const scratch = await mkdtemp(join(tmpdir(), 'radtriage-pictures-'));
  const progress = startProgress('pictures');
  try {
    return await makePictures(report, {
      scorer: parts.scorer,
      candidates: new Map(parts.chosen.wanted.map((candidate) => [candidate.name, candidate])),
      units: parts.joined.units,
      truthOf: parts.chosen.truthOf,
      scratch,
      onProgress: (done, total) => progress.advance(done, total),
    });
  } finally {
    progress.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function writeReport(
  request: EvaluationRequest,
  report: EvaluationReport,
  findPicture: FindPicture,
): Promise<void> {
  const { out, withImages } = request;
  const json = `${JSON.stringify(report, null, 1)}\n`;
  await writeOutput(out, OUTPUT_FILES.reportJson, { content: json, isPrivate: false });
  const content = reportPage(report, { withImages, findPicture });
  await writeOutput(out, OUTPUT_FILES.reportHtml, { content, isPrivate: withImages });
}

/**
 * Scores images with a model and, given the truth, writes the report. What was scored before in the same folder is
 * not scored again.
 * @throws RadTriageError REQUEST_INVALID, NOT_FOUND, and what is wrong with the model or the machine
 */
export async function runEvaluation(request: EvaluationRequest): Promise<EvaluationResult> {
  const { out, settings } = request;
  const model = await findModel(request.model, request.config);
  if (model.manifest.select.level === 'series') {
    throw new RadTriageError('REQUEST_INVALID', 'models over whole series cannot be evaluated yet');
  }
  const description = describeModel(model);
  const labels = description.labels.map((label) => label.id);
  const truth = await readTruth(request.truth, { ...request.truthOptions, labels });
  await mkdir(out, { recursive: true });
  const found = await findImages(request);
  const chosen = chooseCandidates(found, truth);
  return await withScorer(request, model, async (scorer) => {
    const scored = await score(request, {
      scorer: { ...scorer, model: withoutExplanation(model) },
      description,
      chosen,
    });
    await writeScores(out, scored.records, description);
    if (truth === undefined || scored.stopped) {
      return { scored, model: description, report: undefined };
    }
    const joined = joinTruth(scored.records, truth, {
      ageBands: settings.ageBands,
      pool: (scores) => poolScores(scores, model.manifest.pooling),
    });
    printNote('computing figures');
    const report = evaluate(
      {
        model: description,
        truth,
        joined,
        files: found.candidates.length,
        skipped: found.candidates.length - chosen.wanted.length,
        product: `radtriage ${productVersion()}`,
        createdAt: new Date(),
      },
      settings,
    );
    await writeCases(out, joined.units, description);
    const findPicture = request.withImages
      ? await pictures(report, { scorer, joined, chosen })
      : () => undefined;
    await writeReport(request, report, findPicture);
    return { scored, model: description, report };
  });
}
