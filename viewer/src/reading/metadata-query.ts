import { queryOptions } from '@tanstack/react-query';
import type { StudyDetail } from '#contracts/study.ts';
import { requestDicomJson } from '../api/client.ts';

/** So many parts of a metadata query's key say which images it is of. */
const SAME_IMAGES = 4;
/** Longer than any study waits for its turn; what was left is removed by hand (held-studies.ts). */
const KEEP_MS = 1_800_000;

/** The metadata of a study's images (WADO-RS), of one image revision, with or without what is withheld. */
export function metadataQuery(study: StudyDetail | null, ahead = false) {
  const uid = study?.studyInstanceUid ?? '';
  const images = [uid, study?.imageRevision ?? null, study?.imageCount ?? 0] as const;
  const queryKey = ['metadata', ...images, study?.aiWithheld ?? true] as const;
  return queryOptions({
    queryKey,
    // The same images with more beside them: the room stays as it is while that is read.
    placeholderData: (before: unknown, query) =>
      queryKey.slice(0, SAME_IMAGES).every((part, place) => part === query?.queryKey[place])
        ? before
        : undefined,
    queryFn: ({ signal }): Promise<unknown> =>
      requestDicomJson(`/dicomweb/studies/${uid}/metadata`, { signal, ahead }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: KEEP_MS,
  });
}
