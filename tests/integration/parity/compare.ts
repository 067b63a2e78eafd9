import { expect } from 'vitest';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { sourceOf } from '#tests/support/dicom-tools.ts';
import type { ReferenceAnswer } from './reference.ts';

export interface DecodedObject {
  readonly frames: readonly DecodedFrame[];
  readonly transferSyntaxUid: string;
}

/** Every frame that the header states. @throws RadTriageError of the first that fails */
export async function decodeAllFrames(path: string): Promise<DecodedObject> {
  const source = sourceOf(path);
  const first = await decodeFrame(source, 0, DEFAULT_LIMITS);
  const frames = [first];
  for (let frame = 1; frame < first.numberOfFrames; frame += 1) {
    frames.push(await decodeFrame(source, frame, DEFAULT_LIMITS));
  }
  return { frames, transferSyntaxUid: source.transferSyntaxUid };
}

/** JPEG by the cosine transform: ISO 10918-2 lets decoders round differently. Every other coding is exact. */
const COSINE_SYNTAXES: ReadonlySet<string> = new Set([
  '1.2.840.10008.1.2.4.50',
  '1.2.840.10008.1.2.4.51',
]);
const COSINE_TOLERANCE = 1;
/** Of the samples: colour conversion after the transform turns some halves the other way. */
const COSINE_SHARE = 1e-4;

/** Every sample of every frame is the reference's; see COSINE_SYNTAXES for the one exception. */
export function compareSamples(ours: DecodedObject, theirs: ReferenceAnswer): void {
  if ('refused' in theirs) throw new Error(`the reference refuses it: ${theirs.refused}`);
  const [first] = ours.frames;
  if (first === undefined) throw new Error('no frame');
  const { rows, columns, samplesPerPixel } = first;
  const shape = [ours.frames.length, rows, columns, ...(samplesPerPixel === 3 ? [3] : [])];
  expect(shape).toEqual(theirs.shape);
  const { most, count } = difference(ours.frames, theirs.values);
  const isCosine = COSINE_SYNTAXES.has(ours.transferSyntaxUid);
  expect(most).toBeLessThanOrEqual(isCosine ? COSINE_TOLERANCE : 0);
  expect(count).toBeLessThanOrEqual(isCosine ? theirs.values.length * COSINE_SHARE : 0);
}

function difference(
  frames: readonly DecodedFrame[],
  theirs: ArrayLike<number>,
): { most: number; count: number } {
  let most = 0;
  let count = 0;
  let at = 0;
  for (const { values } of frames) {
    for (let index = 0; index < values.length; index += 1, at += 1) {
      const apart = Math.abs((values[index] ?? Number.NaN) - (theirs[at] ?? Number.NaN));
      // Not-a-number differs from everything, itself included only if the reference has a number there.
      if (apart === 0 || (Number.isNaN(values[index]) && Number.isNaN(theirs[at]))) continue;
      count += 1;
      most = apart > most || Number.isNaN(apart) ? apart : most;
    }
  }
  return { most: Number.isNaN(most) ? Number.POSITIVE_INFINITY : most, count };
}
