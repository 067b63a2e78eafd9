import { COMMANDS, type CommandSet, STATUS_SUCCESS } from './command-set.ts';
import { type Operation, StoreOperation } from './operations.ts';
import type { PeerFacts, ScpEvent } from './scp-types.ts';
import { ServiceOperation } from './service-operation.ts';

interface Answered {
  readonly operation: Operation;
  readonly answer: CommandSet;
  /** By the clock of `performance.now()`. */
  readonly startedAt: number;
}

/** What there is to tell of a message that was answered; undefined when there is nothing. */
export function answerEvent(
  { operation, answer, startedAt }: Answered,
  facts: PeerFacts,
): ScpEvent | undefined {
  const status = answer.status ?? STATUS_SUCCESS;
  const milliseconds = Math.round(performance.now() - startedAt);
  if (operation instanceof StoreOperation) {
    return {
      type: 'store-answered',
      sopInstanceUid: answer.affectedSopInstanceUid ?? '',
      status,
      code: operation.failure?.code,
      bytes: operation.bytes,
      milliseconds,
      ...facts,
    };
  }
  if (operation instanceof ServiceOperation) {
    return {
      type: 'service-answered',
      operation: operation.operation,
      sopClassUid: answer.affectedSopClassUid ?? '',
      sopInstanceUid: answer.affectedSopInstanceUid ?? '',
      status,
      code: operation.failure?.code,
      why: operation.failure?.message ?? answer.errorComment,
      milliseconds,
      ...facts,
    };
  }
  const echo = answer.commandField === COMMANDS.echoRsp && status === STATUS_SUCCESS;
  return echo ? { type: 'echo-answered', ...facts } : undefined;
}
