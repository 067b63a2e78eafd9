import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { secondReadingSchema } from '#contracts/quality.ts';
import { RadTriageError } from '#core/errors.ts';
import type { ReadingMode } from '#core/finding.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { Database } from '#platform/database/connect.ts';

export interface SecondReading {
  readonly studyInstanceUid: string;
  readonly reader: string;
  readonly readingMode: ReadingMode;
  readonly word: z.output<typeof secondReadingSchema>;
}

/**
 * Keeps a second reader's word. It judges the first reading and the AI; the study, its status and its version are left
 * as they are.
 * @throws RadTriageError NOT_FOUND
 */
export function recordSecondReading(
  database: Database,
  reading: SecondReading,
): Promise<{ reviewId: string; studyKey: string; version: number }> {
  const { studyInstanceUid, reader, readingMode, word } = reading;
  return database.transaction().execute(async (transaction) => {
    const study = await transaction
      .selectFrom('study')
      .select(['studyKey', 'version', 'imageRevision'])
      .where('studyInstanceUid', '=', studyInstanceUid)
      .executeTakeFirst();
    if (study === undefined) throw new RadTriageError('NOT_FOUND', 'there is no such study');
    const { studyKey, version, imageRevision } = study;
    const reviewId = randomUUID();
    await transaction
      .insertInto('review')
      .values({
        ...{ reviewId, studyKey, imageRevision, reader, readingMode },
        runKey: null,
        seenVersion: version,
        kind: 'second-reading',
        state: 'signed',
        comment: word.comment ?? null,
        positive: word.positive,
        openedAt: null,
        undoneAt: null,
      })
      .execute();
    await notifyChange(transaction, studyInstanceUid);
    await appendAudit(transaction, {
      actor: reader,
      action: 'second-reading.signed',
      studyInstanceUid,
      details: { reviewId, readingMode },
    });
    return { reviewId, studyKey, version };
  });
}
