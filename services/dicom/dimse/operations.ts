import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { isUid } from '../part10/uid.ts';
import { COMMANDS, type CommandSet, STATUS_SUCCESS } from './command-set.ts';
import type { AcceptedContext } from './negotiate-contexts.ts';
import type { ScpHandlers, StoreRequest, StoreSink } from './scp-types.ts';
import type { SopClassTable } from './sop-class-table.ts';

/** What is sent back for a request. */
export interface OperationAnswer {
  readonly command: CommandSet;
  readonly dataSet?: Buffer;
}

/** One request that a peer has made, while its data set comes in. */
export interface Operation {
  /** Bytes of the data set so far. */
  readonly bytes: number;
  write(chunk: Buffer): Promise<void> | undefined;
  /** The data set is complete, or there is none: what to answer, or undefined for a message that asks for nothing. */
  end(): Promise<OperationAnswer | undefined>;
  /** The association was lost: nothing can be answered. True when something begun was given up. */
  abort(): Promise<boolean>;
}

/** A message is drained, whatever its fate, up to this much beyond the longest object; then the association ends. */
export const DRAIN_BYTES = 64 * 1024 * 1024;

/** Reads over a data set and gives a settled answer. */
export class DiscardOperation implements Operation {
  readonly #answer: CommandSet | undefined;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(answer: CommandSet | undefined, maxObjectBytes: number) {
    this.#answer = answer;
    this.#maxBytes = maxObjectBytes + DRAIN_BYTES;
  }

  get bytes(): number {
    return this.#bytes;
  }

  write(chunk: Buffer): undefined {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) throw tooLarge(this.#maxBytes);
  }

  async end(): Promise<OperationAnswer | undefined> {
    return this.#answer === undefined ? undefined : { command: this.#answer };
  }

  async abort(): Promise<boolean> {
    return false;
  }
}

/** C-STORE (PS3.7 9.1.1): passes the data set to a sink, and answers Success only when the sink has kept it. */
export class StoreOperation implements Operation {
  readonly request: StoreRequest;
  readonly #command: CommandSet;
  readonly #maxObjectBytes: number;
  #sink: StoreSink | undefined;
  #failure: RadTriageError | undefined;
  #pending: Promise<unknown> | undefined;
  #finishing = false;
  #bytes = 0;

  constructor(command: CommandSet, request: StoreRequest, maxObjectBytes: number) {
    this.#command = command;
    this.request = request;
    this.#maxObjectBytes = maxObjectBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get failure(): RadTriageError | undefined {
    return this.#failure;
  }

  /** Judges the command and opens the sink. What is wrong is answered once the data set has been read over. */
  begin(
    context: AcceptedContext,
    { handlers, classes }: { handlers: ScpHandlers; classes: SopClassTable },
  ): Promise<void> | undefined {
    const { sopClassUid, sopInstanceUid } = this.request;
    try {
      if (!isUid(sopInstanceUid) || !isUid(sopClassUid)) {
        throw new RadTriageError('DICOM_UID_INVALID', 'the SOP instance or class UID is invalid');
      }
      if (sopClassUid !== context.abstractSyntax || !classes.isStorage(sopClassUid)) {
        throw new RadTriageError('DICOM_UNSUPPORTED', 'the SOP class is not the one negotiated');
      }
      if (!this.#command.hasDataSet) {
        throw new RadTriageError('DICOM_ATTRIBUTE_MISSING', 'the request has no data set');
      }
      const opened = handlers.openStore(this.request);
      if (!(opened instanceof Promise)) {
        this.#sink = opened;
        return undefined;
      }
      return this.#track(
        opened.then((sink) => {
          this.#sink = sink;
        }),
      );
    } catch (error) {
      return this.#fail(error);
    }
  }

  write(chunk: Buffer): Promise<void> | undefined {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxObjectBytes + DRAIN_BYTES) throw tooLarge(this.#maxObjectBytes);
    if (this.#failure !== undefined) return undefined;
    if (this.#bytes > this.#maxObjectBytes) return this.#fail(tooLarge(this.#maxObjectBytes));
    try {
      const written = this.#sink?.write(chunk);
      return written === undefined ? undefined : this.#track(written);
    } catch (error) {
      return this.#fail(error);
    }
  }

  async end(): Promise<OperationAnswer> {
    if (this.#failure === undefined && this.#bytes === 0) {
      await this.#fail(new RadTriageError('DICOM_ATTRIBUTE_MISSING', 'the data set is empty'));
    }
    if (this.#failure === undefined) {
      this.#finishing = true;
      try {
        await this.#sink?.finish();
      } catch (error) {
        this.#failure = toRadTriageError(error);
      }
    }
    return { command: answerStore(this.#command, this.#failure) };
  }

  async abort(): Promise<boolean> {
    await this.#pending;
    if (this.#finishing) return false;
    if (this.#failure === undefined) {
      await this.#fail(new RadTriageError('ASSOCIATION_FAILED', 'the association was lost'));
    }
    return true;
  }

  /** Calls to the sink follow each other; a failure of one is kept as the answer. */
  async #track(work: Promise<void>): Promise<void> {
    const settled = work.catch((error: unknown) => this.#fail(error));
    this.#pending = settled;
    await settled;
    if (this.#pending === settled) this.#pending = undefined;
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#failure !== undefined) return;
    this.#failure = toRadTriageError(error);
    try {
      await this.#sink?.abort();
    } catch (abortError) {
      // The peer gets the first failure; that cleaning up failed too is kept beside it.
      this.#failure = new RadTriageError(this.#failure.code, this.#failure.message, {
        cause: new AggregateError([error, abortError]),
      });
    }
  }
}

/** The response to a C-STORE request; a failure gives its status and, without patient data, its reason. */
function answerStore(request: CommandSet, failure: RadTriageError | undefined): CommandSet {
  const sopInstanceUid = request.affectedSopInstanceUid ?? '';
  const sopClassUid = request.affectedSopClassUid ?? '';
  return {
    commandField: COMMANDS.storeRsp,
    messageIdBeingRespondedTo: request.messageId,
    hasDataSet: false,
    status: failure === undefined ? STATUS_SUCCESS : failure.dimseStatus,
    affectedSopClassUid: isUid(sopClassUid) ? sopClassUid : undefined,
    affectedSopInstanceUid: isUid(sopInstanceUid) ? sopInstanceUid : undefined,
    errorComment: failure === undefined ? undefined : describeFailure(failure),
  };
}

/** INTERNAL wraps what anything may have thrown: its message stays in our log. */
export function describeFailure(failure: RadTriageError): string {
  return failure.code === 'INTERNAL' ? failure.code : `${failure.code}: ${failure.message}`;
}

export function tooLarge(maxBytes: number): RadTriageError {
  return new RadTriageError('DICOM_TOO_LARGE', `a data set may have ${maxBytes} bytes at most`);
}
