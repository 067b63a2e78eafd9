import type { Transaction } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';

/**
 * A reader can only mark images that this study has.
 * @param marks frames count from 1
 * @throws RadTriageError REQUEST_INVALID
 */
export async function requireOwnImages(
  transaction: Transaction<DatabaseSchema>,
  studyKey: string,
  marks: readonly { readonly sopInstanceUid: string; readonly frame: number }[],
): Promise<void> {
  for (const mark of marks) {
    const image = await transaction
      .selectFrom('instance')
      .select('numberOfFrames')
      .where('studyKey', '=', studyKey)
      .where('sopInstanceUid', '=', mark.sopInstanceUid)
      .where('standing', '=', 'current')
      .where('kind', '=', 'image')
      .executeTakeFirst();
    if (image === undefined || mark.frame > (image.numberOfFrames ?? 1)) {
      throw new RadTriageError('REQUEST_INVALID', 'a mark names no image of this study');
    }
  }
}
