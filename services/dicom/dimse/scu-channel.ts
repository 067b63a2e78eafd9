import type { Socket } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import type { AssociateAnswer } from './associate-codec.ts';
import type { AssociationEnd, UpperLayerUser } from './association-user.ts';
import { CommandAssembler } from './command-assembler.ts';
import { type CommandSet, encodeCommandSet, RESPONSE_BIT } from './command-set.ts';
import { fragmentBytesFor } from './message-writer.ts';
import { ABORTS, type Abort, CONTROL_COMMAND, CONTROL_LAST } from './pdu-codec.ts';
import type { PdvFragment } from './pdu-reader.ts';
import { UpperLayer } from './upper-layer.ts';

export interface ScuTimeouts {
  /** From the first packet to the answer to the association request. Default 15 s. */
  readonly associateMs: number;
  /** For the answer to a request, and for the peer to take what is sent. Default 60 s. */
  readonly responseMs: number;
  /** For the answer to a release. Default 5 s. */
  readonly releaseMs: number;
}

const MAX_COMMAND_BYTES = 64 * 1024;
/** The longest data set that a peer may send with an answer or an event. */
const MAX_DATA_SET_BYTES = 16 * 1024 * 1024;
const MAX_ASSOCIATE_BYTES = 512 * 1024;

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** A whole message of the peer. */
export interface ReceivedMessage {
  readonly contextId: number;
  readonly command: CommandSet;
  readonly dataSet: Buffer | undefined;
}

/** Answers what the peer asks of us: the response's command set and data set. */
export type RequestAnswerer = (
  request: ReceivedMessage,
) => Promise<{ readonly command: CommandSet; readonly dataSet?: Buffer }>;

/** The requestor's side of one association: one request at a time, and the answer to it. */
export class ScuChannel implements UpperLayerUser {
  readonly #socket: Socket;
  readonly #timeouts: ScuTimeouts;
  #layer: UpperLayer | undefined;
  #maxFragmentBytes = fragmentBytesFor(0);
  #opening: Waiter<AssociateAnswer> | undefined;
  #answering: Waiter<ReceivedMessage> | undefined;
  #releasing: Waiter<void> | undefined;
  #expectedMessageId = 0;
  readonly #assembler = new CommandAssembler(MAX_COMMAND_BYTES);
  readonly #answerer: RequestAnswerer;
  /** A message whose data set is still coming in. */
  #incoming: { contextId: number; command: CommandSet; parts: Buffer[]; bytes: number } | undefined;
  /** Answers to what the peer asked of us. */
  #replying: Promise<void> = Promise.resolve();
  /** Messages go out whole, one after the other. */
  #sending: Promise<unknown> = Promise.resolve();
  #failure: RadTriageError | undefined;

  constructor(socket: Socket, timeouts: ScuTimeouts, answerer: RequestAnswerer) {
    this.#socket = socket;
    this.#timeouts = timeouts;
    this.#answerer = answerer;
  }

  async open(request: Buffer, maxPduBytes: number): Promise<AssociateAnswer> {
    const reader = { maxPduBytes, maxAssociateBytes: MAX_ASSOCIATE_BYTES };
    const options = { requestor: true, reader, artimMs: this.#timeouts.releaseMs };
    const layer = new UpperLayer(this.#socket, options, this);
    this.#layer = layer;
    const answer = await this.#within(this.#timeouts.associateMs, 'an association', () => {
      const opened = new Promise<AssociateAnswer>((resolve, reject) => {
        this.#opening = { resolve, reject };
      });
      layer.request(request);
      return opened;
    });
    this.#maxFragmentBytes = fragmentBytesFor(answer.user.maxPduBytes);
    return answer;
  }

  /** Sends a request, its data set if there is one, and waits for the answer. */
  async exchange(
    contextId: number,
    request: CommandSet,
    dataSet?: AsyncIterable<Buffer>,
  ): Promise<ReceivedMessage> {
    const layer = this.#usable();
    const answered = new Promise<ReceivedMessage>((resolve, reject) => {
      this.#answering = { resolve, reject };
    });
    // The answer may fail while the data set is still being sent: the failure is taken below.
    answered.catch(() => undefined);
    this.#expectedMessageId = request.messageId ?? 0;
    await this.#inTurn(() => this.#sendMessage(layer, { contextId, command: request, dataSet }));
    return this.#within(this.#timeouts.responseMs, 'an answer', () => answered);
  }

  async #sendMessage(
    layer: UpperLayer,
    message: {
      contextId: number;
      command: CommandSet;
      dataSet: AsyncIterable<Buffer> | undefined;
    },
  ): Promise<void> {
    const { contextId, dataSet } = message;
    const bytes = encodeCommandSet(message.command);
    await this.#send(layer, { contextId, control: CONTROL_COMMAND | CONTROL_LAST, bytes });
    if (dataSet === undefined) return;
    try {
      await this.#sendDataSet(layer, contextId, dataSet);
    } catch (error) {
      // Half a data set cannot be taken back: only an abort keeps the peer from waiting for the rest.
      this.abort(ABORTS.byUser, 'the data set could not be sent to its end');
      throw this.#failure?.code === 'ASSOCIATION_FAILED' && !(error instanceof RadTriageError)
        ? new RadTriageError('ASSOCIATION_FAILED', this.#failure.message, { cause: error })
        : error;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#sending.then(work);
    this.#sending = turn.catch(() => undefined);
    return turn;
  }

  async release(): Promise<void> {
    await this.#replying;
    const layer = this.#usable();
    return this.#within(this.#timeouts.releaseMs, 'the release', () => {
      const released = new Promise<void>((resolve, reject) => {
        this.#releasing = { resolve, reject };
      });
      layer.release();
      return released;
    });
  }

  abort(abort: Abort, detail: string): undefined {
    this.#layer?.abort(abort, 'aborted', detail);
    if (this.#layer?.state === 'idle') this.#socket.destroy();
  }

  /** A requestor is never asked: the transition table aborts before this is reached. */
  associateRequested(): void {}

  associateAnswered(answer: AssociateAnswer): void {
    this.#opening?.resolve(answer);
  }

  associateRejected(rejection: { result: number; source: number; reason: number }): void {
    const { result, source, reason } = rejection;
    this.#failure = new RadTriageError(
      'ASSOCIATION_REJECTED',
      `the peer rejected the association (${result}/${source}/${reason})`,
      { details: { result, source, reason } },
    );
  }

  dataReceived(fragment: PdvFragment): undefined {
    if ((fragment.control & CONTROL_COMMAND) === 0) return this.#takeData(fragment);
    if (this.#incoming !== undefined) {
      return this.abort(ABORTS.unexpectedParameter, 'a command in the middle of a data set');
    }
    // What it throws ends the association: see UpperLayer.
    const command = this.#assembler.take(fragment);
    if (command === undefined) return;
    const { contextId } = fragment;
    if (command.hasDataSet) this.#incoming = { contextId, command, parts: [], bytes: 0 };
    else this.#takeMessage({ contextId, command, dataSet: undefined });
  }

  #takeData(fragment: PdvFragment): undefined {
    const message = this.#incoming;
    if (message === undefined || message.contextId !== fragment.contextId) {
      return this.abort(ABORTS.unexpectedParameter, 'data that no command announced');
    }
    message.bytes += fragment.bytes.length;
    if (message.bytes > MAX_DATA_SET_BYTES) {
      return this.abort(ABORTS.byUser, 'the peer answered with too much');
    }
    message.parts.push(Buffer.from(fragment.bytes));
    if (!fragment.end || (fragment.control & CONTROL_LAST) === 0) return;
    this.#incoming = undefined;
    const { contextId, command, parts } = message;
    this.#takeMessage({ contextId, command, dataSet: Buffer.concat(parts) });
  }

  #takeMessage(message: ReceivedMessage): undefined {
    const { command } = message;
    if ((command.commandField & RESPONSE_BIT) === 0) {
      if (command.messageId === undefined) {
        return this.abort(ABORTS.byUser, 'a request without a message id');
      }
      this.#replying = this.#replying.then(() => this.#reply(message));
      return;
    }
    const waiter = this.#answering;
    if (waiter === undefined || command.messageIdBeingRespondedTo !== this.#expectedMessageId) {
      return this.abort(ABORTS.byUser, 'the peer answered what was not asked');
    }
    this.#answering = undefined;
    waiter.resolve(message);
  }

  /** Never rejects: when the answer cannot be sent, the association is over. */
  async #reply(request: ReceivedMessage): Promise<void> {
    const { contextId } = request;
    try {
      const { command, dataSet } = await this.#answerer(request);
      const layer = this.#usable();
      const message = { contextId, command, dataSet: dataSet && only(dataSet) };
      await this.#inTurn(() => this.#sendMessage(layer, message));
    } catch {
      this.abort(ABORTS.byUser, 'a request of the peer could not be answered');
    }
  }

  /** The peer may ask for a release while nothing is under way; in a collision the table says what follows. */
  releaseRequested(): void {
    this.#layer?.answerRelease();
  }

  ended(end: AssociationEnd): void {
    if (end.how === 'released') this.#releasing?.resolve();
    this.#failure ??= new RadTriageError(
      'ASSOCIATION_FAILED',
      `the association has ended (${end.how}: ${end.detail})`,
    );
    this.#opening?.reject(this.#failure);
    this.#answering?.reject(this.#failure);
    this.#releasing?.reject(this.#failure);
  }

  #usable(): UpperLayer {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#layer === undefined) {
      throw new RadTriageError('ASSOCIATION_FAILED', 'the association is not open');
    }
    return this.#layer;
  }

  /** Cuts the data set into fragments without altering or copying a byte; the last one is marked. */
  async #sendDataSet(
    layer: UpperLayer,
    contextId: number,
    dataSet: AsyncIterable<Buffer>,
  ): Promise<void> {
    let held: Buffer = Buffer.alloc(0);
    for await (const chunk of dataSet) {
      for (let offset = 0; offset < chunk.length; offset += this.#maxFragmentBytes) {
        if (held.length > 0) await this.#send(layer, { contextId, control: 0, bytes: held });
        held = chunk.subarray(offset, offset + this.#maxFragmentBytes);
      }
    }
    await this.#send(layer, { contextId, control: CONTROL_LAST, bytes: held });
  }

  async #send(
    layer: UpperLayer,
    part: { contextId: number; control: number; bytes: Buffer },
  ): Promise<void> {
    this.#usable();
    for (let offset = 0; ; ) {
      // A command set can be longer than a small peer's PDU as well.
      const end = Math.min(part.bytes.length, offset + this.#maxFragmentBytes);
      const last = end === part.bytes.length;
      const control = last ? part.control : part.control & ~CONTROL_LAST;
      const drained = layer.send(part.contextId, control, part.bytes.subarray(offset, end));
      if (drained !== undefined) {
        await this.#within(this.#timeouts.responseMs, 'the peer to take data', () => drained);
        this.#usable();
      }
      if (last) return;
      offset = end;
    }
  }

  async #within<T>(milliseconds: number, what: string, work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => {
      this.#failure ??= new RadTriageError(
        'ASSOCIATION_FAILED',
        `no ${what} within ${milliseconds} ms`,
      );
      this.abort(ABORTS.byUser, `no ${what} in time`);
      this.#socket.destroy();
    }, milliseconds);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
