import { z } from 'zod';
import { formatCsvRecord, parseCsvTable } from '#core/csv.ts';
import { RadTriageError } from '#core/errors.ts';
import { defaultPoint, type ModelDescription } from './model-description.ts';
import { OUTCOMES, type ScoreRecord } from './score-record.ts';

const COLUMNS = [
  'file',
  'SOPInstanceUID',
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

/** The lines of one image: one for each frame and label, or a single one without a score when it was not analysed. */
export function scoreCsvLines(record: ScoreRecord, model: ModelDescription): string {
  const { file, sopInstanceUid, studyInstanceUid, outcome, reason, frames } = record;
  const start = [file, sopInstanceUid, studyInstanceUid];
  const end = [outcome, reason, model.id, model.version, model.sha256];
  if (frames.length === 0) return formatCsvRecord([...start, null, null, null, null, ...end]);
  return frames
    .flatMap(({ frame, scores }) =>
      model.labels.map((label) => {
        const score = scores[label.id] ?? null;
        const flagged = score === null ? null : score >= defaultPoint(label).threshold;
        return formatCsvRecord([...start, frame, label.id, score, flagged, ...end]);
      }),
    )
    .join('');
}

const rowSchema = z.object({
  file: z.string().min(1),
  SOPInstanceUID: z.string(),
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
  const missing = Object.keys(rowSchema.shape).filter((name) => !columns.includes(name));
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
