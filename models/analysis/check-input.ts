import type { ModelInput } from '../manifest/input.ts';
import type { InputCheck } from '../manifest/input-check.ts';
import type { PreparedImage } from '../preprocess/preprocess.ts';
import { measuredValues, type SourceImage } from '../preprocess/window.ts';

/** How a refusal begins wherever it is shown. */
export const OUTSIDE_INTENDED_USE = 'outside intended use';

type PixelLimits = NonNullable<InputCheck['pixels']>;

function outside(why: string): string {
  return `${OUTSIDE_INTENDED_USE}: ${why}`;
}

/** Why an image as stored is refused, in words without patient data, or undefined. */
export function checkImage(
  image: SourceImage,
  input: ModelInput,
  limits: PixelLimits = {},
): string | undefined {
  if (input.pixelSpacing?.ifMissing === 'decline' && image.pixelSpacing === undefined) {
    return outside('the image does not tell its pixel spacing');
  }
  return checkShape(image, limits) ?? checkValues(image, limits);
}

function checkShape({ rows, columns }: SourceImage, limits: PixelLimits): string | undefined {
  const { minimumRows = 0, minimumColumns = 0 } = limits;
  if (rows < minimumRows || columns < minimumColumns) {
    return outside(`the image has only ${rows} x ${columns} pixels`);
  }
  const ratio = columns / rows;
  const { minimumAspectRatio = 0, maximumAspectRatio = Number.POSITIVE_INFINITY } = limits;
  if (ratio >= minimumAspectRatio && ratio <= maximumAspectRatio) return undefined;
  return outside(`the image is ${ratio.toFixed(2)} times as wide as it is high`);
}

function checkValues(image: SourceImage, limits: PixelLimits): string | undefined {
  const { minimumDistinctValues = 0, maximumSingleValueShare = 1 } = limits;
  if (minimumDistinctValues === 0 && maximumSingleValueShare >= 1) return undefined;
  const values = measuredValues(image);
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (counts.size < minimumDistinctValues) {
    return outside(`the image has only ${counts.size} different pixel value(s)`);
  }
  const share = Math.max(0, ...counts.values()) / values.length;
  if (share <= maximumSingleValueShare) return undefined;
  return outside(`${Math.floor(share * 100)}% of the image has one and the same value`);
}

/** Why what the network would get is refused, or undefined. */
export function checkPrepared(
  { parts, mean }: PreparedImage,
  limits: PixelLimits = {},
): string | undefined {
  if (parts.length === 0) return outside('the image is empty');
  const { minimumMean = 0, maximumMean = 1 } = limits;
  if (mean < minimumMean) return outside(`the image is too dark (mean ${mean.toFixed(2)} of 1)`);
  if (mean > maximumMean) return outside(`the image is too bright (mean ${mean.toFixed(2)} of 1)`);
  return undefined;
}

/** Why the detector refuses an image, or undefined. */
export function checkAtypicality(
  atypicality: number | undefined,
  detector: InputCheck['detector'],
): string | undefined {
  if (detector === undefined || atypicality === undefined) return undefined;
  if (atypicality <= detector.maximum) return undefined;
  const [found, most] = [atypicality, detector.maximum].map((value) => value.toPrecision(3));
  return outside(
    `the image does not resemble those that the model was made for (${found}, at most ${most})`,
  );
}
