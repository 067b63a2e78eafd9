import { RadTriageError } from '#core/errors.ts';
import { COMMANDS, type CommandSet } from './command-set.ts';
import type { EventReport } from './dimse-service.ts';
import type { MessageWriter } from './message-writer.ts';
import type { AcceptedContext } from './negotiate-contexts.ts';

interface Pending {
  readonly event: EventReport;
  readonly context: AcceptedContext;
  resolve(status: number): void;
  reject(error: Error): void;
}

interface Surroundings {
  readonly writer: MessageWriter;
  /** Nothing is being received, answered or shut down. */
  readonly isBetweenMessages: () => boolean;
  /** How long the peer may take to answer, in milliseconds. */
  readonly answerMs: number;
  /** The peer did not answer in time. */
  readonly giveUp: (why: string) => void;
}

/** N-EVENT-REPORT from the acceptor of an association: one at a time, between the peer's own messages (PS3.7 10.1.1). */
export class EventReporter {
  readonly #surroundings: Surroundings;
  readonly #waiting: Pending[] = [];
  #underWay: { pending: Pending; messageId: number; timer: NodeJS.Timeout } | undefined;
  #lastMessageId = 0;
  #ended: RadTriageError | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** @returns the peer's status. @throws RadTriageError ASSOCIATION_FAILED */
  report(event: EventReport, context: AcceptedContext | undefined): Promise<number> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (context === undefined) {
      const message = 'the association does not let us report events of this class';
      return Promise.reject(new RadTriageError('ASSOCIATION_FAILED', message));
    }
    const answered = new Promise<number>((resolve, reject) => {
      this.#waiting.push({ event, context, resolve, reject });
    });
    this.sendNext();
    return answered;
  }

  /** To be called whenever a message has been answered. */
  sendNext(): void {
    if (this.#underWay !== undefined || !this.#surroundings.isBetweenMessages()) return;
    const pending = this.#waiting.shift();
    if (pending === undefined) return;
    this.#lastMessageId = (this.#lastMessageId % 0xffff) + 1;
    const { event, context } = pending;
    const { writer, answerMs, giveUp } = this.#surroundings;
    const timer = setTimeout(() => giveUp('no answer to an event report in time'), answerMs);
    timer.unref();
    this.#underWay = { pending, messageId: this.#lastMessageId, timer };
    const command: CommandSet = {
      commandField: COMMANDS.eventReportRq,
      messageId: this.#lastMessageId,
      hasDataSet: event.dataSet.length > 0,
      affectedSopClassUid: event.sopClassUid,
      affectedSopInstanceUid: event.sopInstanceUid,
      eventTypeId: event.eventTypeId,
    };
    const dataSet = command.hasDataSet ? event.dataSet : undefined;
    // That it could not be sent is known by the end of the association, which rejects what is under way.
    writer.send(context.contextId, command, dataSet)?.catch(() => undefined);
  }

  /** @returns false when nothing was asked that this would answer. */
  takeAnswer(answer: CommandSet): boolean {
    const underWay = this.#underWay;
    if (
      underWay === undefined ||
      answer.commandField !== COMMANDS.eventReportRsp ||
      answer.messageIdBeingRespondedTo !== underWay.messageId ||
      answer.status === undefined
    ) {
      return false;
    }
    clearTimeout(underWay.timer);
    this.#underWay = undefined;
    underWay.pending.resolve(answer.status);
    return true;
  }

  /** The association is over: whatever was not answered is rejected. */
  end(why: string): void {
    const error = new RadTriageError('ASSOCIATION_FAILED', `the association has ended (${why})`);
    this.#ended ??= error;
    clearTimeout(this.#underWay?.timer);
    this.#underWay?.pending.reject(error);
    this.#underWay = undefined;
    for (const pending of this.#waiting.splice(0)) pending.reject(error);
  }
}
