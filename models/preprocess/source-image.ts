import { applyModalityLut, type DecodedFrame, toGrey } from '#dicom/pixels/decoded-frame.ts';
import { paddingMask } from '#dicom/pixels/padding.ts';
import { voiOf } from '#dicom/pixels/voi.ts';
import type { SourceImage } from './window.ts';

/**
 * A decoded frame as models see it; colour by its luminance.
 * @throws RadTriageError PIXELS_UNDECODABLE for colour without its palette
 */
export function sourceImage(frame: DecodedFrame): SourceImage {
  const grey = toGrey(frame);
  const { rows, columns, photometricInterpretation, pixelSpacing } = grey;
  const [betweenRows, betweenColumns] = pixelSpacing ?? [];
  const isSpaced = (betweenRows ?? 0) > 0 && (betweenColumns ?? 0) > 0;
  return {
    values: applyModalityLut(grey),
    rows,
    columns,
    photometricInterpretation:
      photometricInterpretation === 'MONOCHROME1' ? 'MONOCHROME1' : 'MONOCHROME2',
    padding: paddingMask(grey),
    range: rangeOf(grey),
    voi: voiOf(grey),
    pixelSpacing: isSpaced ? [betweenRows ?? 0, betweenColumns ?? 0] : undefined,
  };
}

function rangeOf(frame: DecodedFrame): { low: number; high: number } | undefined {
  const { bitsStored, pixelRepresentation, modalityLut, rescaleSlope, rescaleIntercept } = frame;
  if (modalityLut !== undefined) return { low: 0, high: 2 ** modalityLut.bits - 1 };
  if (bitsStored > 32) return undefined;
  const lowest = pixelRepresentation === 1 ? -(2 ** (bitsStored - 1)) : 0;
  const ends = [lowest, lowest + 2 ** bitsStored - 1].map(
    (stored) => stored * rescaleSlope + rescaleIntercept,
  );
  return { low: Math.min(...ends), high: Math.max(...ends) };
}
