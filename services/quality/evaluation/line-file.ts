import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';

/** A file of one heading and a line for each piece of work done, so that a second run goes on where the first one stopped. */
export interface LineFile<Header, Line> {
  readonly header: Header;
  /** What was there when it was opened. */
  readonly lines: readonly Line[];
  /** Written before it is answered; a process killed meanwhile leaves a torn line, which the next one drops. */
  append(line: Line): Promise<void>;
  close(): Promise<void>;
}

export interface LineFileFormat<Header, Line> {
  readonly header: z.ZodType<Header>;
  readonly line: z.ZodType<Line>;
  /** The heading of a new file. */
  begin(): Header;
}

class OpenLineFile<Header, Line> implements LineFile<Header, Line> {
  readonly header: Header;
  readonly lines: readonly Line[];
  readonly #handle: FileHandle;
  #tail: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle, header: Header, lines: readonly Line[]) {
    this.#handle = handle;
    this.header = header;
    this.lines = lines;
  }

  append(line: Line): Promise<void> {
    // One after the other: lines of work that ends together must not be mixed.
    this.#tail = this.#tail.then(() => this.#handle.appendFile(`${JSON.stringify(line)}\n`));
    return this.#tail;
  }

  async close(): Promise<void> {
    await this.#tail;
    await this.#handle.close();
  }
}

/**
 * Opens a file of lines, or begins it.
 * @param again forget what is there
 * @throws RadTriageError REQUEST_INVALID when a whole line cannot be read: it is not ours, or damaged
 */
export async function openLineFile<Header, Line>(
  path: string,
  format: LineFileFormat<Header, Line>,
  again: boolean,
): Promise<LineFile<Header, Line>> {
  const handle = await open(path, again ? 'w+' : 'a+', 0o600);
  try {
    const text = await handle.readFile('utf8');
    const end = text.lastIndexOf('\n') + 1;
    // A run that was killed while it wrote leaves part of a line.
    if (end < text.length) await handle.truncate(Buffer.byteLength(text.slice(0, end)));
    const [first, ...lines] = text.slice(0, end).split('\n').slice(0, -1);
    if (first === undefined) {
      const header = format.begin();
      await handle.appendFile(`${JSON.stringify(header)}\n`);
      return new OpenLineFile(handle, header, []);
    }
    const name = basename(path);
    const header = parseLine(format.header, first, `line 1 of ${name}`);
    const known = lines.map((line, index) =>
      parseLine(format.line, line, `line ${index + 2} of ${name}`),
    );
    return new OpenLineFile(handle, header, known);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function parseLine<T>(schema: z.ZodType<T>, line: string, where: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw new RadTriageError('REQUEST_INVALID', `${where} cannot be read; --again begins anew`, {
      cause,
    });
  }
}
