import type { WebContext } from '../../context.ts';

/** That somebody looked at images of a study: one entry a while, however many frames they ask for. */
export async function recordLook(
  context: WebContext,
  actor: string,
  studyInstanceUid: string,
): Promise<void> {
  await context.accessLog.recordAccess({ actor, action: 'images.read', studyInstanceUid });
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
