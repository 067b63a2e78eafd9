import { RadTriageError, toRadTriageError } from '#core/errors.ts';
import { isUid } from '../part10/uid.ts';
import {
  COMMANDS,
  type CommandSet,
  RESPONSE_BIT,
  STATUS_INVALID_INSTANCE,
  STATUS_MISSING_ATTRIBUTE,
  STATUS_MISTYPED_ARGUMENT,
  STATUS_NO_SUCH_CLASS,
  STATUS_PROCESSING_FAILURE,
  STATUS_RESOURCE_LIMITATION,
  STATUS_SUCCESS,
  STATUS_UNRECOGNIZED_OPERATION,
} from './command-set.ts';
import type {
  DimseService,
  PeerAssociation,
  ServiceAnswer,
  ServiceOperationName,
  ServiceRequest,
} from './dimse-service.ts';
import type { AcceptedContext } from './negotiate-contexts.ts';
import { describeFailure, type Operation, type OperationAnswer, tooLarge } from './operations.ts';

/** Memory that the data sets of service requests take, in all associations of a server together. */
export class ServiceBudget {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export interface ServiceCall {
  readonly command: CommandSet;
  readonly context: AcceptedContext;
  /** Undefined when the context belongs to no service. */
  readonly service: DimseService | undefined;
  readonly peer: Pick<
    ServiceRequest,
    'callingAe' | 'calledAe' | 'peerAddress' | 'associationId'
  > & { readonly association: PeerAssociation };
  readonly limits: { readonly maxServiceBytes: number; readonly maxDrainedBytes: number };
  readonly budget: ServiceBudget;
}

const OPERATIONS: ReadonlyMap<number, ServiceOperationName> = new Map([
  [COMMANDS.actionRq, 'n-action'],
  [COMMANDS.createRq, 'n-create'],
  [COMMANDS.setRq, 'n-set'],
  [COMMANDS.eventReportRq, 'n-event-report'],
  [COMMANDS.getRq, 'n-get'],
  [COMMANDS.deleteRq, 'n-delete'],
]);

/** The DIMSE-N operation of a request, or undefined for any other command. */
export function serviceOperationOf(command: CommandSet): ServiceOperationName | undefined {
  return OPERATIONS.get(command.commandField);
}

/** Operations whose request names what it asks for; the others name what they affect (PS3.7 section 10.3). */
const REQUESTING: ReadonlySet<ServiceOperationName> = new Set([
  'n-action',
  'n-set',
  'n-get',
  'n-delete',
]);

/** One DIMSE-N request: its data set is held in memory, within limits, and handed to the service whole. */
export class ServiceOperation implements Operation {
  readonly operation: ServiceOperationName;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string | undefined;
  readonly #call: ServiceCall;
  #parts: Buffer[] = [];
  #bytes = 0;
  #held = 0;
  #complete = false;
  #refusal: ServiceAnswer | undefined;
  #failure: RadTriageError | undefined;

  constructor(operation: ServiceOperationName, call: ServiceCall) {
    const { command } = call;
    const requesting = REQUESTING.has(operation);
    this.operation = operation;
    this.#call = call;
    this.sopClassUid =
      (requesting ? command.requestedSopClassUid : command.affectedSopClassUid) ?? '';
    this.sopInstanceUid =
      (requesting ? command.requestedSopInstanceUid : command.affectedSopInstanceUid) || undefined;
    this.#refusal = this.#judge();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What the service threw. */
  get failure(): RadTriageError | undefined {
    return this.#failure;
  }

  write(chunk: Buffer): undefined {
    const { limits, budget } = this.#call;
    if (this.#complete) throw new RadTriageError('DICOM_STRUCTURE', 'data after the last fragment');
    this.#bytes += chunk.length;
    if (this.#bytes > limits.maxDrainedBytes) throw tooLarge(limits.maxServiceBytes);
    if (this.#refusal !== undefined) return;
    if (this.#bytes > limits.maxServiceBytes || !budget.take(chunk.length)) {
      this.#release();
      const errorComment = `the data set may have ${limits.maxServiceBytes} bytes at most`;
      this.#refusal = { status: STATUS_RESOURCE_LIMITATION, errorComment };
      return;
    }
    this.#held += chunk.length;
    // A copy: a peer that sends one byte at a time must not keep a socket buffer alive with each of them.
    this.#parts.push(Buffer.from(chunk));
  }

  async end(): Promise<OperationAnswer> {
    this.#complete = true;
    try {
      return this.#encode(this.#refusal ?? (await this.#serve()));
    } finally {
      this.#release();
    }
  }

  async abort(): Promise<boolean> {
    this.#release();
    return false;
  }

  #release(): void {
    this.#parts = [];
    this.#call.budget.give(this.#held);
    this.#held = 0;
  }

  /** What is wrong with the command itself (PS3.7 annex C), or undefined. */
  #judge(): ServiceAnswer | undefined {
    const { context, service } = this.#call;
    const { scu, scp } = context.requestorRoles;
    const permitted = this.operation === 'n-event-report' ? scp : scu;
    if (service === undefined || !permitted) return { status: STATUS_UNRECOGNIZED_OPERATION };
    const { sopClassUid, sopInstanceUid } = this;
    if (sopClassUid === '') return mistyped('the SOP class is not named');
    if (!service.sopClassUids.includes(sopClassUid)) return { status: STATUS_NO_SUCH_CLASS };
    if (sopInstanceUid === undefined && this.operation !== 'n-create') {
      return mistyped('the SOP instance is not named');
    }
    if (sopInstanceUid !== undefined && !isUid(sopInstanceUid)) {
      return { status: STATUS_INVALID_INSTANCE };
    }
    const typed = this.operation === 'n-action' || this.operation === 'n-event-report';
    return typed && this.#typeId === undefined ? mistyped('the type ID is missing') : undefined;
  }

  get #typeId(): number | undefined {
    const { actionTypeId, eventTypeId } = this.#call.command;
    if (this.operation === 'n-action') return actionTypeId;
    return this.operation === 'n-event-report' ? eventTypeId : undefined;
  }

  async #serve(): Promise<ServiceAnswer> {
    const { command, context, service, peer } = this.#call;
    const { operation, sopClassUid, sopInstanceUid } = this;
    const { attributeIdentifiers } = command;
    const dataSet = Buffer.concat(this.#parts);
    this.#parts = [];
    if (service === undefined) return { status: STATUS_UNRECOGNIZED_OPERATION };
    try {
      return await service.handle({
        operation,
        sopClassUid,
        sopInstanceUid,
        typeId: this.#typeId,
        dataSet: dataSet.length === 0 ? undefined : dataSet,
        transferSyntaxUid: context.transferSyntax,
        ...(attributeIdentifiers === undefined ? {} : { attributeIdentifiers }),
        ...peer,
      });
    } catch (error) {
      this.#failure = toRadTriageError(error);
      return { status: statusFor(this.#failure), errorComment: describeFailure(this.#failure) };
    }
  }

  /** A response names what was affected, and repeats the type (PS3.7 section 10.3). */
  #encode(answer: ServiceAnswer): OperationAnswer {
    const { command, context } = this.#call;
    const sopInstanceUid = answer.sopInstanceUid ?? this.sopInstanceUid ?? '';
    const { dataSet } = answer;
    const response: CommandSet = {
      commandField: command.commandField | RESPONSE_BIT,
      messageIdBeingRespondedTo: command.messageId,
      hasDataSet: dataSet !== undefined && dataSet.length > 0,
      status: answer.status,
      errorComment: answer.status === STATUS_SUCCESS ? undefined : answer.errorComment,
      errorId: answer.errorId,
      affectedSopClassUid: isUid(this.sopClassUid) ? this.sopClassUid : context.abstractSyntax,
      affectedSopInstanceUid: isUid(sopInstanceUid) ? sopInstanceUid : undefined,
      actionTypeId: command.actionTypeId,
      eventTypeId: command.eventTypeId,
    };
    return response.hasDataSet && dataSet !== undefined
      ? { command: response, dataSet }
      : { command: response };
  }
}

function mistyped(errorComment: string): ServiceAnswer {
  return { status: STATUS_MISTYPED_ARGUMENT, errorComment };
}

/** Axxx and Cxxx are statuses of storage: DIMSE-N has its own (PS3.7 annex C). */
function statusFor(failure: RadTriageError): number {
  if (failure.code === 'DICOM_ATTRIBUTE_MISSING') return STATUS_MISSING_ATTRIBUTE;
  const { dimseStatus } = failure;
  if (dimseStatus === 0xa700) return STATUS_RESOURCE_LIMITATION;
  return dimseStatus >= 0xa000 ? STATUS_PROCESSING_FAILURE : dimseStatus;
}
