import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';

/** The pixels of what is on the screen, RGB. */
export interface Raw {
  data: Buffer;
  width: number;
  height: number;
}

/**
 * The legend is left out: its colours are those of the heat, and it comes and goes with it.
 * @param of a page, of which the viewport is taken, or one part of it
 */
export async function rawScreenshot(of: Page | Locator): Promise<Raw> {
  const part = 'getByTestId' in of && 'goto' in of ? of.getByTestId('viewport') : of;
  const style = '.legend { visibility: hidden !important; }';
  const { data, info } = await sharp(await part.screenshot({ style }))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Where the pixels that turned coloured lie: the mean place of those that differ and are not grey. */
export function centreOfHeat(on: Raw, off: Raw): { x: number; y: number; count: number } {
  let [x, y, count] = [0, 0, 0];
  for (let i = 0; i < on.width * on.height; i += 1) {
    const channels = (raw: Raw) => [...raw.data.subarray(3 * i, 3 * i + 3)];
    const [red = 0, green = 0, blue = 0] = channels(on);
    const before = channels(off);
    const changed = Math.abs(red - (before[0] ?? 0)) + Math.abs(blue - (before[2] ?? 0)) > 24;
    if (!changed || Math.max(red, green, blue) - Math.min(red, green, blue) < 24) continue;
    x += i % on.width;
    y += Math.floor(i / on.width);
    count += 1;
  }
  return { x: x / count, y: y / count, count };
}

/** A place in source pixels, in a viewport that shows the whole image as large as it fits. */
export function fitted(
  viewport: Raw,
  image: { columns: number; rows: number },
  place: { x: number; y: number },
) {
  const scale = Math.min(viewport.width / image.columns, viewport.height / image.rows);
  return {
    x: viewport.width / 2 + (place.x - image.columns / 2) * scale,
    y: viewport.height / 2 + (place.y - image.rows / 2) * scale,
    scale,
  };
}
