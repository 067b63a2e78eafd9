import { generateStudy } from '#test-data/study.ts';

export const MATRIX = 128;
export const SLICES = 24;

/** A CT of the chest: with a lesion as the frames of one enhanced image, without one as a file for each slice. */
export function ctChest(lesion: boolean) {
  return generateStudy({
    enhanced: lesion,
    kind: 'CT',
    seed: 'planes',
    lesion: lesion ? { subtlety: 'obvious' } : null,
    slices: SLICES,
    matrix: MATRIX,
  });
}
