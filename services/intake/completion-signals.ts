import { type Kysely, sql } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import { UID_PATTERN } from '#dicom/attributes/attribute-schema.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { CompletionSignalTable } from '#platform/database/study-tables.ts';

/** Word from outside that a study, or a part of it, is whole. */
export interface CompletionSignal {
  readonly studyInstanceUid: string;
  readonly kind: CompletionSignalTable['kind'];
  /** AE title of whoever says so. */
  readonly source: string;
  /** SOP Instance UIDs that belong to it, where the signal names them. */
  readonly expectedInstances?: readonly string[] | undefined;
}

/**
 * Keeps a signal and has the assembler look at its study. The study need not have come yet: the signal waits for it.
 * What a signal is worth is for the site's completeness rule to say.
 *
 * Give a pool rather than a transaction where you can: within a transaction that commits while the first image of the
 * study is being indexed, the signal may only be seen at the assembler's next look.
 * @throws RadTriageError DICOM_UID_INVALID for a study or instance that is no UID
 */
export async function recordCompletionSignal(
  database: Kysely<DatabaseSchema>,
  signal: CompletionSignal,
): Promise<void> {
  const { studyInstanceUid, kind, source, expectedInstances } = signal;
  const expected = expectedInstances === undefined ? null : [...new Set(expectedInstances)];
  for (const uid of [studyInstanceUid, ...(expected ?? [])]) {
    if (!UID_PATTERN.test(uid)) {
      throw new RadTriageError('DICOM_UID_INVALID', 'a completion signal names what is no UID');
    }
  }
  const receivedAt = new Date();
  await database
    .insertInto('completionSignal')
    .values(({ selectFrom }) => ({
      studyInstanceUid,
      kind,
      source,
      expectedInstances: expected,
      // Which images it can speak for is counted, not timed: clocks jump.
      imageCount: sql<number>`coalesce(${selectFrom('study')
        .select('imageCount')
        .where('studyInstanceUid', '=', studyInstanceUid)}, 0)`,
      receivedAt,
    }))
    .execute();
  // After the signal is there, so that a study whose first image comes in between finds it.
  await database
    .updateTable('study')
    .set({ lookAt: receivedAt })
    .where('studyInstanceUid', '=', studyInstanceUid)
    .where('status', '=', 'receiving')
    .execute();
  await notifyChange(database, studyInstanceUid);
}

/** After this nothing more is expected of a signal, be its study here or not. */
const KEEP_SIGNALS_MS = 30 * 24 * 3_600_000;

/** Forgets signals that are long past, except those of studies that still wait. */
export async function pruneSignals(database: Kysely<DatabaseSchema>): Promise<void> {
  await database
    .deleteFrom('completionSignal')
    .where('receivedAt', '<', new Date(Date.now() - KEEP_SIGNALS_MS))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('study')
            .select('studyKey')
            .whereRef('study.studyInstanceUid', '=', 'completionSignal.studyInstanceUid')
            .where('status', '=', 'receiving'),
        ),
      ),
    )
    .execute();
}
