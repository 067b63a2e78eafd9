import { OUTSIDE_INTENDED_USE } from '#models/analysis/check-input.ts';
import { selectImage } from '#models/manifest/select-image.ts';
import type { RegisteredModel } from '#models/registry/registry.ts';
import type { ModelPlan, TriageImage } from './triage-types.ts';

/**
 * What each model has to do with a study: the images that its manifest selects, or why it declines them. Models that
 * are retired, or made for none of the images, are left out; refused ones stay, so that the reason can be told.
 */
export function planModels(
  models: readonly RegisteredModel[],
  images: readonly TriageImage[],
): ModelPlan[] {
  return models
    .filter((model) => model.role !== 'retired')
    .map((model) => planModel(model, images))
    .filter((plan) => plan !== undefined);
}

function planModel(model: RegisteredModel, images: readonly TriageImage[]): ModelPlan | undefined {
  const { manifest } = model;
  // Which images a manifest that cannot be read would have taken is not known.
  if (manifest === undefined) return undefined;
  const taken: TriageImage[] = [];
  const notes = new Set<string>();
  const refusals = new Set<string>();
  for (const image of images) {
    if (image.facts === undefined) continue;
    const selection = selectImage(manifest, image.facts);
    if (selection.selected) {
      taken.push(image);
      if (selection.note !== undefined) notes.add(selection.note);
    } else if (selection.fits) {
      refusals.add(selection.reason);
    }
  }
  const { kept, short } = keepStacks(taken, manifest.select.minimumSlices);
  if (short > 0) refusals.add(`series of fewer than ${manifest.select.minimumSlices} slices`);
  if (kept.length === 0 && refusals.size === 0) return undefined;
  return {
    model,
    images: kept,
    declined:
      refusals.size === 0 ? undefined : `${OUTSIDE_INTENDED_USE}: ${[...refusals].join(', ')}`,
    note: notes.size === 0 ? undefined : [...notes].join(', '),
  };
}

/** Series with too few slices are left out, and counted. */
function keepStacks(
  images: readonly TriageImage[],
  minimumSlices = 0,
): { kept: readonly TriageImage[]; short: number } {
  const series = [...Map.groupBy(images, ({ row }) => row.seriesInstanceUid).values()];
  const stacks = series.filter(
    (slices) =>
      slices.reduce((sum, { row }) => sum + (row.numberOfFrames ?? 1), 0) >= minimumSlices,
  );
  return { kept: stacks.flat(), short: series.length - stacks.length };
}
