import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { ReadingMode } from '#core/finding.ts';
import type { Config } from '#platform/config/config.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { Principal } from '#platform/http/principal.ts';

/** What somebody may see of the AI's word. */
export interface Sight {
  readonly readingMode: ReadingMode;
  /** Whose eyes, and of which share of studies (0 to 1) they are to see the images first; null when of none. */
  readonly blindFirst: { readonly reader: string; readonly share: number } | null;
}

function shareOf(blindFirst: Config['blindFirst']): number {
  if (blindFirst === 'off') return 0;
  return blindFirst === 'site' ? 1 : blindFirst;
}

/** Whoever may read studies is a reader, whatever other roles there are and whichever way the question comes. */
export function sightOf(
  config: Pick<Config, 'readingMode' | 'blindFirst'>,
  principal: Pick<Principal, 'name' | 'roles'>,
): Sight {
  const share = shareOf(config.blindFirst);
  const isReader = principal.roles.includes('radiologist');
  const blindFirst = isReader && share > 0 ? { reader: principal.name, share } : null;
  return { readingMode: config.readingMode, blindFirst };
}

/** 2^32: the first 32 bits of a digest over this are evenly spread from 0 to 1. */
const HASH_RANGE = 4_294_967_296;

/** Whether a row of `study` is among those that this reader reads blind first. */
function isChosen({ reader, share }: NonNullable<Sight['blindFirst']>): RawBuilder<SqlBool> {
  if (share >= 1) return sql<SqlBool>`true`;
  const digest = sql`md5(study.study_instance_uid || ' ' || ${reader}::text)`;
  return sql<SqlBool>`('x' || substr(${digest}, 1, 8))::bit(32)::bigint < ${share * HASH_RANGE}::double precision`;
}

/**
 * Whether the AI's word on a row of `study` is withheld from this asker. It is told once the reader's own impression is
 * recorded; to one who has signed it before, who has seen it; and of a study that another has signed off, which is to be
 * read no more. Every route asks this, and nothing else decides it.
 */
export function isWithheldFrom({ blindFirst }: Sight): RawBuilder<SqlBool> {
  if (blindFirst === null) return sql<SqlBool>`false`;
  const { reader } = blindFirst;
  return sql<SqlBool>`(study.reading_status <> 'reviewed' AND ${isChosen(blindFirst)}
    AND NOT EXISTS (SELECT FROM impression
      WHERE impression.study_key = study.study_key AND impression.reader = ${reader})
    AND NOT EXISTS (SELECT FROM review
      WHERE review.study_key = study.study_key AND review.reader = ${reader} AND review.kind = 'reading'))`;
}

/** Of these studies those whose AI result is withheld from this asker, by their Study Instance UIDs. */
export async function findWithheld(
  database: Kysely<DatabaseSchema>,
  sight: Sight,
  studyInstanceUids: readonly string[],
): Promise<ReadonlySet<string>> {
  if (sight.blindFirst === null || studyInstanceUids.length === 0) return new Set();
  const rows = await database
    .selectFrom('study')
    .select('studyInstanceUid')
    .where('studyInstanceUid', 'in', studyInstanceUids)
    .where(isWithheldFrom(sight))
    .execute();
  return new Set(rows.map((row) => row.studyInstanceUid));
}

/** @throws RadTriageError AI_WITHHELD */
export async function refuseWithheld(
  database: Kysely<DatabaseSchema>,
  sight: Sight,
  studyInstanceUid: string,
): Promise<void> {
  const withheld = await findWithheld(database, sight, [studyInstanceUid]);
  if (withheld.size === 0) return;
  throw new RadTriageError(
    'AI_WITHHELD',
    'the AI result is shown once your own impression of the study is recorded',
  );
}
