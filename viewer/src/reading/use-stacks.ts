import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { registerMetadata } from './cornerstone-start.ts';
import { indexMetadata } from './image-facts.ts';
import { buildStacks, type ImageStack } from './image-stacks.ts';
import { metadataQuery } from './metadata-query.ts';

interface Stacks {
  /** null until they are known. */
  readonly stacks: ImageStack[] | null;
  readonly error: Error | null;
}

/** The stacks of a study, their metadata made known to the image loader. */
export function useStacks(study: StudyDetail | null): Stacks {
  const uid = study?.studyInstanceUid ?? '';
  const metadata = useQuery({ ...metadataQuery(study), enabled: study !== null });
  const series = study?.series;
  const stacks = useMemo(() => {
    if (series === undefined || metadata.data === undefined) return null;
    const index = indexMetadata(metadata.data);
    const built = buildStacks({ studyInstanceUid: uid, series }, index, window.location.origin);
    registerMetadata(built, index);
    return built;
  }, [uid, series, metadata.data]);
  return { stacks, error: metadata.error };
}
