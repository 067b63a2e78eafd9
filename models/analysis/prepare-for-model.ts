import type { ModelInput } from '../manifest/input.ts';
import { type ImageFacts, windowFor } from '../manifest/select-image.ts';
import { patientOrientation } from '../preprocess/orientation.ts';
import { type PreparedImage, prepareImage, type Slice } from '../preprocess/preprocess.ts';
import type { SourceImage } from '../preprocess/window.ts';
import { checkImage, checkPrepared } from './check-input.ts';
import type { Preparation } from './prepare-messages.ts';

/** A decoded image as the manifest wants to see it. */
export function sliceOf(image: SourceImage, facts: ImageFacts, input: ModelInput): Slice {
  const orientation = patientOrientation({
    imageOrientation: facts.imageOrientation,
    patientOrientation: facts.values.PatientOrientation,
  });
  return { image, window: windowFor(input, facts), orientation };
}

/**
 * The inputs of one image, or why it is refused.
 * @param slices the image, or with `input.slices` its neighbours and itself in order
 * @throws RadTriageError as prepareImage
 */
export function prepareForModel(
  { input, inputCheck }: Preparation,
  slices: readonly Slice[],
): PreparedImage | string {
  const middle = input.slices?.before ?? 0;
  const image = slices[middle]?.image;
  const refusal = image && checkImage(image, input, inputCheck?.pixels);
  if (refusal !== undefined) return refusal;
  const prepared = prepareImage(slices, input, middle);
  return checkPrepared(prepared, inputCheck?.pixels) ?? prepared;
}
