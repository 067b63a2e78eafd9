import type { Socket } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import type { AssociateAnswer } from './associate-codec.ts';
import type { AssociationEnd, UpperLayerUser } from './association-user.ts';
import { CommandAssembler } from './command-assembler.ts';
import { type CommandSet, encodeCommandSet } from './command-set.ts';
import {
  ABORTS,
  type Abort,
  CONTROL_COMMAND,
  CONTROL_LAST,
  PDV_HEADER_BYTES,
} from './pdu-codec.ts';
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

/** Used when the peer names no limit; also the most that is put into one PDU. */
const LARGEST_PDU_BYTES = 128 * 1024;
const SMALLEST_PDU_BYTES = 64;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_ASSOCIATE_BYTES = 512 * 1024;

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** The requestor's side of one association: one request at a time, and the answer to it. */
export class ScuChannel implements UpperLayerUser {
  readonly #socket: Socket;
  readonly #timeouts: ScuTimeouts;
  #layer: UpperLayer | undefined;
  #maxFragmentBytes = LARGEST_PDU_BYTES - PDV_HEADER_BYTES;
  #opening: Waiter<AssociateAnswer> | undefined;
  #answering: Waiter<CommandSet> | undefined;
  #releasing: Waiter<void> | undefined;
  #expectedMessageId = 0;
  readonly #assembler = new CommandAssembler(MAX_ANSWER_BYTES);
  #failure: RadTriageError | undefined;

  constructor(socket: Socket, timeouts: ScuTimeouts) {
    this.#socket = socket;
    this.#timeouts = timeouts;
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
    const { maxPduBytes: peerMax } = answer.user;
    const pdu = peerMax === 0 ? LARGEST_PDU_BYTES : Math.min(peerMax, LARGEST_PDU_BYTES);
    this.#maxFragmentBytes = Math.max(pdu, SMALLEST_PDU_BYTES) - PDV_HEADER_BYTES;
    return answer;
  }

  /** Sends a request, its data set if there is one, and waits for the answer. */
  async exchange(
    contextId: number,
    request: CommandSet,
    dataSet?: AsyncIterable<Buffer>,
  ): Promise<CommandSet> {
    const layer = this.#usable();
    const answered = new Promise<CommandSet>((resolve, reject) => {
      this.#answering = { resolve, reject };
    });
    // The answer may fail while the data set is still being sent: the failure is taken below.
    answered.catch(() => undefined);
    this.#expectedMessageId = request.messageId ?? 0;
    const command = encodeCommandSet(request);
    await this.#send(layer, { contextId, control: CONTROL_COMMAND | CONTROL_LAST, bytes: command });
    if (dataSet !== undefined) {
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
    return this.#within(this.#timeouts.responseMs, 'an answer', () => answered);
  }

  release(): Promise<void> {
    const layer = this.#usable();
    return this.#within(this.#timeouts.releaseMs, 'the release', () => {
      const released = new Promise<void>((resolve, reject) => {
        this.#releasing = { resolve, reject };
      });
      layer.release();
      return released;
    });
  }

  abort(abort: Abort, detail: string): void {
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
    if ((fragment.control & CONTROL_COMMAND) === 0) {
      this.abort(ABORTS.unexpectedParameter, 'the peer sent a data set with its answer');
      return;
    }
    // What it throws ends the association: see UpperLayer.
    const answer = this.#assembler.take(fragment);
    if (answer === undefined) return;
    const waiter = this.#answering;
    if (waiter === undefined || answer.messageIdBeingRespondedTo !== this.#expectedMessageId) {
      this.abort(ABORTS.byUser, 'the peer answered what was not asked');
      return;
    }
    this.#answering = undefined;
    waiter.resolve(answer);
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
