import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RadTriageError } from '#core/errors.ts';

/** A range of a file that is there; whoever sends it opens and closes it. */
export interface FileRange {
  readonly path: string;
  readonly start: number;
  /** Bytes. */
  readonly length: number;
  /** Read while all else waits: for one frame the way through other threads takes longer than the read itself. */
  readonly atOnce?: boolean;
}

export type Piece = Uint8Array | FileRange;

/** Where the bytes go: an HTTP response. */
interface Sink {
  write(chunk: Uint8Array, done: (error?: Error | null) => void): boolean;
  end(): unknown;
  once(event: 'close', listener: () => void): unknown;
  removeListener(event: 'close', listener: () => void): unknown;
}

/** A slice of 512 x 512 with what stands around it. */
const BUFFER_BYTES = 528 * 1024;
const LARGEST_AT_ONCE = 1024 * 1024;
/** Kept for the next answer. */
const MAX_SPARE = 16;
const spare: Buffer[] = [];

/**
 * Bytes and ranges of files, one after the other, through two buffers that are used again and again: one is filled
 * while the other is on its way. A buffer of its own for every slice would make the garbage collector the main work of
 * the process. Nothing is read further than the receiver takes; when it goes away all is closed.
 */
export class PieceStream extends Readable {
  readonly #pieces: AsyncIterator<Piece>;

  constructor(pieces: AsyncIterator<Piece>) {
    super();
    this.#pieces = pieces;
  }

  /** Never read but through `pipe`, which is what HTTP does with it. */
  override _read(): void {}

  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination): Destination {
    void this.#send(new Filler(destination)).then(
      () => {
        destination.end();
        this.push(null);
        this.resume();
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return destination;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#pieces.return?.();
    done(error);
  }

  async #send(filler: Filler): Promise<void> {
    try {
      for (let next = await this.#pieces.next(); !next.done; next = await this.#pieces.next()) {
        const piece = next.value;
        if (piece instanceof Uint8Array) await filler.add(piece);
        else await filler.addRange(piece);
      }
      await filler.flush();
    } finally {
      filler.close();
      await this.#pieces.return?.();
    }
  }
}

function unreadable(cause: unknown): RadTriageError {
  return new RadTriageError('STORAGE_FAILED', 'the object cannot be read', { cause });
}

function cutShort(): RadTriageError {
  return new RadTriageError('STORAGE_FAILED', 'the object is cut short');
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** Two buffers, one of which is filled while the other is being written. */
class Filler {
  readonly #sink: Sink;
  readonly #buffers: Buffer[] = [];
  readonly #gone: Promise<never>;
  readonly #onClose: () => void;
  #filled = 0;
  #pending: Promise<void> | undefined;
  #isGone = false;

  constructor(sink: Sink) {
    this.#sink = sink;
    let refuse: (error: Error) => void = () => undefined;
    this.#gone = new Promise((_resolve, reject) => {
      refuse = reject;
    });
    this.#gone.catch(() => undefined);
    this.#onClose = () => {
      this.#isGone = true;
      refuse(new RadTriageError('ASSOCIATION_FAILED', 'the client went away'));
    };
    sink.once('close', this.#onClose);
  }

  async add(bytes: Uint8Array): Promise<void> {
    if (bytes.length > BUFFER_BYTES / 4) {
      await this.flush();
      await this.#write(bytes);
      return;
    }
    if (this.#filled + bytes.length > BUFFER_BYTES) await this.#send();
    (await this.#current()).set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  async addRange({ path, start, length, atOnce = false }: FileRange): Promise<void> {
    if (atOnce && length <= LARGEST_AT_ONCE) {
      await this.#copyAtOnce({ path, start, length });
      return;
    }
    const file = await open(path, 'r').catch((cause: unknown) => {
      throw unreadable(cause);
    });
    try {
      await this.#copy(file, start, length);
    } finally {
      await file.close();
    }
  }

  /** Until all that was added is on its way. */
  async flush(): Promise<void> {
    await this.#send();
    await this.#pending;
  }

  close(): void {
    this.#sink.removeListener('close', this.#onClose);
    // What a socket may still read from is not used again.
    if (!this.#isGone && spare.length < MAX_SPARE) spare.push(...this.#buffers);
    this.#buffers.length = 0;
  }

  async #copyAtOnce({ path, start, length }: FileRange): Promise<void> {
    const file = openFile(path);
    try {
      for (let done = 0; done < length; ) {
        if (this.#filled === BUFFER_BYTES) await this.#send();
        const buffer = await this.#current();
        const wanted = Math.min(BUFFER_BYTES - this.#filled, length - done);
        const bytesRead = readSync(file, buffer, this.#filled, wanted, start + done);
        if (bytesRead === 0) throw cutShort();
        done += bytesRead;
        this.#filled += bytesRead;
      }
    } finally {
      closeSync(file);
    }
  }

  async #copy(file: FileHandle, start: number, length: number): Promise<void> {
    for (let done = 0; done < length; ) {
      if (this.#filled === BUFFER_BYTES) await this.#send();
      const buffer = await this.#current();
      const wanted = Math.min(BUFFER_BYTES - this.#filled, length - done);
      const { bytesRead } = await file.read(buffer, this.#filled, wanted, start + done);
      if (bytesRead === 0) throw cutShort();
      done += bytesRead;
      this.#filled += bytesRead;
    }
  }

  async #current(): Promise<Buffer> {
    if (this.#isGone) await this.#gone;
    this.#buffers[0] ??= spare.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    return this.#buffers[0];
  }

  /** Hands the filled buffer over, and goes on with the other, which is free by then. */
  async #send(): Promise<void> {
    await this.#pending;
    const [full, other] = this.#buffers;
    if (full === undefined || this.#filled === 0) return;
    this.#pending = this.#write(full.subarray(0, this.#filled));
    // Looked at when the next buffer is full: until then nobody waits for it.
    this.#pending.catch(() => undefined);
    this.#filled = 0;
    this.#buffers[0] = other ?? spare.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#buffers[1] = full;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#sink.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
    await Promise.race([written, this.#gone]);
  }
}
