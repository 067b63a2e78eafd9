import { createHash } from 'node:crypto';
import { RadTriageError } from '#core/errors.ts';

type Row = Readonly<Record<string, string>>;
type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'given';

/** What a row of a truth file must say to be taken. */
export interface RowCondition {
  readonly column: string;
  readonly comparison: Comparison;
  readonly value: string;
}

/** Patients whose number leaves one of the remainders when it is divided by `parts`. */
export interface PatientPart {
  readonly parts: number;
  readonly remainders: readonly number[];
}

export interface RowChoice {
  readonly only: readonly RowCondition[];
  readonly patients: PatientPart | undefined;
}

const CONDITION = /^([^=!<>]+)(!=|<=|>=|=|<|>)(.*)$/s;
const ORDERS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

function invalid(what: string): RadTriageError {
  return new RadTriageError('REQUEST_INVALID', what);
}

/**
 * @param text `column=value`, `column!=value`, `column>=18` (or >, <, <=), or `column` alone: it is not empty
 * @throws RadTriageError REQUEST_INVALID
 */
export function parseRowCondition(text: string): RowCondition {
  const match = CONDITION.exec(text);
  const [, column = text, comparison = 'given', value = ''] = match ?? [];
  if (column.trim() === '' || /[=!<>]/.test(column)) {
    throw invalid('--only wants COLUMN, COLUMN=VALUE, COLUMN!=VALUE or COLUMN>=NUMBER');
  }
  if (ORDERS.has(comparison) && !(value.trim() !== '' && Number.isFinite(Number(value)))) {
    throw invalid(`--only ${column.trim()}${comparison} wants a number`);
  }
  return {
    column: column.trim(),
    comparison: comparison as Comparison,
    value: value.trim(),
  };
}

/**
 * @param text remainders and parts, such as `0/5` or `1,2,3,4/5`
 * @throws RadTriageError REQUEST_INVALID
 */
export function parsePatientPart(text: string): PatientPart {
  const match = /^(\d+(?:,\d+)*)\/(\d+)$/.exec(text);
  const parts = Number(match?.[2] ?? Number.NaN);
  const remainders = (match?.[1] ?? '').split(',').map(Number);
  if (parts >= 2 && parts <= 1000 && remainders.every((one) => one < parts)) {
    return { parts, remainders };
  }
  throw invalid('--patients wants remainders and parts, such as 0/5 or 1,2,3,4/5');
}

/** The first eight hex digits of the id's SHA-256, as a number: fixed for ever, and even over the parts. */
function patientNumber(patient: string): number {
  return Number.parseInt(createHash('sha256').update(patient).digest('hex').slice(0, 8), 16);
}

/** A row that names no patient is in no part. */
export function isInPart(patient: string | undefined, { parts, remainders }: PatientPart): boolean {
  if (patient === undefined || patient === '') return false;
  return remainders.includes(patientNumber(patient) % parts);
}

function holds({ comparison, value }: RowCondition, cell: string): boolean {
  const [left, right] = [cell === '' ? Number.NaN : Number(cell), Number(value)];
  switch (comparison) {
    case 'given':
      return cell !== '';
    case '=':
      return cell === value;
    case '!=':
      return cell !== value;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** All conditions must hold; of several values for one column (`=`) one is enough. */
export function meets(row: Row, only: readonly RowCondition[]): boolean {
  const alternatives = Map.groupBy(
    only.filter(({ comparison }) => comparison === '='),
    ({ column }) => column,
  );
  const others = only.filter(({ comparison }) => comparison !== '=');
  const cell = (condition: RowCondition) => row[condition.column] ?? '';
  return (
    others.every((condition) => holds(condition, cell(condition))) &&
    [...alternatives.values()].every((several) =>
      several.some((condition) => holds(condition, cell(condition))),
    )
  );
}

/**
 * The choice in words for a report.
 * @param naming columns whose values name patients or images: they are not told
 */
export function describeChoice(
  { only, patients }: RowChoice,
  naming: ReadonlySet<string | undefined>,
): string[] {
  const conditions = only.map(({ column, comparison, value }) => {
    if (comparison === 'given') return `${column} is not empty`;
    return `${column} ${comparison} ${naming.has(column) ? '(not told)' : value}`;
  });
  if (patients === undefined) return conditions;
  const { remainders, parts } = patients;
  const rule = `the number in the first 8 hex digits of SHA-256(patient) leaves ${remainders.join(' or ')} when divided by ${parts}`;
  return [...conditions, rule];
}
