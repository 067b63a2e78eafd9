import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';

/** The pixels of what is on the screen, RGB. */
export interface Raw {
  data: Buffer;
  width: number;
  height: number;
}

/**
 * The legend is left out: its colours are those of the heat, and it comes and goes with it; and so are messages, which
 * go by themselves.
 * @param of a page, of which the viewport is taken, or one part of it
 */
export async function rawScreenshot(of: Page | Locator): Promise<Raw> {
  const part = 'getByTestId' in of && 'goto' in of ? of.getByTestId('viewport') : of;
  const style = '.legend, .toasts { visibility: hidden !important; }';
  const { data, info } = await sharp(await part.screenshot({ style }))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

interface Centre {
  x: number;
  y: number;
  count: number;
}

function centreWhere(raw: Raw, isCounted: (at: number) => boolean): Centre {
  let [x, y, count] = [0, 0, 0];
  for (let i = 0; i < raw.width * raw.height; i += 1) {
    if (!isCounted(3 * i)) continue;
    x += i % raw.width;
    y += Math.floor(i / raw.width);
    count += 1;
  }
  return { x: x / count, y: y / count, count };
}

/** Where the pixels that turned coloured lie: the mean place of those that differ and are not grey. */
export function centreOfHeat(on: Raw, off: Raw): Centre {
  const [now, before] = [on.data, off.data];
  return centreWhere(on, (at) => {
    const [red, green, blue] = [now[at] ?? 0, now[at + 1] ?? 0, now[at + 2] ?? 0];
    const changed = Math.abs(red - (before[at] ?? 0)) + Math.abs(blue - (before[at + 2] ?? 0));
    return changed > 24 && Math.max(red, green, blue) - Math.min(red, green, blue) >= 24;
  });
}

/** Where the pixels lie that are whiter than any word on the image. */
export function centreOfWhite(raw: Raw): Centre {
  const { data } = raw;
  const isWhite = (at: number) => (data[at] ?? 0) > 251;
  return centreWhere(raw, (at) => isWhite(at) && isWhite(at + 1) && isWhite(at + 2));
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
