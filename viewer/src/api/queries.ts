import { queryOptions } from '@tanstack/react-query';
import { deadLettersSchema, modelCardSchema, modelsSchema } from '#contracts/administration.ts';
import {
  type QUALITY_FILTERS,
  qualityListSchema,
  qualitySummarySchema,
} from '#contracts/quality.ts';
import { quarantineDetailSchema, quarantineListSchema } from '#contracts/quarantine.ts';
import { studyResultsSchema } from '#contracts/results.ts';
import { healthSchema, type Session, sessionSchema } from '#contracts/session.ts';
import { heatmapSchema, studyDetailSchema } from '#contracts/study.ts';
import { worklistNewsSchema, worklistRowsSchema, worklistSchema } from '#contracts/worklist.ts';
import { worklistFacetsSchema, worklistViewsSchema } from '#contracts/worklist-views.ts';
import { ApiFailure, request } from './client.ts';

export function studyPath(studyInstanceUid: string): string {
  return `/api/studies/${encodeURIComponent(studyInstanceUid)}`;
}

async function readSession(): Promise<Session | null> {
  try {
    return await request(sessionSchema, '/api/session');
  } catch (thrown) {
    if (thrown instanceof ApiFailure && thrown.status === 401) return null;
    throw thrown;
  }
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: readSession,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Lists keep their rows themselves: an answer is of no use to anybody else later. */
const UNSHARED = { staleTime: 0, gcTime: 0 } as const;

/** @param search the query string of GET /api/worklist, without `?` */
export function worklistQuery(search: string) {
  return queryOptions({
    queryKey: ['worklist', search],
    queryFn: ({ signal }) => request(worklistSchema, `/api/worklist?${search}`, { signal }),
    ...UNSHARED,
  });
}

/** @param search the query string of GET /api/worklist/news, without `?` */
export function worklistNewsQuery(search: string) {
  return queryOptions({
    queryKey: ['worklist', 'news', search],
    queryFn: ({ signal }) =>
      request(worklistNewsSchema, `/api/worklist/news?${search}`, { signal }),
    ...UNSHARED,
  });
}

/** @param search the query string of GET /api/worklist/facets, without `?` */
/** What the dialog of filters counts. */
const FACETS_SHOWN = 'modality,site,bodyPart,finding,status';

export function worklistFacetsQuery(search: string) {
  return queryOptions({
    queryKey: ['worklist', 'facets', search],
    queryFn: ({ signal }) =>
      request(worklistFacetsSchema, `/api/worklist/facets?of=${FACETS_SHOWN}&${search}`, {
        signal,
      }),
    refetchInterval: 20_000,
  });
}

export const worklistViewsQuery = queryOptions({
  queryKey: ['worklist', 'views'],
  queryFn: ({ signal }) => request(worklistViewsSchema, '/api/worklist/views', { signal }),
});

export function worklistRowsQuery(uids: readonly string[]) {
  const search = uids.join(',');
  return queryOptions({
    queryKey: ['worklist', 'rows', search],
    queryFn: ({ signal }) =>
      request(worklistRowsSchema, `/api/worklist/rows?studies=${search}`, { signal }),
    ...UNSHARED,
  });
}

export function studyQuery(uid: string) {
  return queryOptions({
    queryKey: ['study', uid],
    queryFn: ({ signal }) => request(studyDetailSchema, studyPath(uid), { signal }),
  });
}

/** Of what is on its way nothing is told by events: it is looked at again while there is any. */
const ON_ITS_WAY_MS = 3_000;

export function studyResultsQuery(uid: string) {
  return queryOptions({
    queryKey: ['study', uid, 'results'],
    queryFn: ({ signal }) => request(studyResultsSchema, `${studyPath(uid)}/results`, { signal }),
    refetchInterval: ({ state }) => {
      const newest = state.data?.results[0];
      const isOnItsWay =
        newest?.state === 'waiting' || newest?.destinations.some(({ waiting }) => waiting > 0);
      return isOnItsWay ? ON_ITS_WAY_MS : false;
    },
  });
}

export function heatmapQuery(uid: string, heatmapId: string) {
  return queryOptions({
    queryKey: ['heatmap', uid, heatmapId],
    queryFn: ({ signal }) =>
      request(heatmapSchema, `${studyPath(uid)}/heatmaps/${encodeURIComponent(heatmapId)}`, {
        signal,
      }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => request(modelsSchema, '/api/models', { signal }),
  staleTime: 30_000,
});

/** @param version the active one, else the newest, without it */
export function modelCardQuery(id: string, version?: string) {
  const search = version === undefined ? '' : `?version=${encodeURIComponent(version)}`;
  return queryOptions({
    queryKey: ['model-card', id, version],
    queryFn: ({ signal }) =>
      request(modelCardSchema, `/api/models/${encodeURIComponent(id)}/card${search}`, { signal }),
    staleTime: 300_000,
  });
}

export const failuresQuery = queryOptions({
  queryKey: ['failures'],
  queryFn: ({ signal }) => request(deadLettersSchema, '/api/failures', { signal }),
  refetchInterval: 15_000,
});

/** @param all also what was decided */
export function quarantineQuery(all: boolean) {
  const search = all ? '?state=all' : '';
  return queryOptions({
    queryKey: ['quarantine', all],
    queryFn: ({ signal }) =>
      request(quarantineListSchema, `/api/admin/quarantine${search}`, { signal }),
    refetchInterval: 15_000,
  });
}

export function quarantineEntryQuery(id: string) {
  return queryOptions({
    queryKey: ['quarantine', 'entry', id],
    queryFn: ({ signal }) =>
      request(quarantineDetailSchema, `/api/admin/quarantine/${id}`, { signal }),
  });
}

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => request(healthSchema, '/api/health', { signal }),
  refetchInterval: 15_000,
});

export type QualityFilter = (typeof QUALITY_FILTERS)[number];

export function qualityStudiesQuery(filter: QualityFilter) {
  return queryOptions({
    queryKey: ['quality', 'studies', filter],
    queryFn: ({ signal }) =>
      request(qualityListSchema, `/api/quality/studies?filter=${filter}&limit=200`, { signal }),
  });
}

export const qualitySummaryQuery = queryOptions({
  queryKey: ['quality', 'summary'],
  queryFn: ({ signal }) => request(qualitySummarySchema, '/api/quality/summary', { signal }),
});
