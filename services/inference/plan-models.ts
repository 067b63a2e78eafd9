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
  if (taken.length === 0 && refusals.size === 0) return undefined;
  return {
    model,
    images: taken,
    declined: refusals.size === 0 ? undefined : [...refusals].join(', '),
    note: notes.size === 0 ? undefined : [...notes].join(', '),
  };
}
