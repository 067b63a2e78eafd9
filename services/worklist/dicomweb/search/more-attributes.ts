import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import { RadTriageError } from '#core/errors.ts';
import type { DicomJson } from '#dicom/attributes/dicom-json.ts';
import type { WebContext } from '../../context.ts';
import type { InstanceRow } from '../../study/images.ts';
import { visibleInstances } from '../../study/visible-instances.ts';
import { readInstanceJson } from '../read-object.ts';
import type { SearchPlace } from './find-rows.ts';
import { levelOf } from './levels.ts';
import type { SearchQuery } from './parse-query.ts';
import { isWithin, type Level } from './query-keys.ts';

const PIXEL_DATA = /^7FE000(08|09|10)$/;

/** Whether what is asked for is more than the index holds. */
export function wantsMore(query: SearchQuery, given: DicomJson): boolean {
  if (query.include === 'all') return true;
  return [...query.include].some((tag) => !(tag in given) && isWithin(levelOf(tag), query.level));
}

function isWanted(query: SearchQuery, tag: string, levels: readonly Level[]): boolean {
  if (PIXEL_DATA.test(tag) || !levels.includes(levelOf(tag))) return false;
  return query.include === 'all' || query.include.has(tag);
}

/**
 * What the asker wants besides what the index holds, out of the header of an instance. A file that cannot be read
 * leaves these attributes out, and is logged.
 * @param levels whose attributes may stand in the answer (PS3.18 10.6.3.3: none of a lower one)
 */
export async function addAttributes(
  context: WebContext,
  query: SearchQuery,
  found: { json: DicomJson; instance: InstanceRow; address: string; levels: readonly Level[] },
): Promise<DicomJson> {
  const { json, instance, address, levels } = found;
  const { sopInstanceUid } = instance;
  // Others get their turn in between: there may be a thousand headers to read.
  await nextTurn();
  try {
    const header = readInstanceJson(context, instance, address);
    const more = Object.entries(header).filter(
      ([tag]) => !(tag in json) && isWanted(query, tag, levels),
    );
    return { ...json, ...Object.fromEntries(more) };
  } catch (error) {
    if (!(error instanceof RadTriageError)) throw error;
    context.logger.warn({ code: error.code, sopInstanceUid }, 'a header cannot be read');
    return json;
  }
}

/** One instance of each study, to read from what the index does not hold. */
export async function pickInstances(
  { database, sight }: SearchPlace,
  studyKeys: readonly string[],
): Promise<ReadonlyMap<string, InstanceRow>> {
  const { rows } = await sql<InstanceRow>`
    SELECT one.* FROM unnest(${studyKeys}::bigint[]) AS wanted (study_key)
    CROSS JOIN LATERAL (
      SELECT instance.* FROM instance
      WHERE instance.study_key = wanted.study_key AND ${visibleInstances(sight)}
      LIMIT 1) AS one`.execute(database);
  return new Map(rows.map((row) => [row.studyKey, row]));
}
