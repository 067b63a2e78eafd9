import type { DecodedFrame } from './decoded-frame.ts';

/**
 * Which stored values are padding beside the image (PS3.3 C.7.5.1.1.2): PixelPaddingValue, or all from it to
 * PixelPaddingRangeLimit, either of which may be the lower. Undefined where the object has none, or has colour.
 */
export function paddingTest(
  frame: Pick<DecodedFrame, 'pixelPaddingValue' | 'pixelPaddingRangeLimit' | 'samplesPerPixel'>,
): ((stored: number) => boolean) | undefined {
  const { pixelPaddingValue: value, pixelPaddingRangeLimit: limit = value } = frame;
  if (value === undefined || limit === undefined || frame.samplesPerPixel !== 1) return undefined;
  const low = Math.min(value, limit);
  const high = Math.max(value, limit);
  return (stored) => stored >= low && stored <= high;
}

/** 1 where a pixel is padding; undefined where none is. */
export function paddingMask(frame: DecodedFrame): Uint8Array<ArrayBuffer> | undefined {
  const isPadding = paddingTest(frame);
  if (isPadding === undefined) return undefined;
  const mask = Uint8Array.from(frame.values, (stored) => (isPadding(stored) ? 1 : 0));
  return mask.includes(1) ? mask : undefined;
}
