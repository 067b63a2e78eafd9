import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateStudy } from '#test-data/study.ts';
import { keepScreenshot, launchChromium } from '../support/chromium.ts';
import { keepPaintedStudy, type PaintedStudy } from '../support/painted-study.ts';
import { missingPeer } from '../support/peers.ts';
import { press, roomReady } from '../support/reading-page.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { waitFor } from '../support/wait-for.ts';

const SIZES = [
  [1366, 768],
  [1920, 1080],
  [2560, 1440],
  [820, 1180],
] as const;

/** A tenth of what is held to be good for a page that is read once (0.1): this one is read all day. */
const MAX_SHIFT = 0.01;

/** Sums up how far things jumped that nobody had moved (Layout Instability API). */
const WATCH_SHIFTS = `
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      const names = sources.map(({ node }) => node?.className || node?.nodeName || '?');
      window.shifts.push([value, names.join(' ')]);
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;

describe.skipIf(missingPeer('chromium'))('the look', () => {
  let site: ReadingSite;
  let browser: Browser;
  let stack: PaintedStudy;
  const radiograph = generateStudy({ kind: 'DX', seed: 'looks', lesion: null, lateral: true });

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    stack = await keepPaintedStudy(site, 'looks');
    await site.keep(
      radiograph.studyInstanceUid,
      radiograph.files.map(({ bytes }) => bytes),
    );
    // What is measured is the page around the image: without WebGL large windows are drawn faster here.
    browser = await launchChromium('none');
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  /** Nothing jumped since the page was loaded, and nothing stands beside the window. */
  async function isCalm(page: Page, what: string): Promise<void> {
    const shifts = await page.evaluate<[number, string][]>('window.shifts');
    const sum = shifts.reduce((all, [value]) => all + value, 0);
    expect({ what, shifts: sum < MAX_SHIFT ? [] : shifts }).toEqual({ what, shifts: [] });
    const beyond = await page.evaluate<number>(
      'document.documentElement.scrollWidth - window.innerWidth',
    );
    expect([what, beyond]).toEqual([what, 0]);
  }

  it.each(SIZES)(
    'does not jump while list and study are loaded, %i by %i',
    async (width, height) => {
      const { page, errors } = await site.open(browser, 'reader', { size: { width, height } });
      await page.addInitScript(WATCH_SHIFTS);
      await page.goto(site.url);
      await page.getByTestId('worklist-row').first().waitFor();
      await isCalm(page, 'list');
      for (const { studyInstanceUid } of [stack, radiograph]) {
        await page.goto(`${site.url}/studies/${studyInstanceUid}`);
        await roomReady(page, studyInstanceUid);
        await page.getByTestId('loading-bar').waitFor({ state: 'detached' });
        await waitFor(
          () =>
            page.evaluate<boolean>(
              `document.querySelector('[data-testid="series-picture"]')?.naturalWidth > 0`,
            ),
          { what: 'the picture of the first series' },
        );
        await isCalm(page, `study ${studyInstanceUid === stack.studyInstanceUid ? 'CT' : 'DX'}`);
      }
      await keepScreenshot(page, `looks-reading-${width}`);
      // From one study to the next: what stands around the image stays where it is.
      const areas = () =>
        page.evaluate<string>(
          `JSON.stringify(['.banner', '.toolbar-line', '.viewport', '.side'].map((part) => document.querySelector(part).getBoundingClientRect()))`,
        );
      const before = await areas();
      await press(page, 's', 'Enter');
      await roomReady(page, stack.studyInstanceUid);
      expect(await areas()).toBe(before);
      await page.getByTestId('toast-undo').click();
      await roomReady(page, radiograph.studyInstanceUid);
      expect(errors).toEqual([]);
      await page.context().close();
    },
  );
});
