import type { Kysely } from 'kysely';
import type { WorklistItem } from '#contracts/study.ts';
import type { WorklistFacets } from '#contracts/worklist-views.ts';
import { RadTriageError } from '#core/errors.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { findWithheld, type Sight } from './sight.ts';

/** A row without the AI's word: the class alone is left of it, by which the study has its place. */
function withoutAi(item: WorklistItem): WorklistItem {
  return {
    ...item,
    aiWithheld: true,
    reason: `${item.priority}: the AI result waits for your own impression`,
    score: null,
    scoreModel: null,
    flagged: false,
    notification: null,
  };
}

/** Rows as this asker may see them, in the same order. */
export async function withholdFrom(
  database: Kysely<DatabaseSchema>,
  sight: Sight,
  items: readonly WorklistItem[],
): Promise<WorklistItem[]> {
  const withheld = await findWithheld(
    database,
    sight,
    items.map((item) => item.studyInstanceUid),
  );
  return items.map((item) => (withheld.has(item.studyInstanceUid) ? withoutAi(item) : item));
}

/** With a search for one patient, a count of findings is that patient's. */
export function withholdFacets({ blindFirst }: Sight, facets: WorklistFacets): WorklistFacets {
  return blindFirst === null ? facets : { ...facets, finding: [] };
}

/**
 * What a list is asked for by can tell what is in it.
 * @throws RadTriageError AI_WITHHELD when somebody who reads blind first asks by what the AI said
 */
export function refuseAiQuery(
  { blindFirst }: Sight,
  query: { readonly flagged?: unknown; readonly finding?: unknown; readonly sort?: unknown },
): void {
  const asksAi = query.flagged !== undefined || query.finding !== undefined;
  if (blindFirst === null || (!asksAi && query.sort !== 'score')) return;
  throw new RadTriageError(
    'AI_WITHHELD',
    'studies are read blind first here: they cannot be chosen or sorted by the AI result',
  );
}
