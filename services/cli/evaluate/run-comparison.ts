import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { RadTriageError } from '#core/errors.ts';
import { type ComparableCase, parseCases } from '#quality/evaluation/case-csv.ts';
import { casesFromScores } from '#quality/evaluation/compare/cases-from-scores.ts';
import { type ComparedScores, compareScores } from '#quality/evaluation/compare/compare.ts';
import type { Comparison } from '#quality/evaluation/compare/comparison-schema.ts';
import { comparisonPage } from '#quality/evaluation/html/comparison-page.ts';
import { reportedModelSchema } from '#quality/evaluation/report-schema.ts';
import { parseScoreCsv } from '#quality/evaluation/score-csv.ts';
import { parseTruth, type TruthOptions } from '#quality/evaluation/truth.ts';
import { productVersion } from '../version.ts';
import { OUTPUT_FILES, writeOutput } from './output-files.ts';

export interface ComparisonRequest {
  /** Folders of reports, or files of scores. */
  readonly first: string;
  readonly second: string;
  /** Needed for files of scores. */
  readonly truth: string | undefined;
  readonly truthOptions: Omit<TruthOptions, 'labels'>;
  readonly out: string;
  readonly bootstrapRepeats: number;
  readonly seed: number;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RadTriageError('REQUEST_INVALID', `${path} cannot be read`, { cause });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

async function readFolder(folder: string): Promise<ComparedScores> {
  const { model } = reportedModelSchema.parse(
    JSON.parse(await read(join(folder, OUTPUT_FILES.reportJson))),
  );
  const path = join(folder, OUTPUT_FILES.cases);
  return { name: `${model.id} ${model.version}`, cases: parseCases(await read(path), path) };
}

async function readScores(path: string, request: ComparisonRequest): Promise<ComparedScores> {
  if (request.truth === undefined) {
    throw new RadTriageError(
      'REQUEST_INVALID',
      `${path} is no folder of a report: files of scores need --truth`,
    );
  }
  const rows = parseScoreCsv(await read(path), path);
  const labels = [...new Set(rows.map((row) => row.label).filter((label) => label !== ''))];
  const truth = parseTruth(await read(request.truth), { ...request.truthOptions, labels });
  const cases: ComparableCase[] = casesFromScores(rows, truth);
  const [first] = rows;
  return { name: first === undefined ? basename(path) : `${first.model} ${first.version}`, cases };
}

async function readSide(path: string, request: ComparisonRequest): Promise<ComparedScores> {
  return (await isFolder(path)) ? await readFolder(path) : await readScores(path, request);
}

/** Two runs of one model have one name: then the paths tell them apart. */
function distinct(name: string, other: string, path: string): string {
  return name === other ? `${name} (${basename(resolve(path))})` : name;
}

/**
 * Compares two evaluations and writes comparison.json and comparison.html.
 * @throws RadTriageError REQUEST_INVALID
 */
export async function runComparison(request: ComparisonRequest): Promise<Comparison> {
  const first = await readSide(request.first, request);
  const second = await readSide(request.second, request);
  const comparison = compareScores(
    { ...first, name: distinct(first.name, second.name, request.first) },
    { ...second, name: distinct(second.name, first.name, request.second) },
    {
      bootstrapRepeats: request.bootstrapRepeats,
      seed: request.seed,
      product: `radtriage ${productVersion()}`,
      createdAt: new Date(),
    },
  );
  await mkdir(request.out, { recursive: true });
  const json = `${JSON.stringify(comparison, null, 1)}\n`;
  await writeOutput(request.out, OUTPUT_FILES.comparisonJson, { content: json, isPrivate: false });
  const page = comparisonPage(comparison);
  await writeOutput(request.out, OUTPUT_FILES.comparisonHtml, { content: page, isPrivate: false });
  return comparison;
}
