import type { StudyDetail } from '#contracts/study.ts';
import { READING_TEXT as T } from './text.ts';

type Explanation = StudyDetail['explanations'][number];

/** Of several images of one label, each word once. */
function noteOf({ state, masks, plannedMasks }: Explanation): string | null {
  if (state !== 'done') return T.explanations[state];
  return masks === null || plannedMasks === null ? null : T.masksOf(masks, plannedMasks);
}

/** What has become of heatmaps that are made after the result: without it an empty picture would say "nothing there". */
export function ExplanationNotes(props: { readonly explanations: readonly Explanation[] }) {
  const notes = props.explanations.flatMap((each) => {
    const note = noteOf(each);
    return note === null ? [] : [`${T.heatmapOf(each.label, each.modelId)}: ${note}`];
  });
  return [...new Set(notes)].map((note) => (
    <p key={note} className="second small" data-testid="explanation-note">
      {note}
    </p>
  ));
}
