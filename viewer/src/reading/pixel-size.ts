import type { Affine } from './geometry.ts';

/** The size of a pixel, and what it is the size of. */
export interface PixelSize {
  /** Millimetres from row to row and from column to column (PS3.3 10.7.1.3). */
  readonly row: number;
  readonly column: number;
  /** In the patient, or at the detector: a projection is larger there than what it shows. */
  readonly of: 'patient' | 'detector';
  readonly attribute: 'PixelSpacing' | 'ImagerPixelSpacing';
}

interface Spacings {
  readonly pixelSpacing: readonly number[] | null;
  readonly imagerPixelSpacing: readonly number[] | null;
  /** PixelSpacingCalibrationType (0028,0A02): FIDUCIAL or GEOMETRY once the size was corrected to the patient. */
  readonly calibrationType: string | null;
}

/** null where neither attribute gives a size. PixelSpacing that only repeats the detector's is the detector's. */
export function pixelSizeOf(spacings: Spacings): PixelSize | null {
  const { pixelSpacing, imagerPixelSpacing, calibrationType } = spacings;
  const given = pixelSpacing ?? imagerPixelSpacing;
  const [row = 0, column = 0] = given ?? [];
  if (row <= 0 || column <= 0) return null;
  if (pixelSpacing === null)
    return { row, column, of: 'detector', attribute: 'ImagerPixelSpacing' };
  const repeats =
    imagerPixelSpacing?.every((value, place) => value === pixelSpacing[place]) ?? false;
  const of = repeats && calibrationType === null ? 'detector' : 'patient';
  return { row, column, of, attribute: 'PixelSpacing' };
}

const LENGTHS_MM = [1, 2, 5, 10, 20, 50, 100, 200];
/** CSS pixels. */
const LONGEST_BAR = 140;

/** The longest round length that fits, millimetres, and its length on the screen; null where even 1 mm is too long. */
export function scaleBar(
  size: PixelSize,
  { a, b, c, d }: Affine,
): { readonly millimetres: number; readonly length: number } | null {
  // Along the screen's rows lies whichever axis of the image runs more that way.
  const isTurned = Math.abs(c) > Math.abs(a);
  const perMillimetre = isTurned ? Math.hypot(c, d) / size.row : Math.hypot(a, b) / size.column;
  const millimetres = LENGTHS_MM.findLast((each) => each * perMillimetre <= LONGEST_BAR);
  if (millimetres === undefined || !(perMillimetre > 0)) return null;
  return { millimetres, length: millimetres * perMillimetre };
}
