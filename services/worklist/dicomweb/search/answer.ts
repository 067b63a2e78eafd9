import type { DicomJson } from '#dicom/attributes/dicom-json.ts';
import type { Principal } from '#platform/http/principal.ts';
import type { WebContext } from '../../context.ts';
import type { InstanceRow } from '../../study/images.ts';
import { sightOf } from '../../study/sight.ts';
import { countStudies } from './count-studies.ts';
import {
  findInstanceRows,
  findSeries,
  findStudies,
  MAX_COUNTED,
  type SearchPlace,
} from './find-rows.ts';
import { addAttributes, pickInstances, wantsMore } from './more-attributes.ts';
import type { SearchQuery } from './parse-query.ts';
import type { Level } from './query-keys.ts';
import { instanceToJson, seriesToJson, sortTags, studyToJson } from './to-json.ts';

export interface SearchAnswer {
  readonly results: readonly DicomJson[];
  readonly warnings: readonly string[];
}

interface Asked {
  readonly query: SearchQuery;
  readonly principal: Principal;
  /** Address of our DICOMweb service. */
  readonly root: string;
  /** Levels that the address itself names: what is the same for all results is not given with each. */
  readonly named: readonly Level[];
}

function addressOf(root: string, study: string, row: InstanceRow): string {
  return `${root}/studies/${study}/series/${row.seriesInstanceUid}/instances/${row.sopInstanceUid}`;
}

function toAnswer(query: SearchQuery, results: readonly DicomJson[], remaining: number) {
  const warnings = [...query.warnings];
  if (remaining > 0) {
    const count = remaining >= MAX_COUNTED ? `at least ${remaining}` : String(remaining);
    warnings.push(`There are ${count} additional results that can be requested`);
  }
  return { results: results.map(sortTags), warnings };
}

async function searchStudies(context: WebContext, asked: Asked): Promise<SearchAnswer> {
  const { query, root } = asked;
  const place = placeOf(context, asked);
  const { rows, remaining } = await findStudies(place, query);
  const keys = rows.map((row) => row.studyKey);
  const counts = await countStudies(place, keys);
  const found = rows.map((row) => ({
    row,
    json: studyToJson(row, counts.get(row.studyKey), root),
  }));
  const first = found[0];
  if (first === undefined || !wantsMore(query, first.json)) {
    return toAnswer(
      query,
      found.map(({ json }) => json),
      remaining,
    );
  }
  const instances = await pickInstances(place, keys);
  const results: DicomJson[] = [];
  for (const { row, json } of found) {
    const instance = instances.get(row.studyKey);
    if (instance === undefined) results.push(json);
    else {
      const address = addressOf(root, row.studyInstanceUid, instance);
      const levels = ['study'] as const;
      results.push(await addAttributes(context, query, { json, instance, address, levels }));
    }
  }
  return toAnswer(query, results, remaining);
}

/** Where the address does not name the study, each result says which it is of (PS3.18 10.6.3.3.2). */
async function searchSeries(context: WebContext, asked: Asked): Promise<SearchAnswer> {
  const { query, root, named } = asked;
  const place = placeOf(context, asked);
  const { rows, remaining } = await findSeries(place, query);
  const needsStudy = !named.includes('study');
  const levels: readonly Level[] = needsStudy ? ['study', 'series'] : ['series'];
  const counts = needsStudy
    ? await countStudies(
        place,
        rows.map(({ study }) => study.studyKey),
      )
    : new Map();
  const results: DicomJson[] = [];
  for (const { study, instance, instances } of rows) {
    const uid = study.studyInstanceUid;
    const json = {
      ...(needsStudy ? studyToJson(study, counts.get(study.studyKey), root) : {}),
      ...seriesToJson({ study: uid, root }, instance, instances),
    };
    const address = addressOf(root, uid, instance);
    const found = { json, instance, address, levels };
    results.push(wantsMore(query, json) ? await addAttributes(context, query, found) : json);
  }
  return toAnswer(query, results, remaining);
}

async function searchInstances(context: WebContext, asked: Asked): Promise<SearchAnswer> {
  const { query, root, named } = asked;
  const place = placeOf(context, asked);
  const { rows, remaining } = await findInstanceRows(place, query);
  const levels = (['study', 'series', 'instance'] as const).filter(
    (level) => !named.includes(level),
  );
  const counts = levels.includes('study')
    ? await countStudies(
        place,
        rows.map(({ study }) => study.studyKey),
      )
    : new Map();
  const results: DicomJson[] = [];
  for (const { study, instance } of rows) {
    const uid = study.studyInstanceUid;
    const of = { study: uid, root };
    const json = {
      ...(levels.includes('study') ? studyToJson(study, counts.get(study.studyKey), root) : {}),
      ...(levels.includes('series') ? seriesToJson(of, instance, null) : {}),
      ...instanceToJson(of, instance),
    };
    const address = addressOf(root, uid, instance);
    const found = { json, instance, address, levels };
    results.push(wantsMore(query, json) ? await addAttributes(context, query, found) : json);
  }
  return toAnswer(query, results, remaining);
}

function placeOf({ database, config }: WebContext, { principal }: Asked): SearchPlace {
  return { database, sight: sightOf(config, principal) };
}

const SEARCHES = { study: searchStudies, series: searchSeries, instance: searchInstances };

/** Searches, and gives the results as DICOM JSON with what the asker is to be warned of. */
export function search(context: WebContext, asked: Asked): Promise<SearchAnswer> {
  return SEARCHES[asked.query.level](context, asked);
}
