import { setTimeout } from 'node:timers/promises';
import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { type Part10Origin, Part10Sink } from '#intake/part10-sink.ts';
import type { InstanceReceiver, KeptInstance, ReceiveOutcome } from '#intake/types.ts';
import { parseMediaType } from './media-type.ts';
import type { PartHandler, PartHeaders } from './multipart-reader.ts';
import type { StoreResults } from './store-results.ts';

export interface StoreSessionOptions {
  /** How long an instance that is kept waits for its row until it counts as stored without, milliseconds. */
  readonly indexDeadlineMs?: number | undefined;
  readonly receiver: InstanceReceiver;
  readonly origin: Part10Origin;
  readonly results: StoreResults;
  /** Told of each part that is not kept: a coded error, and the UID where it is known. */
  readonly onFailure: (error: RadTriageError, sopInstanceUid: string | undefined) => void;
}

/** One part that is coming in. Once it has failed, the rest of it is passed over. */
interface OpenPart {
  readonly sink: Part10Sink | undefined;
  failure: RadTriageError | undefined;
}

/** Parts whose bytes are being made durable while the next comes in: each may hold a megabyte. */
const MAX_FINISHING = 8;
/** Parts that are kept and wait for their row. */
const MAX_INDEXING = 512;
const INDEX_DEADLINE_MS = 30_000;
const DICOM = 'application/dicom';

function unsupported(message: string): RadTriageError {
  return new RadTriageError('DICOM_UNSUPPORTED', message, { details: { field: 'Content-Type' } });
}

/** Judges a part by its headers alone. @throws RadTriageError DICOM_UNSUPPORTED, REQUEST_INVALID */
function readPartHeaders(headers: PartHeaders): { transferSyntaxUid: string | undefined } {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (encoding !== 'binary' && encoding !== '8bit') {
    throw unsupported('a part is not in binary content transfer encoding');
  }
  // Without a type of its own the part is what the whole was said to be of.
  const header = headers.get('content-type') ?? DICOM;
  const media = parseMediaType(header);
  if (media === undefined) {
    throw new RadTriageError('REQUEST_INVALID', 'the Content-Type of a part cannot be read');
  }
  if (media.type !== DICOM) throw unsupported('a part is not application/dicom');
  const syntax = media.parameters.get('transfer-syntax');
  return { transferSyntaxUid: syntax === '*' ? undefined : syntax };
}

/** Takes the parts of one request in, each through the one door, while they stream by. */
export class StoreSession implements PartHandler {
  readonly #options: StoreSessionOptions;
  readonly #finishing = new Set<Promise<void>>();
  readonly #indexing = new Set<Promise<void>>();
  #part: OpenPart | undefined;

  constructor(options: StoreSessionOptions) {
    this.#options = options;
  }

  openPart(headers: PartHeaders): void {
    const { receiver, origin } = this.#options;
    try {
      const { transferSyntaxUid } = readPartHeaders(headers);
      const sink = new Part10Sink(receiver, { ...origin, transferSyntaxUid });
      this.#part = { sink, failure: undefined };
    } catch (thrown) {
      this.#part = { sink: undefined, failure: toRadTriageError(thrown) };
    }
  }

  data(chunk: Buffer): void | Promise<void> {
    const part = this.#part;
    if (part?.sink === undefined || part.failure !== undefined) return undefined;
    try {
      const written = part.sink.write(chunk);
      if (written !== undefined) return written.catch((error) => this.#fail(part, error));
    } catch (error) {
      return this.#fail(part, error);
    }
    return undefined;
  }

  async endPart(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    if (part === undefined) return;
    if (part.sink === undefined || part.failure !== undefined) await this.#tell(part);
    else track(this.#finishing, this.#finish(part, part.sink));
    while (this.#finishing.size >= MAX_FINISHING) await Promise.race(this.#finishing);
    while (this.#indexing.size >= MAX_INDEXING) await Promise.race(this.#indexing);
  }

  /** The request breaks off: forgets the part that was coming in, and tells of it. */
  async breakOff(error: RadTriageError): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    if (part !== undefined) await this.#fail(part, part.failure ?? error);
    await (part === undefined
      ? this.#options.results.addFailed(undefined, error)
      : this.#tell(part));
  }

  /** Waits until everything that was complete is kept, and is in the index or late. */
  async settle(): Promise<void> {
    await Promise.all(this.#finishing);
    await Promise.all(this.#indexing);
    await this.#options.results.lookUp();
  }

  async #finish(part: OpenPart, sink: Part10Sink): Promise<void> {
    let kept: KeptInstance;
    try {
      kept = await sink.finish();
      // Asked for below; a failure that comes before is no unhandled one.
      kept.indexed.catch(() => undefined);
    } catch (error) {
      await this.#fail(part, error);
      await this.#tell(part);
      return;
    }
    track(this.#indexing, this.#awaitIndex(sink, kept.indexed));
  }

  async #awaitIndex({ meta }: Part10Sink, indexed: Promise<ReceiveOutcome>): Promise<void> {
    if (meta === undefined) return;
    const { results, indexDeadlineMs = INDEX_DEADLINE_MS } = this.#options;
    const outcome = await beforeDeadline(indexed, indexDeadlineMs);
    await (outcome === undefined ? results.addKept(meta) : results.addIndexed(meta, outcome));
  }

  async #fail(part: OpenPart, thrown: unknown): Promise<void> {
    part.failure = toRadTriageError(thrown);
    await part.sink?.abort();
  }

  async #tell({ sink, failure }: OpenPart): Promise<void> {
    if (failure === undefined) return;
    const { results, onFailure } = this.#options;
    onFailure(failure, sink?.meta?.sopInstanceUid);
    await results.addFailed(sink?.meta, failure);
  }
}

function track(running: Set<Promise<void>>, work: Promise<void>): void {
  const tracked = work.finally(() => running.delete(tracked));
  // Its failure is met where the set is waited for.
  tracked.catch(() => undefined);
  running.add(tracked);
}

/** The outcome, or undefined when it is late or the index failed: the instance is kept all the same. */
async function beforeDeadline(
  indexed: Promise<ReceiveOutcome>,
  deadlineMs: number,
): Promise<ReceiveOutcome | undefined> {
  const settled = new AbortController();
  const late = setTimeout(deadlineMs, undefined, { signal: settled.signal, ref: false });
  try {
    return await Promise.race([indexed, late]);
  } catch {
    return undefined;
  } finally {
    settled.abort();
    late.catch(() => undefined);
  }
}
