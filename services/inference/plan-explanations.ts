import type { Kysely } from 'kysely';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { ModelConclusion } from './conclude-run.ts';

/** Of each label: a frame takes hundreds of runs. */
const FRAMES_PER_LABEL = 3;
/** Of each model in a study, however many labels it has; those with the highest scores. */
const FRAMES_PER_MODEL = 6;

/**
 * Writes down which frames of an active model without a spatial output get a heatmap: the highest of each label that
 * flags its study. Models in shadow get none.
 * @returns how many
 */
export async function planExplanations(
  trx: Kysely<DatabaseSchema>,
  { model, role, labels }: ModelConclusion,
  place: { readonly runKey: string; readonly modelRunKey: string; readonly studyKey: string },
): Promise<number> {
  const explanation = model.manifest?.explanation;
  if (explanation === undefined || role !== 'active') return 0;
  const wanted = labels
    .flatMap(({ label, frames }) =>
      frames.heatmaps.slice(0, FRAMES_PER_LABEL).map((frame) => ({ label, frame })),
    )
    .sort((a, b) => b.frame.score - a.frame.score)
    .slice(0, FRAMES_PER_MODEL);
  for (const { label, frame } of wanted) {
    const { sopInstanceUid } = frame.image.row;
    const what = { labelId: label.id, label: label.label, sopInstanceUid, frame: frame.frame };
    await trx
      .insertInto('explanation')
      .values({ ...place, ...what, method: explanation.method })
      .execute();
  }
  return wanted.length;
}
