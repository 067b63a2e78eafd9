import type { Socket } from 'node:net';
import { RadTriageError } from '#core/errors.ts';
import { isUid } from '../part10/uid.ts';
import { type Connection, encodeAcceptance, judgeRequest } from './answer-association.ts';
import { answerEvent } from './answer-event.ts';
import type { AssociateRequest } from './associate-codec.ts';
import type { AssociationEnd, UpperLayerUser } from './association-user.ts';
import { CommandAssembler } from './command-assembler.ts';
import { COMMANDS, type CommandSet, RESPONSE_BIT } from './command-set.ts';
import type { EventReport, PeerAssociation } from './dimse-service.ts';
import { EventReporter } from './event-reporter.ts';
import { MessageWriter } from './message-writer.ts';
import type { AcceptedContext } from './negotiate-contexts.ts';
import { operationFor } from './operation-for.ts';
import { DiscardOperation, type Operation, StoreOperation } from './operations.ts';
import { ABORTS, type Abort, CONTROL_COMMAND, CONTROL_LAST, REJECTIONS } from './pdu-codec.ts';
import type { PdvFragment } from './pdu-reader.ts';
import { ReceivePace } from './receive-pace.ts';
import type {
  AssociationPolicy,
  AssociationVerdict,
  PeerFacts,
  ScpEvent,
  ScpHandlers,
  ScpLimits,
} from './scp-types.ts';
import { type ServiceBudget, ServiceOperation } from './service-operation.ts';
import type { SopClassTable } from './sop-class-table.ts';
import { UpperLayer } from './upper-layer.ts';

/** What an association needs of its server. */
export interface ScpContext {
  readonly policy: AssociationPolicy;
  readonly handlers: ScpHandlers;
  readonly classes: SopClassTable;
  readonly budget: ServiceBudget;
  readonly limits: ScpLimits;
  readonly emit: (event: ScpEvent) => void;
  /** Takes a place among the associations, or says that there is none. */
  readonly admit: (association: ScpAssociation) => boolean;
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
  readonly #writer: MessageWriter;
  readonly #events: EventReporter;
  readonly #assembler: CommandAssembler;
  readonly #pace: ReceivePace;
  readonly #contexts = new Map<number, AcceptedContext>();
  #callingAe = '';
  #calledAe = '';
  #accepted = false;
  #message: Message | undefined;
  /** A service is at work on the present message: the next one waits, but that the peer leaves is seen. */
  #serving: Promise<void> | undefined;
  #draining = false;

  constructor(socket: Socket, connection: Connection, context: ScpContext) {
    this.connection = connection;
    this.#context = context;
    const { artimMs, maxPduBytes, maxAssociateBytes } = context.limits;
    const reader = { maxPduBytes, maxAssociateBytes };
    this.#layer = new UpperLayer(socket, { requestor: false, reader, artimMs }, this);
    this.#writer = new MessageWriter(this.#layer);
    this.#events = new EventReporter({
      writer: this.#writer,
      isBetweenMessages: () =>
        this.#message === undefined && !this.#draining && this.#layer.canSend,
      answerMs: context.limits.eventAnswerMs,
      giveUp: (why) => this.#layer.abort(ABORTS.byUser, 'timeout', why),
    });
    this.#assembler = new CommandAssembler(context.limits.maxCommandBytes);
    this.#pace = new ReceivePace(this.#layer, context.limits);
    this.#layer.begin();
  }

  associateRequested(request: AssociateRequest): void {
    this.#callingAe = request.callingAe;
    this.#calledAe = request.calledAe;
    const verdict = judgeRequest(request, this.connection, this.#context.policy);
    if (!(verdict instanceof Promise)) {
      this.#answerRequest(request, verdict);
      return;
    }
    verdict
      .catch(
        (): AssociationVerdict => ({
          accepted: false,
          rejection: REJECTIONS.temporaryCongestion,
          cause: 'other',
          why: 'the request could not be judged',
        }),
      )
      .then((settled) => this.#answerRequest(request, settled))
      .catch(() => this.terminate('the request could not be answered'));
  }

  #answerRequest(request: AssociateRequest, judged: AssociationVerdict): void {
    // Who has left while we thought needs no answer.
    if (this.#layer.state !== 'judging-request') return;
    const verdict = this.#findPlace(judged);
    const shown = this.connection.certificate?.fingerprint;
    const certificate = shown === undefined ? {} : { certificate: shown };
    if (!verdict.accepted) {
      const { rejection, cause, why } = verdict;
      const told = { rejection, cause, why, ...certificate, ...this.#facts() };
      this.#context.emit({ type: 'association-rejected', ...told });
      this.#layer.reject(rejection);
      return;
    }
    const { identified = false } = verdict;
    const { limits, classes } = this.#context;
    const { maxPduBytes } = limits;
    const { pdu, accepted } = encodeAcceptance(request, { maxPduBytes, classes, identified });
    for (const context of accepted) this.#contexts.set(context.contextId, context);
    this.#accepted = true;
    this.#writer.limitTo(request.user.maxPduBytes);
    this.#pace.restart();
    this.#layer.accept(pdu);
    this.#context.emit({
      type: 'association-accepted',
      contexts: accepted.length,
      refusedContexts: request.contexts.length - accepted.length,
      tls: this.connection.tls,
      ...(identified ? { identified } : {}),
      ...certificate,
      ...this.#facts(),
    });
  }

  #findPlace(verdict: AssociationVerdict): AssociationVerdict {
    if (!verdict.accepted || this.#context.admit(this)) return verdict;
    const why = 'too many associations';
    return { accepted: false, rejection: REJECTIONS.localLimit, cause: 'limit', why };
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
    this.#events.end(`${end.how}: ${end.detail}`);
    // A connection that never was an association is worth a word only when it broke the protocol.
    if (!this.#accepted && end.how !== 'aborted') return;
    const { bytesReceived } = this.#layer;
    this.#context.emit({ type: 'association-ended', end, bytesReceived, ...this.#facts() });
  }

  /** Bytes that the peer has sent so far. */
  get bytesReceived(): number {
    return this.#layer.bytesReceived;
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
    if (this.#serving !== undefined) this.#pace.restart();
    const fault = this.#pace.judge(now, this.#message !== undefined || this.#assembler.underWay);
    if (fault !== undefined) this.#layer.abort(ABORTS.byUser, 'timeout', fault);
  }

  #takeCommand(fragment: PdvFragment, context: AcceptedContext): Promise<void> | undefined {
    if (this.#serving !== undefined) {
      // The bytes are only ours until we return.
      const kept = { ...fragment, bytes: Buffer.from(fragment.bytes) };
      return this.#serving.then(() => this.#takeCommand(kept, context));
    }
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
    const startedAt = performance.now();
    if ((command.commandField & RESPONSE_BIT) !== 0) {
      if (!this.#events.takeAnswer(command)) {
        return this.#abort(ABORTS.byUser, 'a response to what was not asked');
      }
      const { maxServiceBytes } = this.#context.limits;
      const operation = new DiscardOperation(undefined, maxServiceBytes);
      return this.#enter(command, { operation, context, startedAt });
    }
    if (command.messageId === undefined) {
      return this.#abort(ABORTS.byUser, 'a request without a message id');
    }
    const operation = operationFor(command, context, {
      ...this.#context,
      facts: this.#facts(),
      openPeer: (asked) => this.#asPeer(asked),
    });
    const message = { operation, context, startedAt };
    const opening =
      operation instanceof StoreOperation ? operation.begin(context, this.#context) : undefined;
    if (opening === undefined) return this.#enter(command, message);
    this.#message = message;
    return opening.then(() => this.#enter(command, message));
  }

  /** The association as a service sees it: what it reports goes out in the syntax in which it was asked. */
  #asPeer(asked: AcceptedContext): PeerAssociation {
    const layer = this.#layer;
    return {
      reportEvent: async (event) => {
        const context = this.#contextForEvent(event, asked);
        const status = await this.#events.report(event, context);
        const { sopClassUid, eventTypeId } = event;
        const facts = this.#facts();
        this.#context.emit({ type: 'event-reported', sopClassUid, eventTypeId, status, ...facts });
        return status;
      },
      get open(): boolean {
        return layer.canSend;
      },
    };
  }

  /** Events come from the SCP: the peer has to be SCU of the class. */
  #contextForEvent(event: EventReport, asked: AcceptedContext): AcceptedContext | undefined {
    const fitting = [asked, ...this.#contexts.values()].filter(
      ({ abstractSyntax, requestorRoles, transferSyntax }) =>
        abstractSyntax === event.sopClassUid &&
        requestorRoles.scu &&
        transferSyntax === asked.transferSyntax,
    );
    return fitting[0];
  }

  #enter(command: CommandSet, message: Message): Promise<void> | undefined {
    this.#message = message;
    return command.hasDataSet ? undefined : this.#finish(message);
  }

  #takeData(fragment: PdvFragment): Promise<void> | undefined {
    const message = this.#message;
    if (message === undefined || message.context.contextId !== fragment.contextId) {
      return this.#abort(ABORTS.unexpectedParameter, 'data that no command announced');
    }
    const written = message.operation.write(fragment.bytes);
    if (!fragment.end || (fragment.control & CONTROL_LAST) === 0) return written;
    return written === undefined
      ? this.#finish(message)
      : written.then(() => this.#finish(message));
  }

  #finish(message: Message): Promise<void> | undefined {
    if (!(message.operation instanceof ServiceOperation)) return this.#complete(message);
    this.#serving = this.#complete(message)
      .catch(() => this.terminate('a request could not be answered'))
      .finally(() => {
        this.#serving = undefined;
      });
    return undefined;
  }

  async #complete(message: Message): Promise<void> {
    if (this.#message !== message) return;
    const { operation, startedAt } = message;
    const endedAt = performance.now();
    const answer = await operation.end();
    const stillHere = this.#message === message;
    this.#message = undefined;
    this.#pace.restart();
    const report =
      answer === undefined || (!stillHere && operation instanceof StoreOperation)
        ? undefined
        : answerEvent({ operation, answer: answer.command, startedAt, endedAt }, this.#facts());
    if (report !== undefined) this.#context.emit(report);
    if (!stillHere || !this.#layer.canSend) return;
    if (answer !== undefined) {
      await this.#writer.send(message.context.contextId, answer.command, answer.dataSet);
    }
    if (this.#draining) this.terminate('the server is shutting down');
    else this.#events.sendNext();
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

  #facts(): PeerFacts {
    return {
      associationId: this.connection.associationId,
      peerAddress: this.connection.peerAddress,
      callingAe: this.#callingAe,
      calledAe: this.#calledAe,
    };
  }
}
