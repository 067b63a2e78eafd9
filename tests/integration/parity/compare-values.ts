import { expect } from 'vitest';
import { applyModalityLut, type DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { voiOf } from '#dicom/pixels/voi.ts';
import type { DecodedObject } from './compare.ts';
import type { ReferenceAnswer } from './reference.ts';

/** Modality values are float32 here and float64 there. */
const MODALITY_RELATIVE = 2 ** -22;
/** Of a share from 0 to 1, counted from modality values in float32. */
const VOI_ABSOLUTE = 1e-5;

export function isMonochrome({ frames }: DecodedObject): boolean {
  return frames.every(({ photometricInterpretation }) =>
    photometricInterpretation.startsWith('MONOCHROME'),
  );
}

/** @param theirs float64 of every frame */
export function compareModality({ frames }: DecodedObject, theirs: ReferenceAnswer): void {
  const expected = valuesOf(theirs);
  let at = 0;
  let most = 0;
  for (const frame of frames) {
    for (const value of applyModalityLut(frame)) {
      const wanted = expected[at] ?? Number.NaN;
      at += 1;
      // A float pixel may be no number, for both.
      if (Number.isNaN(value) && Number.isNaN(wanted)) continue;
      most = farther(most, (value - wanted) / Math.max(Math.abs(wanted), 1));
    }
  }
  expect(at).toBe(expected.length);
  expect(most).toBeLessThanOrEqual(MODALITY_RELATIVE);
}

/** Of frames that ask for a window or table. @returns how many of them there were */
export function compareVoi({ frames }: DecodedObject, theirs: ReferenceAnswer): number {
  const expected = valuesOf(theirs);
  const shown = frames.map((frame) => ({ frame, show: voiOf(frame) }));
  let at = 0;
  let most = 0;
  for (const { frame, show } of shown) {
    if (show === undefined) at += frame.values.length;
    else
      for (const share of sharesOf(frame, show))
        most = farther(most, share - (expected[at++] ?? Number.NaN));
  }
  expect(at).toBe(expected.length);
  expect(most).toBeLessThanOrEqual(VOI_ABSOLUTE);
  return shown.filter(({ show }) => show !== undefined).length;
}

function sharesOf(frame: DecodedFrame, show: (value: number) => number): Float64Array {
  const shares = new Float64Array(frame.values.length);
  applyModalityLut(frame).forEach((value, index) => {
    shares[index] = show(value);
  });
  return shares;
}

function farther(most: number, difference: number): number {
  const apart = Math.abs(difference);
  return Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.max(most, apart);
}

function valuesOf(answer: ReferenceAnswer): ArrayLike<number> {
  if ('refused' in answer) throw new Error(`the reference refuses it: ${answer.refused}`);
  return answer.values;
}
