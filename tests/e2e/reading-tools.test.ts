import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Graphics, keepScreenshot, launchChromium } from '../support/chromium.ts';
import { keepPaintedStudy, type PaintedStudy } from '../support/painted-study.ts';
import { missingPeer } from '../support/peers.ts';
import { drag, openStudy, placesOn, roomReady } from '../support/reading-page.ts';
import { type PageOpening, type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { centreOfHeat, centreOfWhite, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';

const GRAPHICS: readonly Graphics[] = ['swiftshader', 'none'];

/** Gives the page its graphics contexts in hand, to be lost as a driver loses them. */
const COLLECT_CONTEXTS = `
  window.contexts = [];
  const { getContext } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    const context = getContext.call(this, kind, ...more);
    if (kind === 'webgl2' && context !== null && !window.contexts.includes(context)) {
      window.contexts.push(context);
    }
    return context;
  };`;

const COUNT_CONTEXTS = 'window.contexts.filter((each) => !each.isContextLost()).length';

const LOSE_CONTEXTS = `
  window.losing = window.contexts
    .filter((each) => !each.isContextLost())
    .map((each) => each.getExtension('WEBGL_lose_context'));
  for (const each of window.losing) each.loseContext();`;

describe.skipIf(missingPeer('chromium'))('tools of the reading room', () => {
  let site: ReadingSite;
  let study: PaintedStudy;
  const browsers = new Map<Graphics, Browser>();

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    study = await keepPaintedStudy(site, 'tools');
    for (const graphics of GRAPHICS) browsers.set(graphics, await launchChromium(graphics));
  });
  afterAll(async () => {
    for (const browser of browsers.values()) await browser.close();
    await site?.stop();
  });

  /** A page of the reader's with the study open. */
  async function open({ graphics, ...opening }: PageOpening & { graphics?: Graphics } = {}) {
    const browser = browsers.get(graphics ?? 'swiftshader');
    if (browser === undefined) throw new Error('no browser');
    const opened = await site.open(browser, 'reader', opening);
    await openStudy(opened.page, opening.url ?? site.url, study.studyInstanceUid);
    return opened;
  }

  const dense = new Map<Graphics, ReturnType<typeof open>>();
  /** One page for each renderer, on a screen of 1.5 pixels, with the study as it opens. */
  async function onDenseScreen(graphics: Graphics) {
    const opened = dense.get(graphics) ?? open({ graphics, deviceScaleFactor: 1.5 });
    dense.set(graphics, opened);
    const { page, errors } = await opened;
    await page.mouse.move(2, 2);
    await page.keyboard.press('Space');
    return { page, errors };
  }

  /** Waits until the words of a measurement say a number, which they do a frame after the last movement. */
  const measures = (page: Page, pattern: RegExp, wanted: number, share: number) =>
    waitFor(
      async () => {
        const words = await page.locator('.viewport-image svg text').allTextContents();
        const said = words.join(' | ');
        const value = Number(pattern.exec(said)?.[1]);
        if (Math.abs(value / wanted - 1) < share) return said;
        throw new Error(`it says ${said}`);
      },
      { what: `${wanted} by ${pattern}` },
    );

  it.each(GRAPHICS)(
    'measure in millimetres and Hounsfield units, on a screen of one and a half pixels (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await onDenseScreen(graphics);
      const { toPage } = await placesOn(page, study);
      for (const place of [study.middle, { x: 60, y: 128 }, { x: 128, y: 200 }]) {
        const at = toPage({ x: place.x + 0.5, y: place.y + 0.5 });
        await page.mouse.move(at.x, at.y);
        const value = study.hounsfield(place.x, place.y);
        await waitFor(
          async () => {
            const probed = await page.getByTestId('probe').first().innerText();
            return probed === `${value} HU (${place.x + 1}, ${place.y + 1})` ? true : undefined;
          },
          { what: `${value} HU at ${place.x}, ${place.y}` },
        );
      }
      await page.keyboard.press('d');
      await drag(page, [toPage({ x: 60, y: 100 }), toPage({ x: 140, y: 160 })]);
      await measures(page, /([\d.]+) mm/, 100 * study.spacing, 0.01);
      await page.keyboard.press('Delete');

      await page.keyboard.press('a');
      await drag(page, [toPage({ x: 60, y: 60 }), toPage({ x: 120, y: 60 })]);
      const end = toPage({ x: 180, y: 120 });
      await page.mouse.move(end.x, end.y, { steps: 3 });
      await page.mouse.click(end.x, end.y);
      await measures(page, /([\d.]+) ?°/, 135, 0.01);
      await page.keyboard.press('Delete');

      await page.keyboard.press('t');
      await drag(page, [toPage({ x: 60, y: 100 }), toPage({ x: 140, y: 160 })]);
      const said = await measures(page, /L: ([\d.]+) mm/, 100 * study.spacing, 0.01);
      const across = Number(/W: ([\d.]+) mm/.exec(said)?.[1]);
      expect(across).toBeGreaterThan(0);
      expect(across).toBeLessThan(100 * study.spacing);
      await page.keyboard.press('Delete');

      await page.keyboard.press('x');
      await drag(page, [toPage({ x: 40, y: 100 }), toPage({ x: 100, y: 140 })]);
      await measures(page, /Area: ([\d.]+) mm/, 60 * 40 * study.spacing ** 2, 0.02);
      const values: number[] = [];
      for (let row = 100; row < 140; row += 1) {
        for (let column = 40; column < 100; column += 1) values.push(study.hounsfield(column, row));
      }
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      await measures(page, /Mean: (-?[\d.]+) HU/, mean, 0.02);
      const spread = Math.sqrt(
        values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
      );
      await measures(page, /Std Dev: ([\d.]+) HU/, spread, 0.05);
      await keepScreenshot(page, `reading-tools-${graphics}`);
      await page.keyboard.press('Delete');

      await page.keyboard.press('4');
      await page.keyboard.press('w');
      await page.keyboard.press('o');
      await page
        .locator('[data-testid="heatmap-canvas"][data-visible="false"]')
        .waitFor({ state: 'attached' });
      const plain = centreOfWhite(await rawScreenshot(page));
      expect(plain.count).toBeGreaterThan(400);
      const middle = toPage(study.middle);
      await page.mouse.move(middle.x, middle.y);
      await page.mouse.down();
      await page.locator('.magnifyTool canvas').waitFor();
      const larger = await waitFor(
        async () => {
          const white = centreOfWhite(await rawScreenshot(page));
          return white.count > 4 * plain.count ? white : undefined;
        },
        { what: 'the block under the glass' },
      );
      expect(Math.hypot(larger.x - plain.x, larger.y - plain.y)).toBeLessThan(12);
      for (const over of ['.heatmap-canvas', '.marks']) {
        expect(await page.locator(over).first().isVisible(), over).toBe(false);
      }
      await page.mouse.up();
      await page.locator('.magnifyTool').waitFor({ state: 'detached' });
      for (const key of ['w', 'o']) await page.keyboard.press(key);
      expect(errors).toEqual([]);
    },
  );

  it.each(GRAPHICS)(
    'draw heat and contours where they belong on a screen of one and a half pixels (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await onDenseScreen(graphics);
      await page.locator('[data-testid="heatmap-canvas"][data-visible="true"]').waitFor();
      await page.keyboard.press('b');
      await page.keyboard.press('4');
      const shown = (drawing: string) =>
        page.locator(`[data-testid="heatmap-canvas"][data-drawing="${drawing}"]`).waitFor({
          state: 'attached',
        });
      for (const turns of [[], ['h', 'r', '+']]) {
        for (const key of turns) await page.keyboard.press(key);
        await shown('heat');
        const heat = await rawScreenshot(page);
        await page.keyboard.press('0');
        await shown('contour');
        const contour = await rawScreenshot(page);
        await page.keyboard.press('0');
        await shown('off');
        const off = await rawScreenshot(page);
        await page.keyboard.press('0');
        const block = centreOfWhite(off);
        expect(block.count).toBeGreaterThan(400);
        for (const [what, on] of [
          ['heat', heat],
          ['contour', contour],
        ] as const) {
          const found = centreOfHeat(on, off);
          const where = `${what} after ${turns.join()}`;
          expect(found.count, where).toBeGreaterThan(300);
          expect(Math.hypot(found.x - block.x, found.y - block.y), where).toBeLessThan(6);
        }
      }
      expect(errors).toEqual([]);
    },
  );

  it('go to what was found by the strip beside the stack and by keys, in one line of tools', async () => {
    const { page, errors } = await open({ size: { width: 1024, height: 768 } });
    const place = page.getByTestId('image-place').first();
    const isAt = (slice: number) =>
      waitFor(
        async () => ((await place.innerText()) === `${slice} / ${study.slices}` ? true : undefined),
        { what: `slice ${slice}` },
      );
    const strip = page.getByTestId('finding-strip').first();
    const painted = study.paintedSlice + 1;
    await isAt(painted);
    expect(await strip.getAttribute('aria-valuenow')).toBe(String(painted));
    expect(await strip.getAttribute('aria-valuetext')).toMatch(
      /lesion 0\.91, no verdict, heat up to/,
    );
    await page.keyboard.press('End');
    await isAt(study.slices);
    await page.keyboard.press('.');
    await page.keyboard.press(',');
    await isAt(painted);
    const area = await strip.boundingBox();
    if (area === null) throw new Error('no strip');
    const heightOf = (slice: number) => area.y + ((slice - 0.5) / study.slices) * area.height;
    await page.mouse.click(area.x + 10, heightOf(4));
    await isAt(4);
    await page.mouse.move(area.x + 10, heightOf(painted));
    expect(await page.getByTestId('strip-words').innerText()).toMatch(
      new RegExp(`Slice ${painted} / ${study.slices}.*lesion 0\\.91, no verdict.*heat`, 's'),
    );
    await strip.focus();
    await page.keyboard.press('ArrowUp');
    await isAt(3);
    await page.keyboard.press('y');
    await page.locator('[data-testid="strip-finding"][data-state="confirm"]').waitFor();

    const toolbar = page.getByRole('toolbar');
    expect((await toolbar.boundingBox())?.height).toBeLessThan(44);
    const beyond = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.toolbar'))`;
    expect(await page.evaluate<number>(beyond)).toBe(0);
    await page.getByRole('button', { name: 'Measure' }).focus();
    for (const key of ['Enter', 'Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
    const angle = page.getByRole('button', { name: 'Angle', exact: true });
    expect(await angle.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Measure' }).click();
    expect(await angle.getAttribute('aria-pressed')).toBe('true');
    const faults = (await new AxeBuilder({ page }).analyze()).violations;
    expect(faults.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await angle.isVisible()).toBe(false);

    await page.getByTestId('finding-model').getByRole('button').click();
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press(';');
    await page.reload();
    await roomReady(page);
    await page.locator('[data-testid="legend"][data-colours="viridis"]').waitFor();
    expect(await page.getByTestId('legend-point').innerText()).toContain('0.50');
    await page.keyboard.press('u');
    expect(errors).toEqual([]);
  });

  it('rest while the graphics card is reset, and have the same image back after it', async () => {
    const { page, errors } = await open({ before: COLLECT_CONTEXTS });
    const live = (wanted: number) =>
      waitFor(
        async () => {
          const count = await page.evaluate<number>(COUNT_CONTEXTS);
          if (count !== wanted) throw new Error(`there are ${count}`);
          return true;
        },
        { what: `${wanted} graphics contexts` },
      );
    const opened = await page.evaluate<number>(COUNT_CONTEXTS);
    // A browser has sixteen for all its pages: one that is left must not take them from others.
    await page.keyboard.press('q');
    await live(opened - 1);
    await page.evaluate(`history.pushState(null, '', '/studies/${study.studyInstanceUid}')`);
    await roomReady(page);
    await live(opened);
    await page.mouse.move(2, 2);
    await page.keyboard.press('2');
    await page.getByTestId('window').filter({ hasText: 'W 1500' }).waitFor();
    const before = await rawScreenshot(page);
    const lose = async () => {
      await page.evaluate(LOSE_CONTEXTS);
      await page.locator('[data-testid="reading-page"][data-ready="false"]').waitFor();
      expect(await page.getByTestId('image-failure').innerText()).toMatch(/graphics/i);
    };
    await lose();
    await page.keyboard.press('y');
    expect(await page.locator('[data-testid="finding"][data-state="confirm"]').count()).toBe(0);
    await page.evaluate('for (const each of window.losing) each.restoreContext()');
    await roomReady(page);
    // What was only tried when the page began does not come back, and the one that came back was given away.
    await live(1);
    await page.getByTestId('window').filter({ hasText: 'W 1500' }).waitFor();
    const after = await rawScreenshot(page);
    const differing = after.data.filter(
      (value, at) => Math.abs(value - (before.data[at] ?? 0)) > 8,
    );
    expect(differing.length / after.data.length).toBeLessThan(0.001);
    // A browser that does not give it back draws without.
    await lose();
    await roomReady(page);
    await page.getByText('software rendering').waitFor();
    await page.keyboard.press('y');
    await page.locator('[data-testid="finding"][data-state="confirm"]').waitFor();
    await keepScreenshot(page, 'reading-graphics-lost');
    await page.keyboard.press('u');
    expect(errors).toEqual([]);
  });

  it('keep the draft when the page crashes', async () => {
    const { page } = await open();
    await page.keyboard.press('n');
    await page.keyboard.press('s');
    await page.getByTestId('comment').fill('half a sentence');
    const context = page.context();
    const devtools = await context.newCDPSession(page);
    const crash = page.waitForEvent('crash');
    // Its own answer never comes: the page that would give it is gone.
    devtools.send('Page.crash').catch(() => undefined);
    await crash;
    const again = await context.newPage();
    await again.goto(`${site.url}/studies/${study.studyInstanceUid}`);
    await roomReady(again);
    await again.locator('[data-testid="finding"][data-state="reject"]').waitFor();
    await again.keyboard.press('s');
    expect(await again.getByTestId('comment').inputValue()).toBe('half a sentence');
  });

  it('record an impression in triage-only mode, and show no place before or after it', async () => {
    const url = await site.serveAlso({ readingMode: 'triage-only', blindFirst: 'site' });
    const { page, errors } = await open({ url });
    const noPlaces = async () => {
      for (const part of [
        'finding-strip',
        'heatmap-canvas',
        'legend',
        'finding-marks',
        'finding',
      ]) {
        expect([part, await page.getByTestId(part).count()]).toEqual([part, 0]);
      }
    };
    await page.getByTestId('blind-first').waitFor();
    await noPlaces();
    expect(await page.getByTestId('model-result').count()).toBe(0);
    await page.keyboard.press('.');
    await page.keyboard.press('s');
    await page.getByTestId('impression-form').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.type('a white square');
    await page.keyboard.press('Enter');
    await page.getByTestId('model-result').first().waitFor();
    await roomReady(page);
    await page.getByTestId('withheld').waitFor();
    expect(await page.getByTestId('own-impression').innerText()).toContain('a white square');
    await noPlaces();
    await page.keyboard.press('s');
    await page.keyboard.press('Enter');
    const review = await waitFor(
      () => site.database.selectFrom('review').select(['readingMode', 'reader']).executeTakeFirst(),
      { what: 'the review to be stored' },
    );
    expect(review).toEqual({ readingMode: 'triage-only', reader: 'reader' });
    expect(errors).toEqual([]);
  });
});
