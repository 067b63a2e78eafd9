import type { Kysely } from 'kysely';
import type { DatabaseSchema } from '../database/schema.ts';

/** The images that a study is made of now, in the order in which they are read. */
export function currentImages(database: Kysely<DatabaseSchema>, studyKey: string) {
  return database
    .selectFrom('instance')
    .where('studyKey', '=', studyKey)
    .where('kind', '=', 'image')
    .where('standing', '=', 'current')
    .orderBy('seriesNumber')
    .orderBy('seriesInstanceUid')
    .orderBy('instanceNumber')
    .orderBy('sopInstanceUid');
}
