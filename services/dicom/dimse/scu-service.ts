import { toRadTriageError } from '#core/errors.ts';
import {
  COMMANDS,
  type CommandSet,
  RESPONSE_BIT,
  STATUS_PROCESSING_FAILURE,
  STATUS_UNRECOGNIZED_OPERATION,
} from './command-set.ts';
import type { ServiceAnswer, ServiceOperationName } from './dimse-service.ts';
import type { AcceptedContext } from './negotiate-contexts.ts';
import { describeFailure, type OperationAnswer } from './operations.ts';
import type { ReceivedMessage } from './scu-channel.ts';

/** A DIMSE-N request that we make (PS3.7 section 10.3). */
export interface ServiceInput {
  readonly operation: ServiceOperationName;
  readonly sopClassUid: string;
  /** May be left out of an N-CREATE alone. */
  readonly sopInstanceUid?: string;
  /** Action Type ID or Event Type ID. */
  readonly typeId?: number;
  /** In the transfer syntax of the context. */
  readonly dataSet?: Buffer;
  /** Asks for a context in this very syntax; otherwise the first that was accepted for the class is taken. */
  readonly transferSyntaxUid?: string;
  /** N-GET: tags as group and element in one number; left out for everything. */
  readonly attributeIdentifiers?: readonly number[];
}

export interface ServiceOutput {
  readonly status: number;
  readonly errorComment: string | undefined;
  readonly errorId: number | undefined;
  readonly sopInstanceUid: string | undefined;
  readonly dataSet: Buffer | undefined;
  /** Of the context: the data set is written in it. */
  readonly transferSyntaxUid: string;
}

/** An N-EVENT-REPORT that the peer sends while we are the SCU. */
export interface ReceivedEvent {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly eventTypeId: number;
  readonly dataSet: Buffer | undefined;
  readonly transferSyntaxUid: string;
}

export type EventHandler = (event: ReceivedEvent) => Promise<ServiceAnswer>;

const COMMAND_FIELDS: Readonly<Record<ServiceOperationName, number>> = {
  'n-action': COMMANDS.actionRq,
  'n-create': COMMANDS.createRq,
  'n-set': COMMANDS.setRq,
  'n-event-report': COMMANDS.eventReportRq,
  'n-get': COMMANDS.getRq,
  'n-delete': COMMANDS.deleteRq,
};

export function encodeServiceRequest(input: ServiceInput, messageId: number): CommandSet {
  const { operation, sopClassUid, sopInstanceUid, typeId } = input;
  const affects = operation === 'n-create' || operation === 'n-event-report';
  return {
    commandField: COMMAND_FIELDS[operation],
    messageId,
    hasDataSet: input.dataSet !== undefined,
    ...(affects
      ? { affectedSopClassUid: sopClassUid, affectedSopInstanceUid: sopInstanceUid }
      : { requestedSopClassUid: sopClassUid, requestedSopInstanceUid: sopInstanceUid }),
    eventTypeId: operation === 'n-event-report' ? typeId : undefined,
    actionTypeId: operation === 'n-action' ? typeId : undefined,
    attributeIdentifiers: input.attributeIdentifiers,
  };
}

/** Whether our role in a context that we asked for lets us make this request. */
export function mayRequest(context: AcceptedContext, operation: ServiceOperationName): boolean {
  const { scu, scp } = context.requestorRoles;
  return operation === 'n-event-report' ? scp : scu;
}

/** Answers a request that the peer makes of us, the requestor: events go to the handler, all else is 0211H. */
export async function answerPeer(
  request: ReceivedMessage,
  context: AcceptedContext | undefined,
  handler: EventHandler | undefined,
): Promise<OperationAnswer> {
  const { command, dataSet } = request;
  const answer = await handleEvent();
  const hasDataSet = answer.dataSet !== undefined && answer.dataSet.length > 0;
  const response: CommandSet = {
    commandField: command.commandField | RESPONSE_BIT,
    messageIdBeingRespondedTo: command.messageId,
    hasDataSet,
    status: answer.status,
    errorComment: answer.errorComment,
    affectedSopClassUid: command.affectedSopClassUid ?? command.requestedSopClassUid,
    affectedSopInstanceUid: command.affectedSopInstanceUid ?? command.requestedSopInstanceUid,
    eventTypeId: command.eventTypeId,
  };
  return hasDataSet && answer.dataSet !== undefined
    ? { command: response, dataSet: answer.dataSet }
    : { command: response };

  async function handleEvent(): Promise<ServiceAnswer> {
    const { affectedSopClassUid, affectedSopInstanceUid, eventTypeId } = command;
    if (
      handler === undefined ||
      context?.requestorRoles.scu !== true ||
      command.commandField !== COMMANDS.eventReportRq ||
      affectedSopClassUid === undefined ||
      affectedSopInstanceUid === undefined ||
      eventTypeId === undefined
    ) {
      return { status: STATUS_UNRECOGNIZED_OPERATION };
    }
    try {
      return await handler({
        sopClassUid: affectedSopClassUid,
        sopInstanceUid: affectedSopInstanceUid,
        eventTypeId,
        dataSet,
        transferSyntaxUid: context.transferSyntax,
      });
    } catch (error) {
      const failure = toRadTriageError(error);
      return { status: STATUS_PROCESSING_FAILURE, errorComment: describeFailure(failure) };
    }
  }
}
