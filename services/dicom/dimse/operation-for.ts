import {
  COMMANDS,
  type CommandSet,
  RESPONSE_BIT,
  STATUS_SUCCESS,
  STATUS_UNRECOGNIZED_OPERATION,
} from './command-set.ts';
import type { PeerAssociation } from './dimse-service.ts';
import type { AcceptedContext } from './negotiate-contexts.ts';
import { DiscardOperation, DRAIN_BYTES, type Operation, StoreOperation } from './operations.ts';
import type { PeerFacts, ScpLimits } from './scp-types.ts';
import { type ServiceBudget, ServiceOperation, serviceOperationOf } from './service-operation.ts';
import type { SopClassTable } from './sop-class-table.ts';
import { VERIFICATION_SOP_CLASS } from './storage-sop-classes.ts';

interface Surroundings {
  readonly facts: PeerFacts;
  readonly limits: ScpLimits;
  readonly classes: SopClassTable;
  readonly budget: ServiceBudget;
  readonly openPeer: (context: AcceptedContext) => PeerAssociation;
}

/** What takes in the data set of a request and answers it. */
export function operationFor(
  command: CommandSet,
  context: AcceptedContext,
  surroundings: Surroundings,
): Operation {
  const { facts, limits, classes, budget, openPeer } = surroundings;
  if (command.commandField === COMMANDS.storeRq) {
    const request = {
      sopClassUid: command.affectedSopClassUid ?? '',
      sopInstanceUid: command.affectedSopInstanceUid ?? '',
      transferSyntaxUid: context.transferSyntax,
      ...facts,
    };
    return new StoreOperation(command, request, limits.maxObjectBytes);
  }
  const operation = serviceOperationOf(command);
  if (operation === undefined) {
    return new DiscardOperation(answerOther(command, context), limits.maxObjectBytes);
  }
  const { maxServiceBytes } = limits;
  return new ServiceOperation(operation, {
    command,
    context,
    service: classes.findService(context.abstractSyntax),
    peer: { ...facts, association: openPeer(context) },
    limits: { maxServiceBytes, maxDrainedBytes: maxServiceBytes + DRAIN_BYTES },
    budget,
  });
}

/** C-ECHO is answered with Success; an operation that we do not have, with 0211H (PS3.7 annex C). */
function answerOther(command: CommandSet, context: AcceptedContext): CommandSet {
  const echo =
    command.commandField === COMMANDS.echoRq && context.abstractSyntax === VERIFICATION_SOP_CLASS;
  return {
    commandField: command.commandField | RESPONSE_BIT,
    messageIdBeingRespondedTo: command.messageId,
    hasDataSet: false,
    status: echo ? STATUS_SUCCESS : STATUS_UNRECOGNIZED_OPERATION,
    affectedSopClassUid: context.abstractSyntax,
  };
}
