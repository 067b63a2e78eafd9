import type { WorklistItem } from '#contracts/study.ts';

type Candidate = Pick<
  WorklistItem,
  'studyInstanceUid' | 'readingStatus' | 'openedBy' | 'status' | 'imageCount'
>;

/**
 * The study to read after `current`: the first in the list's order that nobody else holds open and whose images have
 * all come. A study that still receives images is taken only when there is no other.
 */
export function chooseNext(
  items: readonly Candidate[],
  current: string,
  reader: string,
): string | null {
  const free = items.filter(
    (item) =>
      item.studyInstanceUid !== current &&
      item.imageCount > 0 &&
      (item.readingStatus === 'unread' ||
        (item.readingStatus === 'open' && item.openedBy === reader)),
  );
  const next = free.find((item) => item.status !== 'receiving') ?? free[0];
  return next?.studyInstanceUid ?? null;
}
