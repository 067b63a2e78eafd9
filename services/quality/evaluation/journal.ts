import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { type ScoreRecord, scoreRecordSchema } from './score-record.ts';

const JOURNAL_FILE = 'journal.ndjson';

const headerSchema = z.strictObject({
  kind: z.literal('radtriage-evaluation-journal'),
  version: z.literal(1),
  /** For the digests of patients, so that they cannot be looked up elsewhere. */
  salt: z.string().min(16),
});

/** All that decides about an image's scores. */
export interface RecordKeyParts {
  readonly fileSha256: string;
  readonly modelSha256: string;
  readonly manifestSha256: string;
  /** What was added to the image before it was analysed: view, age and sex of a plain radiograph. */
  readonly context: string;
}

/** Lower-case hex SHA-256 that names one analysis: the same key gives the same scores. */
export function recordKey(parts: RecordKeyParts): string {
  const { fileSha256, modelSha256, manifestSha256, context } = parts;
  const text = JSON.stringify([fileSha256, modelSha256, manifestSha256, context]);
  return createHash('sha256').update(text).digest('hex');
}

/** What has been scored so far, one line an image, so that a second run goes on where the first one stopped. */
export interface Journal {
  /** The record of this very file under this key, or undefined. */
  find(file: string, key: string): ScoreRecord | undefined;
  /** Written before it is answered; a process killed meanwhile leaves a torn line, which the next one drops. */
  append(record: ScoreRecord): Promise<void>;
  /** A digest that joins the images of a patient within this journal. */
  patientDigest(issuer: string | undefined, id: string): string;
  close(): Promise<void>;
}

class FileJournal implements Journal {
  readonly #handle: FileHandle;
  readonly #salt: string;
  readonly #records: Map<string, ScoreRecord>;
  #tail: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, salt: string, records: readonly ScoreRecord[]) {
    this.#handle = handle;
    this.#salt = salt;
    this.#records = new Map(records.map((record) => [place(record.file, record.key), record]));
  }

  find(file: string, key: string): ScoreRecord | undefined {
    return this.#records.get(place(file, key));
  }

  append(record: ScoreRecord): Promise<void> {
    this.#records.set(place(record.file, record.key), record);
    // One after the other: lines of images that end together must not be mixed.
    this.#tail = this.#tail.then(() => this.#handle.appendFile(`${JSON.stringify(record)}\n`));
    return this.#tail;
  }

  patientDigest(issuer: string | undefined, id: string): string {
    const text = JSON.stringify([this.#salt, issuer ?? '', id]);
    return createHash('sha256').update(text).digest('hex').slice(0, 24);
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#handle.close();
  }
}

function place(file: string, key: string): string {
  return `${key} ${file}`;
}

/**
 * Opens the journal of an evaluation's folder, or begins it.
 * @param again forget what is there
 * @throws RadTriageError REQUEST_INVALID when a whole line cannot be read: it is not ours, or damaged
 */
export async function openJournal(folder: string, { again }: { again: boolean }): Promise<Journal> {
  const handle = await open(join(folder, JOURNAL_FILE), again ? 'w+' : 'a+', 0o600);
  try {
    const text = await handle.readFile('utf8');
    const end = text.lastIndexOf('\n') + 1;
    // A run that was killed while it wrote leaves part of a line.
    if (end < text.length) await handle.truncate(Buffer.byteLength(text.slice(0, end)));
    const [first, ...lines] = text.slice(0, end).split('\n').slice(0, -1);
    if (first === undefined) return await beginJournal(handle);
    const { salt } = parseLine(headerSchema, first, 1);
    const records = lines.map((line, index) => parseLine(scoreRecordSchema, line, index + 2));
    return new FileJournal(handle, salt, records);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function beginJournal(handle: FileHandle): Promise<Journal> {
  const salt = randomBytes(16).toString('hex');
  const header = { kind: 'radtriage-evaluation-journal', version: 1, salt };
  await handle.appendFile(`${JSON.stringify(header)}\n`);
  return new FileJournal(handle, salt, []);
}

function parseLine<T>(schema: z.ZodType<T>, line: string, number: number): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new RadTriageError(
      'REQUEST_INVALID',
      `line ${number} of ${JOURNAL_FILE} cannot be read; --again begins anew`,
      { cause },
    );
  }
}
