import { COMMANDS, type CommandSet, STATUS_SUCCESS } from './command-set.ts';
import { type Operation, StoreOperation } from './operations.ts';
import type { PeerFacts, ScpEvent } from './scp-types.ts';
import { ServiceOperation } from './service-operation.ts';

interface Answered {
  readonly operation: Operation;
  readonly answer: CommandSet;
  /** By the clock of `performance.now()`: when the command came, and when the last byte was there. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What there is to tell of a message that was answered; undefined when there is nothing. */
export function answerEvent(
  { operation, answer, startedAt, endedAt }: Answered,
  facts: PeerFacts,
): ScpEvent | undefined {
  const status = answer.status ?? STATUS_SUCCESS;
  const now = performance.now();
  const milliseconds = Math.round(now - startedAt);
  if (operation instanceof StoreOperation) {
    return {
      type: 'store-answered',
      sopInstanceUid: answer.affectedSopInstanceUid ?? '',
      status,
      code: operation.failure?.code,
      bytes: operation.bytes,
      milliseconds,
      settleMilliseconds: now - endedAt,
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
