import type { Locator, Page } from 'playwright-core';
import type { PaintedStudy } from './painted-study.ts';
import { waitFor } from './wait-for.ts';

/** What tests do in the reading room as a reader would, with mouse and keys. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Waits until banner and images are drawn: of this study, when one is named. */
export function roomReady(page: Page, uid?: string): Promise<void> {
  const study = uid === undefined ? '' : `[data-uid="${uid}"]`;
  return page.locator(`[data-testid="reading-page"][data-ready="true"]${study}`).waitFor();
}

export async function openStudy(page: Page, url: string, uid: string): Promise<void> {
  await page.goto(`${url}/studies/${uid}`);
  await roomReady(page, uid);
}

/** From source pixels to the page, with the image of the first pane as large as it fits. */
export async function placesOn(page: Page, { matrix }: Pick<PaintedStudy, 'matrix'>) {
  const area = await page.locator('.viewport-image').first().boundingBox();
  if (area === null) throw new Error('no viewport');
  const scale = Math.min(area.width, area.height) / matrix;
  const along = (from: number, length: number, place: number) =>
    from + length / 2 + (place - matrix / 2) * scale;
  return {
    scale,
    toPage: ({ x, y }: Point): Point => ({
      x: along(area.x, area.width, x),
      y: along(area.y, area.height, y),
    }),
  };
}

export async function drag(
  page: Page,
  [from, to]: readonly [Point, Point],
  button: 'left' | 'middle' | 'right' = 'left',
): Promise<void> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down({ button });
  await page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 3 });
  await page.mouse.move(to.x, to.y, { steps: 3 });
  await page.mouse.up({ button });
}

/** Waits until a part of the page says this. */
export const saysIn = (part: Locator, wanted: string | RegExp) =>
  waitFor(
    async () => {
      const said = await part.innerText();
      const isSaid = typeof wanted === 'string' ? said === wanted : wanted.test(said);
      if (!isSaid) throw new Error(`it says ${said}`);
      return said;
    },
    { what: `${wanted}` },
  );

/** Presses keys one after the other. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}
