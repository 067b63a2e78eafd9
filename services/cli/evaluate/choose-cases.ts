import { RadTriageError } from '#core/errors.ts';
import type { Config } from '#platform/config/config.ts';
import type { Truth, TruthRow } from '#quality/evaluation/truth.ts';
import { printNote, startProgress } from '../output.ts';
import { type FoundCandidates, findFiles, type ScoringCase } from './candidates.ts';
import { groupSeries } from './group-series.ts';
import { findArchived, parseWorklistQuery } from './worklist-query.ts';

export interface CaseRequest {
  readonly config: Config;
  /** A folder, or a query of the worklist. */
  readonly images: { readonly folder: string } | { readonly query: string };
  readonly out: string;
  readonly signal: AbortSignal;
}

/** What is scored, as one each. */
export interface ChosenCases {
  readonly wanted: readonly ScoringCase[];
  /** Those given that the truth file does not name. */
  readonly unwanted: number;
  /** Of a plain image named by its file. */
  readonly truthOf: (file: string) => TruthRow | undefined;
}

/** A folder of copies would fill the screen. */
const MOST_LINES = 10;

function printSkipped(skipped: readonly string[]): void {
  for (const line of skipped.slice(0, MOST_LINES)) printNote(`skipped: ${line}`);
  const more = skipped.length - MOST_LINES;
  if (more > 0) printNote(`skipped: ${more} more, such as these`);
}

async function findImages({ images, config, out }: CaseRequest): Promise<FoundCandidates> {
  const found =
    'query' in images
      ? await findArchived(config, parseWorklistQuery(images.query))
      : await findFiles(images.folder, out);
  printSkipped(found.skipped);
  if (found.candidates.length === 0) {
    throw new RadTriageError('REQUEST_INVALID', 'there is no image to score');
  }
  return found;
}

async function findSeries(request: CaseRequest): Promise<readonly ScoringCase[]> {
  const { candidates } = await findImages(request);
  const { signal } = request;
  const progress = startProgress('reading headers');
  const { cases, skipped } = await groupSeries(candidates, {
    signal,
    onProgress: (done, total) => progress.advance(done, total),
  }).finally(() => progress.stop());
  printSkipped(skipped);
  if (signal.aborted || cases.some((one) => 'slices' in one)) return cases;
  throw new RadTriageError(
    'REQUEST_INVALID',
    'the model reads series of DICOM images, and among the files given is no DICOM image',
  );
}

/** What a truth file may call a case; undefined where only the header of an image tells. */
function subjectsOf(one: ScoringCase, by: Truth['by']): readonly string[] | undefined {
  if (!('slices' in one)) return by === 'file' ? [one.name] : undefined;
  switch (by) {
    case 'file':
      return one.slices.map(({ name }) => name);
    case 'SOPInstanceUID':
      return one.slices.map(({ row }) => row.sopInstanceUid);
    case 'SeriesInstanceUID':
      return [one.seriesInstanceUid];
    case 'StudyInstanceUID':
      return [one.studyInstanceUid];
  }
}

/**
 * The images, or for a model of series the series, that the truth file names; all of them without one, or where it
 * speaks of UIDs that only the header of an image tells.
 * @throws RadTriageError REQUEST_INVALID when there is none, NOT_FOUND
 */
export async function chooseCases(
  request: CaseRequest,
  level: 'image' | 'series',
  truth: Truth | undefined,
): Promise<ChosenCases> {
  const all: readonly ScoringCase[] =
    level === 'series' ? await findSeries(request) : (await findImages(request)).candidates;
  const rows = new Map(truth?.rows.map((row) => [row.subject, row]));
  const wanted =
    truth === undefined
      ? all
      : all.filter((one) => {
          const subjects = subjectsOf(one, truth.by);
          if (subjects === undefined) return level === 'image';
          return subjects.some((subject) => rows.has(subject));
        });
  if (wanted.length === 0 && !request.signal.aborted) {
    const what = truth?.by === 'file' ? 'file (column file: path below the folder)' : truth?.by;
    throw new RadTriageError(
      'REQUEST_INVALID',
      `the truth names none of the images given by its ${what}`,
    );
  }
  const truthOf = (file: string) => (truth?.by === 'file' ? rows.get(file) : undefined);
  return { wanted, unwanted: all.length - wanted.length, truthOf };
}
