import { randomUUID } from 'node:crypto';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { z } from 'zod';
import type { Impression, impressionRequestSchema } from '#contracts/study.ts';
import { RadTriageError } from '#core/errors.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { ImpressionTable } from '#platform/database/impression-tables.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { hasAnyRole, type Principal } from '#platform/http/principal.ts';
import { markSeen } from '#platform/notifications/acknowledge.ts';
import type { WebContext } from '../context.ts';
import { requireOwnImages } from './own-images.ts';
import { changeStudy } from './reading.ts';
import { findWithheld, sightOf } from './sight.ts';

type ImpressionInput = z.output<typeof impressionRequestSchema>;

function toImpression(row: Selectable<ImpressionTable>): Impression {
  const { impressionId, reader, word, comment } = row;
  const marks = row.marks.map(({ sopInstanceUid, frame, box: [x, y, width, height] }) => {
    const box: [number, number, number, number] = [x, y, width, height];
    return { sopInstanceUid, frame, box };
  });
  const createdAt = row.createdAt.toISOString();
  return { id: impressionId, reader, word, comment, marks, createdAt };
}

/** What this reader recorded before the AI's word was shown. */
export async function readImpression(
  database: Kysely<DatabaseSchema>,
  studyKey: string,
  reader: string,
): Promise<Impression | null> {
  const row = await database
    .selectFrom('impression')
    .selectAll()
    .where('studyKey', '=', studyKey)
    .where('reader', '=', reader)
    .executeTakeFirst();
  return row === undefined ? null : toImpression(row);
}

async function insertImpression(
  transaction: Transaction<DatabaseSchema>,
  row: { readonly studyKey: string; readonly imageRevision: string | null },
  by: { readonly reader: string; readonly input: ImpressionInput },
): Promise<Impression> {
  const { word, comment, marks, openedAt } = by.input;
  const { studyKey, imageRevision } = row;
  const inserted = await transaction
    .insertInto('impression')
    .values({
      ...{ impressionId: randomUUID(), studyKey, imageRevision, reader: by.reader, word },
      comment: comment?.trim() || null,
      marks: JSON.stringify(marks),
      openedAt: openedAt ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toImpression(inserted);
}

/**
 * Keeps a reader's own impression of a study whose AI result is withheld; from then on it is shown to this reader. It
 * is never changed: what a reader thinks afterwards is the review.
 * @throws RadTriageError NOT_FOUND, FORBIDDEN (no radiologist who logged in), ILLEGAL_TRANSITION (nothing is withheld),
 * REQUEST_INVALID (a mark on another study's image)
 */
export function recordImpression(
  { database, config }: WebContext,
  studyInstanceUid: string,
  by: { readonly principal: Principal; readonly input: ImpressionInput },
): Promise<Impression> {
  const { principal, input } = by;
  return changeStudy<Impression>(database, studyInstanceUid, async (transaction, row) => {
    if (!hasAnyRole(principal, ['radiologist']) || principal.via !== 'session') {
      throw new RadTriageError(
        'FORBIDDEN',
        'only a radiologist who has logged in has an impression',
      );
    }
    const sight = sightOf(config, principal);
    if ((await findWithheld(transaction, sight, [studyInstanceUid])).size === 0) {
      throw new RadTriageError(
        'ILLEGAL_TRANSITION',
        'an impression comes before the AI result, which was shown already',
      );
    }
    await requireOwnImages(transaction, row.studyKey, input.marks);
    const reader = principal.name;
    const impression = await insertImpression(transaction, row, { reader, input });
    // Only now the reader gets to see that somebody was told of the study.
    await markSeen(transaction, row.studyKey, { reader, now: new Date() });
    await notifyChange(transaction, studyInstanceUid);
    const { id: impressionId, word, marks } = impression;
    const details = { impressionId, word, marks: marks.length };
    return [impression, { actor: reader, action: 'impression.recorded', details }];
  });
}
