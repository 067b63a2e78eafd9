import type { StackImage } from './image-stacks.ts';
import type { Judging } from './use-judging.ts';

/**
 * Judging as it acts on one image: a box that is drawn on it is a box of this image, and a mark is amended only where it
 * lies. Without this a box drawn in one pane could be kept for the image of another.
 */
export function judgingOn(judging: Judging, image: StackImage | null): Judging {
  const { editing } = judging;
  const isHere = judging.marks.some(
    (mark) =>
      mark.id === editing?.id &&
      mark.sopInstanceUid === image?.sopInstanceUid &&
      (mark.frame ?? 1) === image?.frame,
  );
  return {
    ...judging,
    editing: image === null || (editing?.kind === 'amend' && !isHere) ? null : editing,
    setBox: (box) => judging.setBox(box, image ?? undefined),
  };
}
