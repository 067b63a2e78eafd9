import type { Locator, Page } from 'playwright-core';
import type { PaintedStudy } from './painted-study.ts';
import { type Point, placesOn } from './reading-page.ts';
import { centreOfWhite, rawScreenshot } from './viewport-pixels.ts';
import { waitFor } from './wait-for.ts';

/** What is drawn of a painted study in a room of one pane, by its pixels. */

/** Source pixels without bed, rim or block, over which grey values are averaged. */
const PATCH = { left: 100, top: 140, side: 12 };

/** The image's part of the room, without the strip beside it. */
export const imageOf = (page: Page): Locator => page.locator('.pane-stage');

/** A place in the image's part, screen pixels, as it is from the middle of the image's viewport. */
export async function fromMiddle(page: Page, { x, y }: Point): Promise<Point> {
  const [stage, area] = await Promise.all([
    imageOf(page).boundingBox(),
    page.locator('.viewport-image').boundingBox(),
  ]);
  const middle = (from: number, length: number, origin: number) => from + length / 2 - origin;
  return {
    x: x - middle(area?.x ?? 0, area?.width ?? 0, stage?.x ?? 0),
    y: y - middle(area?.y ?? 0, area?.height ?? 0, stage?.y ?? 0),
  };
}

/** Where the painted block is drawn, from the middle, screen pixels; its window must leave nothing else white. */
export async function blockPlace(page: Page): Promise<Point> {
  const { x, y, count } = centreOfWhite(await rawScreenshot(imageOf(page)));
  if (count < 200) throw new Error(`only ${count} white pixels`);
  return fromMiddle(page, { x, y });
}

export async function blockComesTo(page: Page, what: string, wanted: Point): Promise<void> {
  await waitFor(
    async () => {
      const { x, y } = await blockPlace(page);
      if (Math.hypot(x - wanted.x, y - wanted.y) < 2.5) return true;
      throw new Error(`it is at ${x}, ${y}`);
    },
    { what: `${what} at ${wanted.x}, ${wanted.y}` },
  );
}

/** Mean grey of a patch on the screen, and what a window makes of its values, with the image as large as it fits. */
export async function greyOfPatch(
  page: Page,
  study: PaintedStudy,
  window: { width: number; level: number },
): Promise<{ seen: number; wanted: number }> {
  const raw = await rawScreenshot(page);
  const { toPage, scale } = await placesOn(page, study);
  const area = await page.getByTestId('viewport').boundingBox();
  const from = toPage({ x: PATCH.left, y: PATCH.top });
  const [left, top] = [from.x - (area?.x ?? 0), from.y - (area?.y ?? 0)].map(Math.round);
  const side = Math.round(PATCH.side * scale);
  let seen = 0;
  for (let place = 0; place < side * side; place += 1) {
    const x = (left ?? 0) + (place % side);
    const y = (top ?? 0) + Math.floor(place / side);
    seen += raw.data[3 * (y * raw.width + x)] ?? 0;
  }
  let wanted = 0;
  for (let place = 0; place < PATCH.side ** 2; place += 1) {
    const column = PATCH.left + (place % PATCH.side);
    const row = PATCH.top + Math.floor(place / PATCH.side);
    const share = (study.hounsfield(column, row) - window.level) / window.width + 0.5;
    wanted += 255 * Math.max(0, Math.min(1, share));
  }
  return { seen: seen / side ** 2, wanted: wanted / PATCH.side ** 2 };
}
