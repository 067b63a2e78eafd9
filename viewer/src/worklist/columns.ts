import type { WorklistSort } from '#contracts/worklist.ts';
import type { WorklistColumn } from '#contracts/worklist-views.ts';

interface Column {
  readonly title: string;
  /** For grid-template-columns. */
  readonly width: string;
  /** What a press on its head sorts by; null where there is no order. */
  readonly sort: WorklistSort | null;
}

export const COLUMNS: Readonly<Record<WorklistColumn, Column>> = {
  priority: { title: 'Priority', width: '80px', sort: 'priority' },
  image: { title: 'Image', width: '44px', sort: null },
  patient: { title: 'Patient', width: 'minmax(150px, 1.25fr)', sort: 'patient' },
  study: { title: 'Study', width: 'minmax(150px, 1.5fr)', sort: 'study' },
  ai: { title: 'AI', width: 'minmax(160px, 1.35fr)', sort: 'score' },
  reason: { title: 'Reason for the place', width: 'minmax(150px, 1.6fr)', sort: null },
  received: { title: 'Received', width: '84px', sort: 'received' },
  waiting: { title: 'Waiting', width: '72px', sort: 'due' },
  reading: { title: 'Reading', width: '92px', sort: 'reading' },
  modality: { title: 'Modality', width: '74px', sort: 'modality' },
  age: { title: 'Age', width: '52px', sort: 'age' },
  accession: { title: 'Accession', width: 'minmax(84px, 0.6fr)', sort: 'accession' },
  'study-date': { title: 'Study date', width: '88px', sort: 'study-date' },
  site: { title: 'Site', width: 'minmax(64px, 0.5fr)', sort: 'site' },
  images: { title: 'Images', width: '60px', sort: 'images' },
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
  return Object.values(COLUMNS).find((column) => column.sort === by)?.title ?? by;
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
