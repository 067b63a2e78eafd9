import type { Socket } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../part10/implementation.ts';
import { isUid } from '../part10/uid.ts';
import {
  type AssociateRequest,
  DICOM_APPLICATION_CONTEXT,
  encodeAssociateAnswer,
} from './associate-codec.ts';
import type { AssociationEnd, UpperLayerUser } from './association-user.ts';
import { CommandAssembler } from './command-assembler.ts';
import {
  COMMANDS,
  type CommandSet,
  encodeCommandSet,
  STATUS_SUCCESS,
  STATUS_UNRECOGNIZED_OPERATION,
} from './command-set.ts';
import { type AcceptedContext, negotiateContexts } from './negotiate-contexts.ts';
import { DiscardOperation, type Operation, StoreOperation } from './operations.ts';
import { ABORTS, type Abort, CONTROL_COMMAND, CONTROL_LAST, REJECTIONS } from './pdu-codec.ts';
import type { PdvFragment } from './pdu-reader.ts';
import { ReceivePace } from './receive-pace.ts';
import type {
  AssociationPolicy,
  AssociationVerdict,
  ScpEvent,
  ScpHandlers,
  ScpLimits,
} from './scp-types.ts';
import { VERIFICATION_SOP_CLASS } from './storage-sop-classes.ts';
import { UpperLayer } from './upper-layer.ts';

/** What an association needs of its server. */
export interface ScpContext {
  readonly policy: AssociationPolicy;
  readonly handlers: ScpHandlers;
  readonly limits: ScpLimits;
  readonly emit: (event: ScpEvent) => void;
  /** Takes a place among the associations, or says that there is none. */
  readonly admit: (association: ScpAssociation) => boolean;
}

export interface Connection {
  readonly associationId: number;
  readonly peerAddress: string;
  readonly certified: boolean;
}

interface Message {
  readonly operation: Operation;
  readonly context: AcceptedContext;
  readonly startedAt: number;
}

/** One association in which we are the acceptor: messages are taken one after the other (window 1/1). */
export class ScpAssociation implements UpperLayerUser {
  readonly connection: Connection;
  readonly #context: ScpContext;
  readonly #layer: UpperLayer;
  readonly #assembler: CommandAssembler;
  readonly #pace: ReceivePace;
  readonly #contexts = new Map<number, AcceptedContext>();
  #callingAe = '';
  #calledAe = '';
  #accepted = false;
  #message: Message | undefined;
  #draining = false;

  constructor(socket: Socket, connection: Connection, context: ScpContext) {
    this.connection = connection;
    this.#context = context;
    const { artimMs, maxPduBytes, maxAssociateBytes } = context.limits;
    const reader = { maxPduBytes, maxAssociateBytes };
    this.#layer = new UpperLayer(socket, { requestor: false, reader, artimMs }, this);
    this.#assembler = new CommandAssembler(context.limits.maxCommandBytes);
    this.#pace = new ReceivePace(this.#layer, context.limits);
    this.#layer.begin();
  }

  associateRequested(request: AssociateRequest): void {
    this.#callingAe = request.callingAe;
    this.#calledAe = request.calledAe;
    const verdict = this.#judge(request);
    if (!verdict.accepted) {
      const { rejection, why } = verdict;
      this.#context.emit({ type: 'association-rejected', rejection, why, ...this.#facts() });
      this.#layer.reject(rejection);
      return;
    }
    const { answers, accepted } = negotiateContexts(request.contexts);
    for (const context of accepted) this.#contexts.set(context.contextId, context);
    this.#accepted = true;
    this.#pace.restart();
    this.#layer.accept(
      encodeAssociateAnswer({
        titleBytes: request.titleBytes,
        contexts: answers,
        user: {
          maxPduBytes: this.#context.limits.maxPduBytes,
          implementationClassUid: IMPLEMENTATION_CLASS_UID,
          implementationVersion: IMPLEMENTATION_VERSION_NAME,
          ...(request.user.asyncWindow === undefined
            ? {}
            : { asyncWindow: { invoked: 1, performed: 1 } }),
        },
      }),
    );
    this.#context.emit({
      type: 'association-accepted',
      contexts: accepted.length,
      ...this.#facts(),
    });
  }

  /** Only a requestor gets an answer: the transition table aborts before these are reached. */
  associateAnswered(): void {}
  associateRejected(): void {}

  dataReceived(fragment: PdvFragment): Promise<void> | undefined {
    const context = this.#contexts.get(fragment.contextId);
    if (context === undefined) {
      return this.#abort(ABORTS.invalidParameter, 'data for a context that was not accepted');
    }
    return (fragment.control & CONTROL_COMMAND) === 0
      ? this.#takeData(fragment)
      : this.#takeCommand(fragment, context);
  }

  releaseRequested(): void {
    this.#layer.answerRelease();
  }

  ended(end: AssociationEnd): void {
    const message = this.#message;
    this.#message = undefined;
    if (message !== undefined) void this.#abandon(message);
    // A connection that never was an association is worth a word only when it broke the protocol.
    if (!this.#accepted && end.how !== 'aborted') return;
    const { bytesReceived } = this.#layer;
    this.#context.emit({ type: 'association-ended', end, bytesReceived, ...this.#facts() });
  }

  /** Ends at once when nothing is under way, else as soon as the present message is answered. */
  drain(): void {
    this.#draining = true;
    if (this.#message === undefined) this.terminate('the server is shutting down');
  }

  terminate(detail: string): void {
    this.#layer.abort(ABORTS.byUser, 'aborted', detail);
  }

  /** Called now and then: aborts an association that is idle or slower than the limits allow. */
  checkProgress(now: number): void {
    const fault = this.#pace.judge(now, this.#message !== undefined || this.#assembler.underWay);
    if (fault !== undefined) this.#layer.abort(ABORTS.byUser, 'timeout', fault);
  }

  #judge(request: AssociateRequest): AssociationVerdict {
    if ((request.protocolVersion & 1) === 0) {
      return { accepted: false, rejection: REJECTIONS.protocolVersion, why: 'protocol version' };
    }
    if (request.applicationContext !== DICOM_APPLICATION_CONTEXT) {
      const why = 'application context';
      return { accepted: false, rejection: REJECTIONS.applicationContext, why };
    }
    const verdict = this.#context.policy.judgeAssociation({
      callingAe: request.callingAe,
      calledAe: request.calledAe,
      peerAddress: this.connection.peerAddress,
      implementationClassUid: request.user.implementationClassUid,
      implementationVersion: request.user.implementationVersion,
      certified: this.connection.certified,
    });
    if (verdict.accepted && !this.#context.admit(this)) {
      return { accepted: false, rejection: REJECTIONS.localLimit, why: 'too many associations' };
    }
    return verdict;
  }

  #takeCommand(fragment: PdvFragment, context: AcceptedContext): Promise<void> | undefined {
    if (this.#message !== undefined) {
      return this.#abort(ABORTS.unexpectedParameter, 'a command in the middle of a data set');
    }
    if (!this.#assembler.underWay) this.#pace.restart();
    let command: CommandSet | undefined;
    try {
      command = this.#assembler.take(fragment);
    } catch (error) {
      const detail = error instanceof RadTriageError ? error.message : 'malformed command set';
      return this.#abort(ABORTS.byUser, detail);
    }
    return command === undefined ? undefined : this.#beginMessage(command, context);
  }

  #beginMessage(command: CommandSet, context: AcceptedContext): Promise<void> | undefined {
    if (command.commandField === COMMANDS.cancelRq) return undefined;
    if (command.messageId === undefined || command.commandField >= 0x8000) {
      return this.#abort(ABORTS.byUser, 'a response, or a request without a message id');
    }
    const startedAt = performance.now();
    if (command.commandField !== COMMANDS.storeRq) {
      const answer = this.#answerOther(command, context);
      const operation = new DiscardOperation(answer, this.#context.limits.maxObjectBytes);
      return this.#enter(command, { operation, context, startedAt });
    }
    const operation = new StoreOperation(
      command,
      {
        sopClassUid: command.affectedSopClassUid ?? '',
        sopInstanceUid: command.affectedSopInstanceUid ?? '',
        transferSyntaxUid: context.transferSyntax,
        callingAe: this.#callingAe,
        calledAe: this.#calledAe,
        peerAddress: this.connection.peerAddress,
        associationId: this.connection.associationId,
      },
      this.#context.limits.maxObjectBytes,
    );
    const message = { operation, context, startedAt };
    const opening = operation.begin(context, this.#context.handlers);
    if (opening === undefined) return this.#enter(command, message);
    this.#message = message;
    return opening.then(() => this.#enter(command, message));
  }

  /** C-ECHO is answered with Success; a service that we do not have, with 0211H (PS3.7 C.5.7). */
  #answerOther(command: CommandSet, context: AcceptedContext): CommandSet {
    const echo =
      command.commandField === COMMANDS.echoRq && context.abstractSyntax === VERIFICATION_SOP_CLASS;
    return {
      commandField: command.commandField | 0x8000,
      messageIdBeingRespondedTo: command.messageId,
      hasDataSet: false,
      status: echo ? STATUS_SUCCESS : STATUS_UNRECOGNIZED_OPERATION,
      affectedSopClassUid: context.abstractSyntax,
    };
  }

  #enter(command: CommandSet, message: Message): Promise<void> | undefined {
    this.#message = message;
    return command.hasDataSet ? undefined : this.#complete(message);
  }

  #takeData(fragment: PdvFragment): Promise<void> | undefined {
    const message = this.#message;
    if (message === undefined || message.context.contextId !== fragment.contextId) {
      return this.#abort(ABORTS.unexpectedParameter, 'data that no command announced');
    }
    const written = message.operation.write(fragment.bytes);
    if (!fragment.end || (fragment.control & CONTROL_LAST) === 0) return written;
    return written === undefined
      ? this.#complete(message)
      : written.then(() => this.#complete(message));
  }

  async #complete(message: Message): Promise<void> {
    if (this.#message !== message) return;
    const answer = await message.operation.end();
    const stillHere = this.#message === message;
    this.#message = undefined;
    this.#pace.restart();
    this.#report(message, answer, stillHere);
    if (!stillHere || !this.#layer.canSend) return;
    const control = CONTROL_COMMAND | CONTROL_LAST;
    await this.#layer.send(message.context.contextId, control, encodeCommandSet(answer));
    if (this.#draining) this.terminate('the server is shutting down');
  }

  #report(message: Message, answer: CommandSet, answered: boolean): void {
    const { operation } = message;
    if (!(operation instanceof StoreOperation)) {
      const echo = answer.commandField === COMMANDS.echoRsp && answer.status === STATUS_SUCCESS;
      if (echo) this.#context.emit({ type: 'echo-answered', ...this.#facts() });
      return;
    }
    if (!answered) return;
    this.#context.emit({
      type: 'store-answered',
      sopInstanceUid: answer.affectedSopInstanceUid ?? '',
      status: answer.status ?? STATUS_SUCCESS,
      code: operation.failure?.code,
      bytes: operation.bytes,
      milliseconds: Math.round(performance.now() - message.startedAt),
      ...this.#facts(),
    });
  }

  async #abandon(message: Message): Promise<void> {
    const givenUp = await message.operation.abort();
    if (!givenUp || !(message.operation instanceof StoreOperation)) return;
    const { sopInstanceUid } = message.operation.request;
    this.#context.emit({
      type: 'store-abandoned',
      sopInstanceUid: isUid(sopInstanceUid) ? sopInstanceUid : '',
      bytes: message.operation.bytes,
      ...this.#facts(),
    });
  }

  #abort(abort: Abort, detail: string): undefined {
    this.#layer.abort(abort, 'aborted', detail);
  }

  #facts(): { associationId: number; peerAddress: string; callingAe: string; calledAe: string } {
    return {
      associationId: this.connection.associationId,
      peerAddress: this.connection.peerAddress,
      callingAe: this.#callingAe,
      calledAe: this.#calledAe,
    };
  }
}
