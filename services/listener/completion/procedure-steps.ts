import type { Kysely } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { nextStepStatus, type PerformedStepStatus } from '#core/performed-step-status.ts';
import { recordCompletionSignal } from '#intake/completion-signals.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { keepMessage, type Message } from './keep-message.ts';
import type { PerformedStep } from './read-performed-step.ts';

/** @returns false when a step of this UID is known already */
export async function createStep(
  database: Database,
  message: Message,
  step: PerformedStep,
): Promise<boolean> {
  const { sopInstanceUid, callingAe, receivedAt } = message;
  return database.transaction().execute(async (trx) => {
    const inserted = await trx
      .insertInto('performedProcedureStep')
      .values({
        sopInstanceUid,
        callingAe,
        status: 'IN PROGRESS',
        studyInstanceUids: [...step.studyInstanceUids],
        expectedInstances:
          step.expectedInstances === undefined ? null : [...step.expectedInstances],
        createdAt: receivedAt,
        changedAt: receivedAt,
      })
      .onConflict((conflict) => conflict.column('sopInstanceUid').doNothing())
      .returning('sopInstanceUid')
      .executeTakeFirst();
    if (inserted === undefined) return false;
    await keepMessage(trx, message);
    return true;
  });
}

/**
 * Takes the changes that an N-SET brings; one that ends the step becomes a completion signal of its study.
 * @throws RadTriageError NOT_FOUND for a step that is not known, ILLEGAL_TRANSITION for one that has ended,
 * DICOM_ATTRIBUTE_MISSING for one that is completed without a series (PS3.4 table F.7.2-1, final state)
 */
export async function changeStep(
  database: Database,
  message: Message,
  changes: PerformedStep,
): Promise<PerformedStepStatus> {
  const { sopInstanceUid, callingAe, receivedAt } = message;
  return database.transaction().execute(async (trx) => {
    const known = await trx
      .selectFrom('performedProcedureStep')
      .selectAll()
      .where('sopInstanceUid', '=', sopInstanceUid)
      .forUpdate()
      .executeTakeFirst();
    if (known === undefined) {
      throw new RadTriageError('NOT_FOUND', 'no such performed procedure step');
    }
    const status = nextStepStatus(known.status, changes.status ?? 'IN PROGRESS');
    // A sequence in an N-SET takes the place of the one before.
    const expected = changes.expectedInstances ?? known.expectedInstances ?? undefined;
    if (status === 'COMPLETED' && expected === undefined) {
      throw new RadTriageError(
        'DICOM_ATTRIBUTE_MISSING',
        'a completed step has a Performed Series Sequence',
      );
    }
    await trx
      .updateTable('performedProcedureStep')
      .set({
        status,
        expectedInstances: expected === undefined ? null : [...expected],
        changedAt: receivedAt,
      })
      .where('sopInstanceUid', '=', sopInstanceUid)
      .execute();
    await keepMessage(trx, message);
    const { studyInstanceUids } = known;
    await signalEnd(trx, { status, source: callingAe, studyInstanceUids, expected });
    return status;
  });
}

/** Of several studies performed in one step nobody can tell which image belongs to which. */
async function signalEnd(
  trx: Kysely<DatabaseSchema>,
  end: {
    readonly status: PerformedStepStatus;
    readonly source: string;
    readonly studyInstanceUids: readonly string[];
    readonly expected: readonly string[] | undefined;
  },
): Promise<void> {
  if (end.status === 'IN PROGRESS') return;
  const kind = end.status === 'COMPLETED' ? 'mpps-completed' : 'mpps-discontinued';
  const isOne = end.studyInstanceUids.length === 1;
  for (const studyInstanceUid of end.studyInstanceUids) {
    await recordCompletionSignal(trx, {
      studyInstanceUid,
      kind,
      source: end.source,
      expectedInstances: isOne ? end.expected : undefined,
    });
  }
}
