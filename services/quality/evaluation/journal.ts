import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type LineFile, openLineFile } from './line-file.ts';
import { type ScoreRecord, scoreRecordSchema } from './score-record.ts';

const JOURNAL_FILE = 'journal.ndjson';

const headerSchema = z.strictObject({
  kind: z.literal('radtriage-evaluation-journal'),
  version: z.literal(1),
  /** For the digests of patients, so that they cannot be looked up elsewhere. */
  salt: z.string().min(16),
});

type Header = z.output<typeof headerSchema>;

/** All that decides about an image's scores. */
export interface RecordKeyParts {
  readonly fileSha256: string;
  readonly modelSha256: string;
  readonly scoringSha256: string;
  /** What was added to the image before it was analysed: view, age and sex of a plain radiograph. */
  readonly context: string;
}

/** Lower-case hex SHA-256 that names one analysis: the same key gives the same scores. */
export function recordKey(parts: RecordKeyParts): string {
  const { fileSha256, modelSha256, scoringSha256, context } = parts;
  const text = JSON.stringify([fileSha256, modelSha256, scoringSha256, context]);
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
  readonly #file: LineFile<Header, ScoreRecord>;
  readonly #records: Map<string, ScoreRecord>;

  constructor(file: LineFile<Header, ScoreRecord>) {
    this.#file = file;
    this.#records = new Map(file.lines.map((record) => [place(record.file, record.key), record]));
  }

  find(file: string, key: string): ScoreRecord | undefined {
    return this.#records.get(place(file, key));
  }

  append(record: ScoreRecord): Promise<void> {
    this.#records.set(place(record.file, record.key), record);
    return this.#file.append(record);
  }

  patientDigest(issuer: string | undefined, id: string): string {
    const text = JSON.stringify([this.#file.header.salt, issuer ?? '', id]);
    return createHash('sha256').update(text).digest('hex').slice(0, 24);
  }

  close(): Promise<void> {
    return this.#file.close();
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
  const begin = (): Header => ({
    kind: 'radtriage-evaluation-journal',
    version: 1,
    salt: randomBytes(16).toString('hex'),
  });
  const format = { header: headerSchema, line: scoreRecordSchema, begin };
  return new FileJournal(await openLineFile(join(folder, JOURNAL_FILE), format, again));
}
