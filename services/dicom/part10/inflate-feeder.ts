import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { RadTriageError } from '#core/errors.ts';

/** The padding to an even length, and the checksum and length that some writers leave behind as gzip does. */
const MAX_TRAILING_BYTES = 9;

/**
 * Inflates a deflated data set (PS3.5 A.5: a bare RFC 1951 stream, padded to even length) chunk by chunk into a sink.
 * What is inflated is handed on and forgotten; `maxBytes` bounds the work that a bomb can cause.
 */
export class InflateFeeder {
  readonly #inflate: InflateRaw;
  #fed = 0;
  #inflated = 0;
  #failure: Error | undefined;

  constructor(sink: (bytes: Buffer) => void, maxBytes: number) {
    this.#inflate = createInflateRaw({ chunkSize: 64 * 1024 });
    this.#inflate.on('error', (error) => {
      this.#failure ??= describeFault(error);
    });
    this.#inflate.on('data', (bytes: Buffer) => {
      if (this.#failure !== undefined) return;
      try {
        this.#inflated += bytes.length;
        if (this.#inflated > maxBytes) {
          throw new RadTriageError('DICOM_TOO_LARGE', `inflates to more than ${maxBytes} bytes`);
        }
        sink(bytes);
      } catch (error) {
        this.#failure = error instanceof Error ? error : new Error(String(error));
        this.#inflate.destroy();
      }
    });
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const ended = this.#streamEnded();
    this.#fed += chunk.length;
    if (!ended) {
      await this.#untilDone((done) => this.#inflate.write(chunk, done));
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#streamEnded() && this.#fed - this.#inflate.bytesWritten > MAX_TRAILING_BYTES) {
      throw new RadTriageError('DICOM_STRUCTURE', 'bytes follow the end of the deflated data set');
    }
  }

  async end(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#fed === 0) return;
    if (!this.#inflate.readableEnded) {
      await this.#untilDone(() => this.#inflate.end());
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  dispose(): void {
    this.#failure ??= new RadTriageError('DICOM_TRUNCATED', 'the data set was abandoned');
    this.#inflate.destroy();
  }

  /** A stream that fails closes without calling back: whichever comes first counts. */
  #untilDone(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#inflate.off('close', done);
        resolve();
      };
      this.#inflate.on('close', done);
      if (this.#inflate.destroyed) done();
      else start(done);
    });
  }

  /** zlib stops consuming at the end of the stream. */
  #streamEnded(): boolean {
    return this.#inflate.bytesWritten < this.#fed;
  }
}

function describeFault(error: Error & { code?: string }): RadTriageError {
  return error.code === 'Z_BUF_ERROR'
    ? new RadTriageError('DICOM_TRUNCATED', 'the deflated data set ends early', { cause: error })
    : new RadTriageError('DICOM_STRUCTURE', 'the data set cannot be inflated', { cause: error });
}
