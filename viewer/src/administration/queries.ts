import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { deliveriesSchema } from '#contracts/deliveries.ts';
import { modelComparisonSchema } from '#contracts/model-comparison.ts';
import { notificationsSchema } from '#contracts/notifications.ts';
import { refusedReportsSchema } from '#contracts/outside-reports.ts';
import { failedResultsSchema } from '#contracts/results.ts';
import {
  associationsSchema,
  doorSchema,
  siteStatusSchema,
  waitingSchema,
} from '#contracts/site-status.ts';
import { storageCommitmentsSchema } from '#contracts/storage-commitment.ts';
import { request } from '../api/client.ts';
import { setServerTime } from '../design/clock.ts';

/** What is live is asked for anew every few seconds; the server answers from small tables. */
const LIVE_MS = 3000;
const CALM_MS = 5000;

export const siteStatusQuery = queryOptions({
  queryKey: ['admin', 'status'],
  queryFn: async ({ signal }) => {
    const status = await request(siteStatusSchema, '/api/admin/status', { signal });
    setServerTime(status.generatedAt);
    return status;
  },
  refetchInterval: LIVE_MS,
});

export const doorQuery = queryOptions({
  queryKey: ['admin', 'door'],
  queryFn: ({ signal }) => request(doorSchema, '/api/admin/door', { signal }),
  refetchInterval: LIVE_MS,
});

export function associationsQuery(trouble: boolean) {
  return infiniteQueryOptions({
    queryKey: ['admin', 'associations', trouble],
    queryFn: ({ signal, pageParam }) => {
      const before = pageParam === null ? '' : `&before=${pageParam}`;
      const path = `/api/admin/associations?limit=25&trouble=${trouble}${before}`;
      return request(associationsSchema, path, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: CALM_MS,
  });
}

export const waitingQuery = queryOptions({
  queryKey: ['admin', 'waiting'],
  queryFn: ({ signal }) => request(waitingSchema, '/api/admin/waiting', { signal }),
  refetchInterval: LIVE_MS,
});

export const failedResultsQuery = queryOptions({
  queryKey: ['admin', 'failed-results'],
  queryFn: ({ signal }) => request(failedResultsSchema, '/api/admin/failed-results', { signal }),
  refetchInterval: CALM_MS,
});

export const refusedReportsQuery = queryOptions({
  queryKey: ['admin', 'refused-reports'],
  queryFn: ({ signal }) => request(refusedReportsSchema, '/api/admin/refused-reports', { signal }),
  refetchInterval: CALM_MS,
});

export const deliveriesQuery = queryOptions({
  queryKey: ['admin', 'deliveries'],
  queryFn: ({ signal }) => request(deliveriesSchema, '/api/admin/deliveries', { signal }),
  refetchInterval: CALM_MS,
});

export const commitmentsQuery = queryOptions({
  queryKey: ['admin', 'storage-commitments'],
  queryFn: ({ signal }) =>
    request(storageCommitmentsSchema, '/api/admin/storage-commitments', { signal }),
  refetchInterval: CALM_MS,
});

export const notificationsQuery = queryOptions({
  queryKey: ['admin', 'notifications'],
  queryFn: ({ signal }) => request(notificationsSchema, '/api/admin/notifications', { signal }),
  refetchInterval: LIVE_MS,
});

/** @param versions each as `id@version`; `b` is the candidate */
export function modelComparisonQuery(versions: { readonly a: string; readonly b: string }) {
  return queryOptions({
    queryKey: ['admin', 'model-comparison', versions.a, versions.b],
    queryFn: ({ signal }) =>
      request(modelComparisonSchema, `/api/model-comparison?${new URLSearchParams(versions)}`, {
        signal,
      }),
    staleTime: 30_000,
  });
}
