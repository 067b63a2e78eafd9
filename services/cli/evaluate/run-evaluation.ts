import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { createEngine } from '#models/analysis/engine.ts';
import { poolScores } from '#models/postprocess/pool-scores.ts';
import { runnableModel, type UsableModel } from '#models/registry/registry.ts';
import { type EvaluationSettings, evaluate } from '#quality/evaluation/evaluate.ts';
import type { FindPicture } from '#quality/evaluation/html/case-gallery.ts';
import { reportPage } from '#quality/evaluation/html/report-page.ts';
import { openJournal } from '#quality/evaluation/journal.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import { type PoolRecords, poolRecordsBy } from '#quality/evaluation/pool-records.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import { parseTruth, type Truth, type TruthOptions } from '#quality/evaluation/truth.ts';
import { type JoinedUnits, joinTruth } from '#quality/evaluation/units.ts';
import { engineOptions } from '../engine-options.ts';
import { printNote, startProgress } from '../output.ts';
import { productVersion } from '../version.ts';
import { type CaseRequest, type ChosenCases, chooseCases } from './choose-cases.ts';
import { describeModel, findModel, withoutExplanation } from './find-model.ts';
import type { CaseFiles } from './leading-frame.ts';
import { makePictures } from './make-pictures.ts';
import { OUTPUT_FILES, writeCases, writeOutput, writeScores } from './output-files.ts';
import { type ScoredCandidates, scoreCandidates } from './score-candidates.ts';
import type { Scorer } from './score-image.ts';

export interface EvaluationRequest extends CaseRequest {
  readonly model: string;
  /** A CSV; without it only scores are written. */
  readonly truth: string | undefined;
  readonly truthOptions: Omit<TruthOptions, 'labels'>;
  readonly again: boolean;
  readonly withImages: boolean;
  readonly processes: number;
  readonly settings: EvaluationSettings;
}

export interface EvaluationResult {
  readonly scored: ScoredCandidates;
  readonly model: ModelDescription;
  /** What was scored as one. */
  readonly level: 'image' | 'series';
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

/** Lends a folder, for files of wrapped images, and says where the files of records are. */
async function withFiles<T>(
  { wanted, truthOf }: ChosenCases,
  work: (files: CaseFiles) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'radtriage-pictures-'));
  try {
    const cases = new Map(wanted.map((one) => [one.name, one]));
    return await work({ cases, truthOf, scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function pictures(
  report: EvaluationReport,
  parts: { scorer: Scorer; joined: JoinedUnits; files: CaseFiles },
): Promise<FindPicture> {
  const progress = startProgress('pictures');
  try {
    return await makePictures(report, {
      scorer: parts.scorer,
      files: parts.files,
      units: parts.joined.units,
      onProgress: (done, total) => progress.advance(done, total),
    });
  } finally {
    progress.stop();
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

interface Prepared {
  readonly request: EvaluationRequest;
  readonly description: ModelDescription;
  readonly chosen: ChosenCases;
  readonly pool: PoolRecords;
}

async function report(
  { request, description, chosen, pool }: Prepared,
  { records }: ScoredCandidates,
  { truth, scorer }: { truth: Truth; scorer: Scorer },
): Promise<EvaluationReport> {
  const { out, settings } = request;
  const joined = joinTruth(records, truth, { ageBands: settings.ageBands, pool });
  printNote('computing figures');
  const report = evaluate(
    {
      model: description,
      truth,
      joined,
      files: chosen.wanted.length + chosen.unwanted,
      skipped: chosen.unwanted,
      product: `radtriage ${productVersion()}`,
      createdAt: new Date(),
    },
    settings,
  );
  await writeCases(out, joined.units, description);
  await withFiles(chosen, async (files) => {
    const findPicture = request.withImages
      ? await pictures(report, { scorer, joined, files })
      : () => undefined;
    await writeReport(request, report, findPicture);
  });
  return report;
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
    if (truth === undefined || scored.stopped) return { ...result, report: undefined };
    const prepared = { request, description, chosen, pool };
    return { ...result, report: await report(prepared, scored, { truth, scorer }) };
  });
}
