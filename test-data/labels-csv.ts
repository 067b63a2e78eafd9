import { parseCsv } from '#core/csv.ts';
import { RadTriageError } from '#core/errors.ts';

/** One radiograph to wrap: a row of the labels file. */
export interface LabelRow {
  /** Path of the image below the folder of images. */
  readonly file: string;
  readonly patient: string;
  /** Whole years; null where not known. */
  readonly age: number | null;
  readonly sex: 'M' | 'F' | 'O' | '';
  readonly view: 'PA' | 'AP' | 'LL' | '';
}

const COLUMNS = ['file', 'patient', 'age', 'sex', 'view'] as const;

/**
 * Reads the columns file, patient, age, sex and view; others are ignored.
 * @throws RadTriageError REQUEST_INVALID naming all missing columns, or the line of a bad value
 */
export function parseLabels(text: string): LabelRow[] {
  const [header, ...records] = parseCsv(text.replace(/^\uFEFF/, ''));
  const places = COLUMNS.map((column) => header?.indexOf(column) ?? -1);
  const missing = COLUMNS.filter((_, index) => (places[index] ?? -1) < 0);
  if (missing.length > 0) {
    throw new RadTriageError('REQUEST_INVALID', `labels lack the columns: ${missing.join(', ')}`);
  }
  return records.map((record, index) => {
    const [file, patient, age, sex, view] = places.map((place) => record[place]?.trim() ?? '');
    return toRow({ file, patient, age, sex, view }, index + 2);
  });
}

function toRow(cells: Readonly<Record<string, string | undefined>>, line: number): LabelRow {
  const fault = (what: string) =>
    new RadTriageError('REQUEST_INVALID', `labels, record ${line}: ${what}`);
  const { file = '', patient = '', age = '', sex = '', view = '' } = cells;
  if (file === '') throw fault('no file');
  if (patient === '' || patient.length > 64 || patient.includes('\\')) throw fault('bad patient');
  if (age !== '' && !/^\d{1,3}$/.test(age)) throw fault('age is not a whole number of years');
  if (sex !== '' && sex !== 'M' && sex !== 'F' && sex !== 'O') throw fault('sex is not M, F or O');
  if (view !== '' && view !== 'PA' && view !== 'AP' && view !== 'LL')
    throw fault('view is not PA, AP or LL');
  return { file, patient, age: age === '' ? null : Number(age), sex, view };
}
