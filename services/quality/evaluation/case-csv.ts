import { z } from 'zod';
import { formatCsvRecord, parseCsvTable } from '#core/csv.ts';
import { RadTriageError } from '#core/errors.ts';
import { defaultPoint, type ModelDescription } from './model-description.ts';
import type { EvaluationUnit } from './units.ts';

/** One unit's truth and score for one label, without names: what two evaluations are compared by. */
export interface ComparableCase {
  readonly caseId: string;
  /** The patient, in numbers that mean nothing beyond this file. */
  readonly patient: string;
  readonly label: string;
  readonly positive: boolean;
  /** undefined when not analysed. */
  readonly score: number | undefined;
  readonly flagged: boolean;
}

const COLUMNS = ['case', 'patient', 'label', 'truth', 'score', 'flagged'] as const;

export function formatCases(units: readonly EvaluationUnit[], model: ModelDescription): string {
  const lines = units.flatMap((unit) =>
    model.labels.flatMap((label) => {
      const truth = unit.truth.get(label.id);
      if (truth === undefined) return [];
      const score = unit.scores?.[label.id] ?? null;
      const flagged = score !== null && score >= defaultPoint(label).threshold;
      const cells = [unit.caseId, unit.cluster, label.id, truth ? 1 : 0, score, flagged];
      return [formatCsvRecord(cells)];
    }),
  );
  return formatCsvRecord(COLUMNS) + lines.join('');
}

const rowSchema = z.object({
  case: z.string().regex(/^[0-9a-f]{12}$/),
  patient: z.string().min(1),
  label: z.string().min(1),
  truth: z.enum(['0', '1']),
  score: z.union([z.literal(''), z.coerce.number()]),
  flagged: z.enum(['true', 'false']),
});

/** @throws RadTriageError REQUEST_INVALID naming the line */
export function parseCases(text: string, where: string): ComparableCase[] {
  return parseCsvTable(text).rows.map((row, index) => {
    const parsed = rowSchema.safeParse(row);
    if (!parsed.success) {
      throw new RadTriageError('REQUEST_INVALID', `${where}, line ${index + 2} cannot be read`);
    }
    const { case: caseId, patient, label, truth, score, flagged } = parsed.data;
    return {
      caseId,
      patient,
      label,
      positive: truth === '1',
      score: score === '' ? undefined : score,
      flagged: flagged === 'true',
    };
  });
}
