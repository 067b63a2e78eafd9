import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { missingPeer } from '../support/peers.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { waitFor } from '../support/wait-for.ts';

const SERIES = 60;

function studyOfManySeries(): { uid: string; files: Buffer[] } {
  const first = minimalImage({ modality: 'CT', seed: 'many' });
  const files = Array.from({ length: SERIES }, (_, place) => {
    const image = minimalImage({
      modality: 'CT',
      seed: 'many',
      studyInstanceUid: first.studyInstanceUid,
      seriesInstanceUid: `${first.seriesInstanceUid}.${place + 1}`,
      rows: 64,
      columns: 64,
      attributes: { SeriesNumber: place + 1, SeriesDescription: `Series number ${place + 1}` },
    });
    return image.bytes;
  });
  return { uid: first.studyInstanceUid, files };
}

describe.skipIf(missingPeer('chromium'))('reading without waiting', () => {
  let site: ReadingSite;
  let browser: Browser;
  const many = studyOfManySeries();

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    browser = await launchChromium('swiftshader');
    await site.keep(many.uid, many.files);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  const ready = (page: Page) =>
    page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();

  it('shows a picture for each series, fetched when it comes into sight, in places that do not jump', async () => {
    const { page, errors } = await site.open(browser, 'reader');
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/thumbnail')) asked.push(request.url());
    });
    await page.goto(`${site.url}/studies/${many.uid}`);
    await ready(page);
    const series = page.getByTestId('series');
    expect(await series.count()).toBe(SERIES);
    const heights = (): Promise<number[]> =>
      page.evaluate(
        `[...document.querySelectorAll('[data-testid="series"]')].map((each) => each.offsetHeight)`,
      );
    const before = await heights();
    const isDrawn = (place: number) =>
      waitFor(
        () =>
          page.evaluate<boolean>(
            `document.querySelectorAll('[data-testid="series-picture"]')[${place}]?.naturalWidth > 0`,
          ),
        { what: `the picture of series ${place + 1}` },
      );
    await isDrawn(0);
    const early = asked.length;
    expect(early).toBeLessThan(SERIES);
    await series.last().focus();
    await isDrawn(SERIES - 1);
    await page.keyboard.press('Enter');
    await page.locator('[data-testid="series"][aria-current="true"]').waitFor();
    expect(await heights()).toEqual(before);
    await keepScreenshot(page, 'reading-rail');
    expect(errors).toEqual([]);
  });
});
