import type { RouteContext } from '#platform/http/route.ts';
import type { WebContext } from '../../context.ts';
import { isPrefetch } from '../../prefetch.ts';

/** That somebody looked at images of a study: one entry a while, however many frames they ask for. */
export async function recordLook(
  context: WebContext,
  { principal, request }: Pick<RouteContext, 'principal' | 'request'>,
  studyInstanceUid: string,
): Promise<void> {
  const action = isPrefetch(request) ? 'images.prefetched' : 'images.read';
  await context.accessLog.recordAccess({ actor: principal.name, action, studyInstanceUid });
}

/** That somebody took a copy of a study or series: an entry each time, and one alone. */
export async function recordCopy(
  context: WebContext,
  actor: string,
  taken: { studyInstanceUid: string; series: string | undefined; instances: number },
): Promise<void> {
  const { studyInstanceUid, series, instances } = taken;
  await context.accessLog.record({
    actor,
    action: 'images.retrieved',
    studyInstanceUid,
    details: { instances, ...(series === undefined ? {} : { seriesInstanceUid: series }) },
  });
}
