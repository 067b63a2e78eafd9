import type { ComparableCase } from '../case-csv.ts';
import type { ScoreCsvRow } from '../score-csv.ts';
import type { Truth } from '../truth.ts';
import { caseIdOf } from '../units.ts';

const SUBJECT = {
  file: (row: ScoreCsvRow) => row.file,
  SOPInstanceUID: (row: ScoreCsvRow) => row.SOPInstanceUID,
  SeriesInstanceUID: (row: ScoreCsvRow) => row.SeriesInstanceUID,
  StudyInstanceUID: (row: ScoreCsvRow) => row.StudyInstanceUID,
} as const;

/** Joins a file of scores with the truth. Of several frames or images the highest score counts. */
export function casesFromScores(rows: readonly ScoreCsvRow[], truth: Truth): ComparableCase[] {
  const bySubject = Map.groupBy(rows, SUBJECT[truth.by]);
  return truth.rows.flatMap((row) => {
    const own = bySubject.get(row.subject);
    if (own === undefined) return [];
    return [...row.labels].map(([label, positive]): ComparableCase => {
      const scored = own.filter((one) => one.label === label);
      const scores = scored.map((one) => one.score).filter((score) => score !== '');
      return {
        caseId: caseIdOf(row.subject),
        patient: row.patient ?? row.subject,
        label,
        positive,
        score: scores.length === 0 ? undefined : Math.max(...scores),
        flagged: scored.some((one) => one.flagged === 'true'),
      };
    });
  });
}
