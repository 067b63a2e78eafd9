import { z } from 'zod';
import { formatCsvRecord, parseCsvTable } from '#core/csv.ts';
import { RadTriageError } from '#core/errors.ts';
import { defaultPoint, type ModelDescription } from './model-description.ts';
import type { PoolRecords } from './pool-records.ts';
import { OUTCOMES, type ScoreRecord } from './score-record.ts';

const COLUMNS = [
  'file',
  'SOPInstanceUID',
  'SeriesInstanceUID',
  'StudyInstanceUID',
  'frame',
  'label',
  'score',
  'flagged',
  'outcome',
  'reason',
  'model',
  'version',
  'sha256',
] as const;

export const SCORE_CSV_HEADING = formatCsvRecord(COLUMNS);

/** Nine digits give the model's own float32 back; the rest is noise. */
function digits(score: number | undefined): number | null {
  return score === undefined ? null : Number(score.toPrecision(9));
}

function startOf(record: ScoreRecord): (string | null)[] {
  return [
    record.file,
    record.sopInstanceUid,
    record.seriesInstanceUid ?? null,
    record.studyInstanceUid,
  ];
}

/**
 * The lines of one image, one for each frame and label, or of one series, one for each label, with its pooled score; a
 * single one without a score when it was not analysed.
 */
export function scoreCsvLines(
  record: ScoreRecord,
  model: ModelDescription,
  pool: PoolRecords,
): string {
  const { outcome, reason, frames, slices } = record;
  const start = startOf(record);
  const end = [outcome, reason, model.id, model.version, model.sha256];
  if (frames.length === 0) return formatCsvRecord([...start, null, null, null, null, ...end]);
  const scored: { frame: number | null; scores: Readonly<Record<string, number>> }[] =
    slices === undefined ? frames : [{ frame: null, scores: pool([record]) }];
  return scored
    .flatMap(({ frame, scores }) =>
      model.labels.map((label) => {
        const score = scores[label.id];
        const flagged = score === undefined ? null : score >= defaultPoint(label).threshold;
        return formatCsvRecord([...start, frame, label.id, digits(score), flagged, ...end]);
      }),
    )
    .join('');
}

export const SLICE_CSV_HEADING = formatCsvRecord([
  'file',
  'SOPInstanceUID',
  'SeriesInstanceUID',
  'StudyInstanceUID',
  'position',
  'frame',
  'label',
  'score',
]);

/** The lines of one series: one for each slice, frame and label, in the order in which the model saw them. */
export function sliceCsvLines(record: ScoreRecord, model: ModelDescription): string {
  const { slices = [], frames, seriesInstanceUid = null, studyInstanceUid } = record;
  return frames
    .flatMap(({ frame, slice = 0, scores }) =>
      model.labels.map((label) => {
        const { file, sopInstanceUid } = slices[slice] ?? { file: '', sopInstanceUid: '' };
        const names = [file, sopInstanceUid, seriesInstanceUid, studyInstanceUid];
        return formatCsvRecord([...names, slice + 1, frame, label.id, digits(scores[label.id])]);
      }),
    )
    .join('');
}

const rowSchema = z.object({
  file: z.string().min(1),
  SOPInstanceUID: z.string(),
  SeriesInstanceUID: z.string().default(''),
  StudyInstanceUID: z.string(),
  label: z.string(),
  score: z.union([z.literal(''), z.coerce.number().min(0).max(1)]),
  flagged: z.enum(['', 'true', 'false']),
  outcome: z.enum(OUTCOMES),
  model: z.string(),
  version: z.string(),
});
export type ScoreCsvRow = z.output<typeof rowSchema>;

/**
 * Reads what `scoreCsvLines` wrote.
 * @throws RadTriageError REQUEST_INVALID naming the line
 */
export function parseScoreCsv(text: string, where: string): ScoreCsvRow[] {
  const { columns, rows } = parseCsvTable(text);
  // Files of before series were scored lack theirs.
  const missing = Object.keys(rowSchema.shape).filter(
    (name) => name !== 'SeriesInstanceUID' && !columns.includes(name),
  );
  if (missing.length > 0) {
    const message = `${where} is no file of scores: it lacks ${missing.join(', ')}`;
    throw new RadTriageError('REQUEST_INVALID', message);
  }
  return rows.map((row, index) => {
    const parsed = rowSchema.safeParse(row);
    if (parsed.success) return parsed.data;
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    throw new RadTriageError('REQUEST_INVALID', `${where}, line ${index + 2}: ${fields}`);
  });
}
