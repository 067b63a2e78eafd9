import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCsvRecord } from '#core/csv.ts';
import { formatCases } from '#quality/evaluation/case-csv.ts';
import type { ModelDescription } from '#quality/evaluation/model-description.ts';
import type { PoolRecords } from '#quality/evaluation/pool-records.ts';
import {
  SCORE_CSV_HEADING,
  SLICE_CSV_HEADING,
  scoreCsvLines,
  sliceCsvLines,
} from '#quality/evaluation/score-csv.ts';
import type { ScoreRecord } from '#quality/evaluation/score-record.ts';
import type { EvaluationUnit } from '#quality/evaluation/units.ts';

/** Names of the files that an evaluation writes. */
export const OUTPUT_FILES = {
  scores: 'scores.csv',
  slices: 'slices.csv',
  cases: 'cases.csv',
  names: 'case-names.csv',
  reportJson: 'report.json',
  reportHtml: 'report.html',
  comparisonJson: 'comparison.json',
  comparisonHtml: 'comparison.html',
} as const;

/** Files that name images are for their owner alone. */
const PRIVATE = 0o600;
const SHARED = 0o644;

/** Whole or not at all: a file half written would pass for a result. */
export async function writeOutput(
  folder: string,
  name: string,
  { content, isPrivate }: { content: string; isPrivate: boolean },
): Promise<void> {
  const path = join(folder, name);
  const half = `${path}.part`;
  await writeFile(half, content, { mode: isPrivate ? PRIVATE : SHARED });
  await rename(half, path);
}

export async function writeScores(
  folder: string,
  records: readonly ScoreRecord[],
  { model, pool }: { model: ModelDescription; pool: PoolRecords },
): Promise<void> {
  const lines = records.map((record) => scoreCsvLines(record, model, pool)).join('');
  const content = SCORE_CSV_HEADING + lines;
  await writeOutput(folder, OUTPUT_FILES.scores, { content, isPrivate: true });
  if (records.every(({ slices }) => slices === undefined)) return;
  const slices = records.map((record) => sliceCsvLines(record, model)).join('');
  const sliceFile = { content: SLICE_CSV_HEADING + slices, isPrivate: true };
  await writeOutput(folder, OUTPUT_FILES.slices, sliceFile);
}

/** What a comparison needs, without names; and which file each case is, for whoever may know. */
export async function writeCases(
  folder: string,
  units: readonly EvaluationUnit[],
  model: ModelDescription,
): Promise<void> {
  const cases = { content: formatCases(units, model), isPrivate: false };
  await writeOutput(folder, OUTPUT_FILES.cases, cases);
  const names = units.flatMap((unit) =>
    unit.records.flatMap((record) =>
      (record.slices ?? [record]).map(({ file, sopInstanceUid }) =>
        formatCsvRecord([unit.caseId, file, sopInstanceUid]),
      ),
    ),
  );
  const content = formatCsvRecord(['case', 'file', 'SOPInstanceUID']) + names.join('');
  await writeOutput(folder, OUTPUT_FILES.names, { content, isPrivate: true });
}
