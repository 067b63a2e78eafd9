import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EvaluationSettings, evaluate } from '#quality/evaluation/evaluate.ts';
import type { FindPicture } from '#quality/evaluation/html/case-gallery.ts';
import { reportPage } from '#quality/evaluation/html/report-page.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import type { PoolRecords } from '#quality/evaluation/pool-records.ts';
import type { EvaluationReport } from '#quality/evaluation/report-schema.ts';
import type { ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { Truth } from '#quality/evaluation/truth.ts';
import { type JoinedUnits, joinTruth } from '#quality/evaluation/units.ts';
import { printNote, startProgress } from '../output.ts';
import { productVersion } from '../version.ts';
import type { ChosenCases } from './choose-cases.ts';
import { addFaithfulness, mapOrigin } from './judge-faithfulness.ts';
import type { CaseFiles } from './leading-frame.ts';
import { makePictures } from './make-pictures.ts';
import { OUTPUT_FILES, writeCases, writeOutput } from './output-files.ts';
import type { Scorer } from './score-image.ts';

/** What is wanted of a report. */
export interface ReportRequest {
  readonly out: string;
  readonly again: boolean;
  readonly withImages: boolean;
  /** Images whose heatmap is judged, of each label; undefined for none. */
  readonly faithfulness: number | undefined;
  readonly processes: number;
  readonly settings: EvaluationSettings;
  readonly signal: AbortSignal;
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

/** The report with what its heatmaps are worth, where that was asked for; undefined when it was stopped. */
async function withFaithfulness(
  report: EvaluationReport,
  request: ReportRequest,
  parts: { scorer: Scorer; joined: JoinedUnits; files: CaseFiles },
): Promise<EvaluationReport | undefined> {
  const { faithfulness: images, out, again, processes, signal } = request;
  const { scorer, joined, files } = parts;
  if (images === undefined) return report;
  if (mapOrigin(scorer.model.manifest) === undefined) {
    printNote(
      '--faithfulness: this model makes no heatmap, and its manifest asks for no explanation',
    );
    return report;
  }
  const progress = startProgress('judging heatmaps');
  try {
    return await addFaithfulness(report, {
      ...{ scorer, files, units: joined.units, images, out, again, signal },
      concurrency: processes,
      onProgress: (done, total) => progress.advance(done, total),
    });
  } finally {
    progress.stop();
  }
}

async function writeReport(
  request: ReportRequest,
  report: EvaluationReport,
  findPicture: FindPicture,
): Promise<void> {
  const { out, withImages } = request;
  const json = `${JSON.stringify(report, null, 1)}\n`;
  await writeOutput(out, OUTPUT_FILES.reportJson, { content: json, isPrivate: false });
  const content = reportPage(report, { withImages, findPicture });
  await writeOutput(out, OUTPUT_FILES.reportHtml, { content, isPrivate: withImages });
}

/** What a report is made of. */
export interface ReportParts {
  readonly records: readonly ScoreRecord[];
  readonly truth: Truth;
  readonly description: ModelDescription;
  readonly chosen: ChosenCases;
  readonly pool: PoolRecords;
  /** Its model with the explanation, where the manifest wants one. */
  readonly scorer: Scorer;
}

/**
 * Computes the report and writes it, with the cases beside it.
 * @returns undefined when it was stopped before everything was judged
 * @throws RadTriageError REQUEST_INVALID, and what is wrong with the model or the machine
 */
export async function makeReport(
  request: ReportRequest,
  { records, truth, description, chosen, pool, scorer }: ReportParts,
): Promise<EvaluationReport | undefined> {
  const { out, settings } = request;
  const joined = joinTruth(records, truth, { ageBands: settings.ageBands, pool });
  printNote('computing figures');
  const figures = evaluate(
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
  return await withFiles(chosen, async (files) => {
    const parts = { scorer, joined, files };
    const report = await withFaithfulness(figures, request, parts);
    if (report === undefined) return undefined;
    const findPicture = request.withImages ? await pictures(report, parts) : () => undefined;
    await writeReport(request, report, findPicture);
    return report;
  });
}
