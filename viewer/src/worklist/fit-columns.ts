import type { WorklistColumn } from '#contracts/worklist-views.ts';
import { COLUMNS } from './columns.ts';

/** Left out first to last where the window is too narrow; the detail pane tells them all. The others always stay. */
const DISPENSABLE: readonly WorklistColumn[] = [
  'images',
  'site',
  'study-date',
  'age',
  'reason',
  'accession',
  'modality',
  'received',
  'image',
  'reading',
];
/** As --space-3 between the columns, and --space-4 on either side of a row, in pixels. */
const GAP = 12;
const SIDES = 2 * 16 + 3;

/** The least that a column takes, in pixels. */
function leastWidth(column: WorklistColumn): number {
  return Number(/\d+(?=px)/.exec(COLUMNS[column].width)?.[0] ?? 0);
}

function widthOf(columns: readonly WorklistColumn[]): number {
  const gaps = Math.max(0, columns.length - 1) * GAP;
  return columns.reduce((sum, column) => sum + leastWidth(column), SIDES + gaps);
}

/** Those of the columns that have room beside each other. @param width of the table in pixels; 0 while not known */
export function fitColumns(columns: readonly WorklistColumn[], width: number): WorklistColumn[] {
  let fitting = [...columns];
  for (const column of width === 0 ? [] : DISPENSABLE) {
    if (widthOf(fitting) <= width) break;
    fitting = fitting.filter((each) => each !== column);
  }
  return fitting;
}
