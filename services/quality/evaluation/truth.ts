import { z } from 'zod';
import { parseCsvTable } from '#core/csv.ts';
import { RadTriageError } from '#core/errors.ts';
import type { Box } from '#core/finding.ts';
import { describeChoice, isInPart, meets, type RowChoice } from './row-choice.ts';

const SUBJECTS = ['file', 'SOPInstanceUID', 'SeriesInstanceUID', 'StudyInstanceUID'] as const;

/** How the columns of a truth file are to be read. */
export interface TruthOptions {
  /** Ids of the model's labels. */
  readonly labels: readonly string[];
  /** Columns under other names: what they mean, and what they are called. */
  readonly columns?: ReadonlyMap<string, string> | undefined;
  /** Values of label columns that mean 1; every other value that is not empty then means 0. */
  readonly positiveValues?: readonly string[] | undefined;
  /** Width and height of the images that boxes are told in, where these are not the images scored. */
  readonly boxSize?: readonly [width: number, height: number] | undefined;
  /** Which rows are taken; all of them without it. */
  readonly choice?: RowChoice | undefined;
}

/** What is known of one image, series or study. */
export interface TruthRow {
  /** Line of the file, for messages. */
  readonly line: number;
  /** The image file below the folder, or the UID that it is known by. */
  readonly subject: string;
  readonly patient: string | undefined;
  /** Labels without an entry have no truth here. */
  readonly labels: ReadonlyMap<string, boolean>;
  /** By label; undefined where nothing is said of places. */
  readonly boxes: ReadonlyMap<string, readonly Box[]>;
  readonly groups: Readonly<Record<string, string>>;
}

export interface Truth {
  /** What `subject` is. */
  readonly by: (typeof SUBJECTS)[number];
  readonly rows: readonly TruthRow[];
  /** Which rows were asked for, in words; empty for all. */
  readonly choice: readonly string[];
  /** Rows that were not asked for. */
  readonly notChosen: number;
  readonly boxSize: readonly [width: number, height: number] | undefined;
  /** Names of the columns that groups are made by. */
  readonly variables: readonly string[];
  readonly hasPatients: boolean;
}

const YES = new Set(['1', '1.0', 'true', 'yes', 'positive']);
const NO = new Set(['0', '0.0', 'false', 'no', 'negative']);
const boxesSchema = z.array(
  z.tuple([z.number(), z.number(), z.number().positive(), z.number().positive()]),
);

type Row = Readonly<Record<string, string>>;

class TruthReader {
  readonly #options: TruthOptions;
  readonly #columns: ReadonlySet<string>;

  constructor(options: TruthOptions, columns: readonly string[]) {
    this.#options = options;
    this.#columns = new Set(columns);
  }

  /** The name under which the file has a column, or undefined when it has none. */
  #nameOf(meaning: string): string | undefined {
    const given = this.#options.columns?.get(meaning);
    if (given !== undefined && !this.#columns.has(given)) {
      throw invalid(`there is no column ${given}`);
    }
    return given ?? (this.#columns.has(meaning) ? meaning : undefined);
  }

  subject(): { by: Truth['by']; name: string } {
    for (const by of SUBJECTS) {
      const name = this.#nameOf(by);
      if (name !== undefined) return { by, name };
    }
    throw invalid(`one of the columns ${SUBJECTS.join(', ')} is needed`);
  }

  patient(): string | undefined {
    return this.#nameOf('patient');
  }

  /** Column names by label. A file about a model of one label may call it just `label`. */
  labels(): Map<string, string> {
    const { labels } = this.#options;
    const found = new Map<string, string>();
    for (const id of labels) {
      const name = this.#nameOf(id) ?? (labels.length === 1 ? this.#nameOf('label') : undefined);
      if (name !== undefined) found.set(id, name);
    }
    if (found.size > 0) return found;
    throw invalid(
      `there is no column of truth: name one ${labels.join(' or ')}, or say --column ${labels[0]}=NAME`,
    );
  }

  /** Whether a row is one of those asked for. @throws RadTriageError when the choice cannot be made */
  chooses(patientName: string | undefined): (row: Row) => boolean {
    const { only = [], patients } = this.#options.choice ?? {};
    for (const { column } of only) {
      if (!this.#columns.has(column)) throw invalid(`there is no column ${column}`);
    }
    if (patients === undefined) return (row) => meets(row, only);
    if (patientName === undefined) throw invalid('--patients needs a column patient');
    return (row) => meets(row, only) && isInPart(row[patientName], patients);
  }

  boxes(): Map<string, string> {
    const { labels } = this.#options;
    const found = new Map<string, string>();
    for (const id of labels) {
      const name =
        this.#nameOf(`boxes:${id}`) ?? (labels.length === 1 ? this.#nameOf('boxes') : undefined);
      if (name !== undefined) found.set(id, name);
    }
    return found;
  }
}

function invalid(what: string): RadTriageError {
  return new RadTriageError('REQUEST_INVALID', `truth: ${what}`);
}

function readLabel(text: string, options: TruthOptions, line: number): boolean | undefined {
  if (text === '') return undefined;
  if (options.positiveValues !== undefined) return options.positiveValues.includes(text);
  const word = text.toLowerCase();
  if (YES.has(word)) return true;
  if (NO.has(word)) return false;
  // The value itself may tell of a patient.
  throw invalid(`line ${line}: a label is 0 or 1 (or name the values that mean 1: --positive)`);
}

function readBoxes(text: string, line: number): readonly Box[] | undefined {
  if (text === '') return undefined;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  const parsed = boxesSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw invalid(`line ${line}: boxes are a JSON list such as [[x, y, width, height]]`);
}

function collect<T>(
  columns: ReadonlyMap<string, string>,
  row: Row,
  read: (text: string) => T | undefined,
): Map<string, T> {
  const found = new Map<string, T>();
  for (const [id, name] of columns) {
    const value = read(row[name] ?? '');
    if (value !== undefined) found.set(id, value);
  }
  return found;
}

/**
 * Reads a CSV of truth: one of the columns file, SOPInstanceUID, SeriesInstanceUID and StudyInstanceUID, a column for
 * each label, and optionally patient and boxes. All other columns are subgroup variables.
 * @throws RadTriageError REQUEST_INVALID naming the line, never the value
 */
export function parseTruth(text: string, options: TruthOptions): Truth {
  const { columns, rows } = parseCsvTable(text);
  const reader = new TruthReader(options, columns);
  const { by, name: subjectName } = reader.subject();
  const patientName = reader.patient();
  const labelNames = reader.labels();
  const boxNames = reader.boxes();
  const used = new Set<string | undefined>([
    ...SUBJECTS,
    subjectName,
    patientName,
    ...labelNames.values(),
    ...boxNames.values(),
  ]);
  const variables = columns.filter((name) => name !== '' && !used.has(name));
  const seen = new Set<string>();
  const isChosen = reader.chooses(patientName);
  const chosen = rows
    .map((row, index) => ({ row, line: index + 2 }))
    .filter(({ row }) => isChosen(row));
  if (chosen.length === 0 && rows.length > 0)
    throw invalid('no row is chosen by --only and --patients');
  const read = chosen.map(({ row, line }): TruthRow => {
    const subject = row[subjectName] ?? '';
    if (subject === '') throw invalid(`line ${line}: no ${by}`);
    if (seen.has(subject)) throw invalid(`line ${line}: its ${by} came before`);
    seen.add(subject);
    const patient = patientName === undefined ? '' : (row[patientName] ?? '');
    return {
      line,
      subject,
      patient: patient === '' ? undefined : patient,
      labels: collect(labelNames, row, (cell) => readLabel(cell, options, line)),
      boxes: collect(boxNames, row, (cell) => readBoxes(cell, line)),
      groups: Object.fromEntries(variables.map((name) => [name, row[name] ?? ''])),
    };
  });
  const { boxSize, choice } = options;
  return {
    by,
    rows: read,
    choice:
      choice === undefined
        ? []
        : describeChoice(choice, new Set([patientName, subjectName, ...SUBJECTS])),
    notChosen: rows.length - chosen.length,
    boxSize,
    variables,
    hasPatients: patientName !== undefined,
  };
}
