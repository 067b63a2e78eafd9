import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { forgetImages } from './cornerstone-memory.ts';
import { heldStudies } from './held-studies.ts';
import type { ImageStack } from './image-stacks.ts';

/** Everything that the page remembers of a study: its pixels, its metadata, and what was asked of the server. */
export function holdStudy(
  queries: QueryClient,
  studyInstanceUid: string,
  stacks: readonly ImageStack[],
): () => void {
  return heldStudies.hold(studyInstanceUid, () => {
    forgetImages(stacks, () => heldStudies.isHeld(studyInstanceUid));
    for (const kind of ['study', 'prior', 'metadata', 'heatmap']) {
      queries.removeQueries({ queryKey: [kind, studyInstanceUid], type: 'inactive' });
    }
  });
}

/** Holds a study for as long as its page stands. */
export function useHeldStudy(uid: string, stacks: readonly ImageStack[] | null): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (stacks === null) return;
    return holdStudy(queries, uid, stacks);
  }, [queries, uid, stacks]);
}
