import type { WorklistSort } from '#contracts/worklist.ts';
import { WORKLIST_COLUMNS, type WorklistColumn } from '#contracts/worklist-views.ts';
import { COLUMN_TITLES } from './text.ts';

interface Column {
  /** For grid-template-columns. */
  readonly width: string;
  /** What a press on its head sorts by; null where there is no order. */
  readonly sort: WorklistSort | null;
}

export const COLUMNS: Readonly<Record<WorklistColumn, Column>> = {
  priority: { width: '80px', sort: 'priority' },
  image: { width: '44px', sort: null },
  patient: { width: 'minmax(150px, 1.25fr)', sort: 'patient' },
  study: { width: 'minmax(150px, 1.5fr)', sort: 'study' },
  ai: { width: 'minmax(160px, 1.35fr)', sort: 'score' },
  reason: { width: 'minmax(150px, 1.6fr)', sort: null },
  received: { width: '104px', sort: 'received' },
  waiting: { width: '72px', sort: 'due' },
  reading: { width: '92px', sort: 'reading' },
  modality: { width: '74px', sort: 'modality' },
  age: { width: '52px', sort: 'age' },
  accession: { width: 'minmax(84px, 0.6fr)', sort: 'accession' },
  'study-date': { width: '100px', sort: 'study-date' },
  site: { width: 'minmax(64px, 0.5fr)', sort: 'site' },
  images: { width: '60px', sort: 'images' },
};

export function gridTemplate(columns: readonly WorklistColumn[]): string {
  return columns.map((column) => COLUMNS[column].width).join(' ');
}

export interface Sort {
  readonly by: WorklistSort;
  readonly direction: 'ascending' | 'descending';
}

/** One way, then the other, then back to the order of triage. */
export function nextSort(sort: Sort | null, by: WorklistSort): Sort | null {
  if (sort?.by !== by) return { by, direction: 'ascending' };
  return sort.direction === 'ascending' ? { by, direction: 'descending' } : null;
}

/** The title of the column that is sorted by. */
export function sortTitle(by: WorklistSort): string {
  const column = WORKLIST_COLUMNS.find((each) => COLUMNS[each].sort === by);
  return column === undefined ? by : COLUMN_TITLES[column];
}

/** The same columns with one moved by `steps` places. */
export function moveColumn(
  columns: readonly WorklistColumn[],
  column: WorklistColumn,
  steps: number,
): WorklistColumn[] {
  const from = columns.indexOf(column);
  const to = Math.max(0, Math.min(columns.length - 1, from + steps));
  const others = columns.filter((each) => each !== column);
  return [...others.slice(0, to), column, ...others.slice(to)];
}
