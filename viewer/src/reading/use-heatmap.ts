import { useQuery } from '@tanstack/react-query';
import type { Heatmap, StudyDetail } from '#contracts/study.ts';
import { heatmapQuery } from '../api/queries.ts';
import type { StackImage } from './image-stacks.ts';
import type { Mark } from './marks.ts';

/** The heatmap of an image: of several models or labels that of the chosen finding, else the one with the highest peak. */
export function useHeatmap(
  study: StudyDetail,
  image: StackImage | null,
  chosen: Mark | null,
): Heatmap | null {
  const isChosen = (each: StudyDetail['heatmaps'][number]) =>
    Number(each.modelId === chosen?.modelId && each.label === chosen.label);
  const summary = study.heatmaps
    .filter((each) => each.sopInstanceUid === image?.sopInstanceUid && each.frame === image.frame)
    .toSorted((a, b) => isChosen(b) - isChosen(a) || b.peak - a.peak)[0];
  const query = useQuery({
    ...heatmapQuery(study.studyInstanceUid, summary?.id ?? ''),
    enabled: summary !== undefined,
  });
  return summary === undefined ? null : (query.data ?? null);
}
