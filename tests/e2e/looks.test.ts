import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notifyChange } from '#platform/database/changes.ts';
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

const FIVE_FRAMES = `new Promise((done) => {
  let left = 5;
  const next = () => (left-- > 0 ? requestAnimationFrame(next) : done());
  next();
})`;

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
  const prior = generateStudy({ kind: 'DX', seed: 'looks before', lesion: null });

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    stack = await keepPaintedStudy(site, 'looks');
    const files = radiograph.files.map(({ bytes }) => bytes);
    const patient = { patientKey: 'one', patientName: 'Phantom-Example^Maximiliane Josephine' };
    await site.keep(radiograph.studyInstanceUid, files, { ...patient, studyDate: '20260112' });
    const before = prior.files.map(({ bytes }) => bytes);
    const reported = { studyDate: '20241101', readingStatus: 'reported-elsewhere' } as const;
    await site.keep(prior.studyInstanceUid, before, { ...patient, ...reported });
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

  /** Whether all of these parts are within the window, and hold what is in them. */
  async function areWhole(page: Page, ...parts: readonly string[]): Promise<void> {
    const cut = await page.evaluate<string[]>(`${JSON.stringify(parts)}.filter((part) => {
      const element = document.querySelector(part);
      if (element === null) return true;
      const { left, top, right, bottom } = element.getBoundingClientRect();
      const isOutside = left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
      return isOutside || element.scrollWidth > element.clientWidth;
    })`);
    expect(cut).toEqual([]);
  }
  async function openedBy(reader: string | null): Promise<void> {
    const openedAt = reader === null ? null : new Date();
    await site.database
      .updateTable('study')
      .set({ readingStatus: reader === null ? 'unread' : 'open', openedBy: reader, openedAt })
      .where('studyInstanceUid', '=', radiograph.studyInstanceUid)
      .execute();
    await notifyChange(site.database, radiograph.studyInstanceUid);
  }

  const heightOf = async (page: Page, part: string) =>
    (await page.locator(part).boundingBox())?.height ?? 0;
  const faultsOf = async (page: Page) =>
    (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [
      id,
      nodes[0]?.target,
    ]);
  const speaking = (language: string, theme: string) =>
    `localStorage.setItem('radtriage.language', '${language}'); localStorage.setItem('radtriage.theme', '${theme}');`;

  it('fits an upright tablet, in German and in the light look, with a prior, menus and dialogs', async () => {
    const size = { width: 768, height: 1024 };
    const before = speaking('de', 'light');
    const { page, errors } = await site.open(browser, 'reader', { size, before });
    await page.goto(`${site.url}/studies/${radiograph.studyInstanceUid}`);
    await roomReady(page, radiograph.studyInstanceUid);
    const parts = ['.banner', '.why-here', '.toolbar', '.layouts', '.side', '.sign-actions'];
    await areWhole(page, ...parts);
    await page.getByTestId('why-here').click();
    await page.getByTestId('why-here-words').getByText('MEDIUM').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await page.getByTestId('why-here').click();
    await page.getByTestId('why-here-words').waitFor({ state: 'detached' });
    await press(page, '<');
    const beside = page.locator('[data-slot="prior"]');
    await beside.getByTestId('image-place').waitFor();
    await areWhole(page, ...parts, '.prior-steps');
    const strip = await heightOf(page, '.prior-strip');
    await beside.getByTestId('image-place').click({ force: true });
    await page.locator('[data-slot="prior"][data-active="true"]').waitFor();
    expect(await heightOf(page, '.prior-strip')).toBe(strip);
    await keepScreenshot(page, 'looks-tablet-prior');
    expect(await faultsOf(page)).toEqual([]);
    await press(page, '?');
    await page.getByTestId('key-help').waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await press(page, 'Escape', '>');
    await beside.waitFor({ state: 'detached' });
    await page.getByTestId('sign-off').click();
    await page.getByTestId('sign-now').waitFor();
    await areWhole(page, '.sign-off', '.sign-actions');
    expect(await faultsOf(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('is worked with fingers: one for the window, two for zoom, three for the stack', async () => {
    const { page, errors } = await site.open(browser, 'reader', {
      size: { width: 1024, height: 768 },
    });
    await page.goto(`${site.url}/studies/${stack.studyInstanceUid}`);
    await roomReady(page, stack.studyInstanceUid);
    const devtools = await page.context().newCDPSession(page);
    const area = await page.locator('.viewport-image').first().boundingBox();
    if (area === null) throw new Error('no viewport');
    const [x, y] = [area.x + area.width / 2, area.y + area.height / 2];
    const pixelsACentimetre = () =>
      page.evaluate<number>(`(() => {
        const bar = document.querySelector('[data-testid="scale-bar"]');
        const [, length, unit] = /([0-9.]+) (cm|mm)/.exec(bar.textContent);
        return bar.querySelector('i').clientWidth / (unit === 'cm' ? length : length / 10);
      })()`);
    const said = async () => ({
      window: await page.getByTestId('window').innerText(),
      place: await page.getByTestId('image-place').innerText(),
      scale: await pixelsACentimetre(),
    });
    /** Fingers that stand side by side, and go down, or apart. */
    async function drag(fingers: number, [down, apart]: readonly [number, number]): Promise<void> {
      const at = (share: number) =>
        Array.from({ length: fingers }, (_, finger) => ({
          x: x + (finger - (fingers - 1) / 2) * (60 + apart * share),
          y: y + down * share,
          id: finger,
        }));
      const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', share: number | null) =>
        devtools.send('Input.dispatchTouchEvent', {
          type,
          touchPoints: share === null ? [] : at(share),
        });
      await send('touchStart', 0);
      for (let step = 1; step <= 8; step += 1) await send('touchMove', step / 8);
      await send('touchEnd', null);
    }
    /** What the page says once it says the same for some frames: fingers are told of later than they move. */
    const settled = () =>
      waitFor(
        async () => {
          const before = await said();
          await page.evaluate(FIVE_FRAMES);
          const after = await said();
          return JSON.stringify(before) === JSON.stringify(after) ? after : undefined;
        },
        { what: 'the fingers to be heard' },
      );
    const first = await said();
    await drag(1, [60, 0]);
    await page.getByTestId('window').filter({ hasNotText: first.window }).waitFor();
    const second = await settled();
    expect([second.place, second.scale]).toEqual([first.place, first.scale]);
    await drag(2, [0, 120]);
    const third = await waitFor(
      async () => {
        const now = await said();
        return now.scale > 1.2 * first.scale ? now : undefined;
      },
      { what: 'a larger image' },
    );
    expect([third.place, third.window]).toEqual([second.place, second.window]);
    await drag(3, [120, 0]);
    await page.getByTestId('image-place').filter({ hasNotText: first.place }).waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it.each([
    ['de', 'light'],
    ['en', 'dark'],
  ])(
    'keeps filters, verdicts and sign-off in one line at 1366 pixels (%s)',
    async (language, theme) => {
      const before = speaking(language, theme);
      const { page } = await site.open(browser, 'reader', { before });
      await page.goto(site.url);
      await page.getByTestId('worklist-row').first().waitFor();
      const bar = await heightOf(page, '.filter-bar');
      expect(bar).toBeLessThan(60);
      await page.getByTestId('search').fill('phantom');
      await page.locator('.toggles button').nth(2).click();
      await areWhole(page, '.filter-bar');
      expect(await heightOf(page, '.filter-bar')).toBe(bar);
      await page.goto(`${site.url}/studies/${stack.studyInstanceUid}`);
      await roomReady(page, stack.studyInstanceUid);
      for (const part of ['.finding .finding-actions', '.sign-actions']) {
        await areWhole(page, part);
        expect(await heightOf(page, part)).toBeLessThan(40);
      }
      await press(page, 'y', 's');
      await page.getByTestId('sign-now').waitFor();
      expect(await heightOf(page, '.sign-actions')).toBeLessThan(40);
      expect(await faultsOf(page)).toEqual([]);
      await page.context().close();
    },
  );

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
      if (width > 900) {
        await openedBy('colleague');
        await page.getByTestId('opened-by-other').waitFor();
        expect(await areas()).toBe(before);
        await areWhole(page, '.bar', '.bar-slot');
        await keepScreenshot(page, `looks-notice-${width}`);
        await openedBy(null);
        await page.getByTestId('opened-by-other').waitFor({ state: 'detached' });
      }
      expect(errors).toEqual([]);
      await page.context().close();
    },
  );
});
