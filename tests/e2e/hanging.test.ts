import AxeBuilder from '@axe-core/playwright';
import type { Browser, Locator, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { type GeneratedStudy, generateStudy } from '#test-data/study.ts';
import { brokenMammograms } from '../support/broken-mammograms.ts';
import { type Graphics, keepScreenshot, launchChromium } from '../support/chromium.ts';
import { missingPeer } from '../support/peers.ts';
import { type ReadingSite, startReadingSite } from '../support/reading-site.ts';
import { seedRun } from '../support/seed-studies.ts';
import { centreOfHeat, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';

/** As many as a patient with a chronic disease may have. */
const PRIORS = 30;
const BOTH: readonly Graphics[] = ['swiftshader', 'none'];

describe.skipIf(missingPeer('chromium'))('hanging', () => {
  const radiograph = { kind: 'DX', view: 'PA', photometric: 'MONOCHROME2', lesion: null } as const;
  const views = generateStudy({ ...radiograph, seed: 'hanging-1', lateral: true });
  const prior = generateStudy({ ...radiograph, seed: 'hanging-2', lateral: true });
  const older = generateStudy({ ...radiograph, seed: 'hanging-3' });
  const breasts = generateStudy({ kind: 'MG', seed: 'hanging-4', lesion: null, smallLeft: true });
  const breastsBefore = generateStudy({ kind: 'MG', seed: 'hanging-7', lesion: null });
  /** The left oblique view, which is stored as it hangs. */
  const lateUid = breasts.files[0]?.sopInstanceUid ?? '';
  const slices = { kind: 'CT', lesion: null, slices: 12, matrix: 128 } as const;
  // The study is one image of twelve frames, its prior twelve files.
  const chest = generateStudy({ ...slices, seed: 'hanging-5', localizer: true, enhanced: true });
  const chestBefore = generateStudy({ ...slices, seed: 'hanging-6' });
  let often = { studyInstanceUid: '' };
  let broken: Awaited<ReturnType<typeof brokenMammograms>>;
  let site: ReadingSite;
  const browsers = new Map<Graphics, Browser>();

  type Columns = NonNullable<Parameters<ReadingSite['keep']>[2]>;

  async function keep(study: GeneratedStudy, columns: Columns) {
    const files = study.files.map(({ bytes }) => bytes);
    const { studyInstanceUid } = study;
    return { studyInstanceUid, ...(await site.keep(studyInstanceUid, files, columns)) };
  }

  beforeAll(async () => {
    site = await startReadingSite(['reader']);
    const patient = { patientKey: 'one' };
    // Findings on the frontal view, of the study and of its prior.
    const marked = [
      await keep(views, { ...patient, studyDate: '20260112' }),
      await keep(prior, { ...patient, studyDate: '20241101', studyDescription: 'Chest before' }),
    ];
    for (const [place, study] of marked.entries()) {
      const { sopInstanceUid = '' } = [views, prior][place]?.files[0] ?? {};
      const { imageRevision } = study;
      await seedRun(site.database, study, { imageRevision, sopInstanceUid, box: [20, 70, 90, 50] });
    }
    await keep(older, { ...patient, studyDate: '20190304' });
    const screened = { patientKey: 'five', modality: 'MG', studyDescription: 'Mammography' };
    await keep(breasts, { ...screened, studyDate: '20260112' });
    await keep(breastsBefore, { ...screened, studyDate: '20240112' });
    const second = { patientKey: 'two', modality: 'CT' };
    await keep(chest, { ...second, studyDate: '20260112' });
    await keep(chestBefore, { ...second, studyDate: '20250112' });
    const third = { patientKey: 'three', modality: 'MG' };
    broken = await brokenMammograms('now', 4);
    const before = await brokenMammograms('before', 1);
    for (const [place, { studyInstanceUid, files }] of [broken, before].entries()) {
      await site.keep(studyInstanceUid, files, { ...third, studyDate: `${2026 - place}0112` });
    }
    for (let year = 0; year <= PRIORS; year += 1) {
      const { studyInstanceUid, bytes } = minimalImage({ modality: 'DX', seed: `year ${year}` });
      const when = { patientKey: 'four', studyDate: `${2026 - year}0112` };
      await site.keep(studyInstanceUid, [bytes], when);
      if (year === 0) often = { studyInstanceUid };
    }
    for (const graphics of BOTH) browsers.set(graphics, await launchChromium(graphics));
  });
  afterAll(async () => {
    for (const browser of browsers.values()) await browser.close();
    await site?.stop();
  });

  async function open(graphics: Graphics, study: { studyInstanceUid: string }) {
    const browser = browsers.get(graphics);
    if (browser === undefined) throw new Error('no browser');
    const { page, errors } = await site.open(browser, 'reader');
    await page.goto(`${site.url}/studies/${study.studyInstanceUid}`);
    await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
    return { page, errors };
  }

  const paneOf = (page: Page, slot: number | 'prior') =>
    page.locator(`[data-testid="pane"][data-slot="${slot}"]`);
  const titleOf = (pane: Locator) =>
    pane.locator('[data-corner="top-left"] span').first().innerText();
  const activeSlot = (page: Page) =>
    page.locator('[data-testid="pane"][data-active="true"]').getAttribute('data-slot');
  const heatOf = (pane: Locator, visible: boolean) =>
    pane
      .locator(`[data-testid="heatmap-canvas"][data-visible="${visible}"]`)
      .waitFor({ state: 'attached' });

  const wallOf = (slot: number) => (slot % 2 === 0 ? 'right' : 'left');

  /** Waits until the bright breast begins so many pixels from an edge of its pane, and gives how deep it is. */
  async function breastAt(
    page: Page,
    slot: number,
    wall: 'left' | 'right',
    distance: number,
    deadlineMs = 10_000,
  ) {
    await page.mouse.move(2, 2);
    return waitFor(
      async () => {
        const { data, width, height } = await rawScreenshot(paneOf(page, slot));
        const row = Math.floor(height * 0.45);
        const isBright = (fromWall: number) => {
          const x = wall === 'left' ? fromWall : width - 1 - fromWall;
          return (data[3 * (row * width + x)] ?? 0) > 40;
        };
        // The frame of the pane covers two pixels.
        let from = 2;
        while (from < width && !isBright(from)) from += 1;
        let to = from;
        while (to < width && isBright(to)) to += 1;
        return Math.abs(from - Math.max(2, distance)) <= 1 ? { depth: to - from } : null;
      },
      { deadlineMs, what: `the breast ${distance} pixels from the ${wall} edge of pane ${slot}` },
    );
  }

  /** Drags with the middle button, which moves the image. */
  async function drag(page: Page, pane: Locator, right: number) {
    const { x, y, width, height } = (await pane.boundingBox()) ?? {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
    };
    const [fromX, fromY] = [x + width / 2, y + height / 2];
    await page.mouse.move(fromX, fromY);
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(fromX + right, fromY, { steps: 4 });
    await page.mouse.up({ button: 'middle' });
  }

  it.each(BOTH)(
    'shows two views side by side and a prior beside them, each with its own marks or none (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await open(graphics, views);
      const [frontal, lateral] = [paneOf(page, 0), paneOf(page, 1)];
      expect([await titleOf(frontal), await titleOf(lateral)]).toEqual(['PA', 'Lateral']);
      expect(await activeSlot(page)).toBe('0');
      expect(await page.getByTestId('prior').count()).toBe(2);
      await heatOf(frontal, true);
      await page.keyboard.press('<');
      const beside = paneOf(page, 'prior');
      await beside.getByTestId('image-place').waitFor();
      const strip = page.getByTestId('prior-strip');
      expect(await strip.innerText()).toMatch(
        /PRIOR, 14 months earlier\s+1 Nov 2024 .*Chest before/,
      );
      expect(await titleOf(beside)).toBe('PA');
      await keepScreenshot(page, `hanging-prior-${graphics}`);

      // What the AI's marks change lies in the frontal pane alone, where its heatmap is.
      const panes = [frontal, lateral, beside];
      await page.mouse.move(2, 2);
      const on = await Promise.all(panes.map(rawScreenshot));
      await page.keyboard.press('o');
      await page.keyboard.press('b');
      await heatOf(frontal, false);
      const off = await Promise.all(panes.map(rawScreenshot));
      const heat = panes.map((_, place) => {
        const [with_, without] = [on[place], off[place]];
        if (with_ === undefined || without === undefined) throw new Error('no pixels');
        return { ...centreOfHeat(with_, without), width: with_.width };
      });
      expect(heat.map(({ count }) => count > 50)).toEqual([true, false, false]);
      expect(heat.slice(1).map(({ count }) => count)).toEqual([0, 0]);
      const [{ x, width }] = [heat[0] ?? { x: 0, width: 1 }];
      expect(x / width).toBeLessThan(128 / 576);
      expect(await beside.locator('[data-testid="finding-marks"]').count()).toBe(0);

      // Keys that judge rest while the prior is acted on.
      const decided = page.locator('[data-testid="finding"][data-state="confirm"]');
      await beside.click();
      expect(await activeSlot(page)).toBe('prior');
      await page.keyboard.press('y');
      await page.keyboard.press('m');
      expect(await decided.count()).toBe(0);
      expect(await page.getByTestId('viewport').getAttribute('data-editing')).toBe('no');
      await page.keyboard.press('f');
      expect(await activeSlot(page)).toBe('0');
      await page.keyboard.press('y');
      await decided.waitFor();

      await page.keyboard.press('<');
      await page.getByText(/PRIOR, 7 years earlier/).waitFor();
      await page.keyboard.press('>');
      await page.getByText(/PRIOR, 14 months earlier/).waitFor();
      await page.keyboard.press('>');
      await strip.waitFor({ state: 'detached' });
      const read = await site.database
        .selectFrom('auditLog')
        .select(['action'])
        .where('studyInstanceUid', '=', prior.studyInstanceUid)
        .execute();
      expect(read.map(({ action }) => action)).toContain('study.read');
      const { openedBy } = await site.database
        .selectFrom('study')
        .select(['openedBy'])
        .where('studyInstanceUid', '=', prior.studyInstanceUid)
        .executeTakeFirstOrThrow();
      expect(openedBy).toBeNull();
      expect(errors).toEqual([]);
      await page.context().close();
    },
  );

  it.each(BOTH)(
    'hangs four mammograms back to back, turns the one that is stored turned, and has its layouts by keys (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await open(graphics, breasts);
      const titles = await Promise.all([0, 1, 2, 3].map((slot) => titleOf(paneOf(page, slot))));
      expect(titles).toEqual(['R CC', 'L CC', 'R MLO', 'L MLO']);
      await keepScreenshot(page, `hanging-mammograms-${graphics}`);
      const edge = (slot: number, side: string) =>
        paneOf(page, slot).getByTestId(`edge-${side}`).innerText();
      const walls = await Promise.all(
        [0, 1, 2, 3].map((slot) => edge(slot, slot % 2 === 0 ? 'right' : 'left')),
      );
      expect(walls).toEqual(['P', 'P', 'P', 'P']);
      /** CSS pixels a millimetre, as the bar of the pane tells. */
      const scaleIn = async (slot: number | 'prior') => {
        const bar = paneOf(page, slot).getByTestId('scale-bar');
        const length = await bar
          .locator('i')
          .evaluate((line) => Number.parseFloat(line.style.width));
        return length / Number.parseFloat(await bar.innerText());
      };
      const depths: number[] = [];
      for (const slot of [0, 1, 2, 3]) {
        const found = await breastAt(page, slot, wallOf(slot), 0);
        depths.push(found.depth);
      }
      // The detector of the left breast is smaller: the breasts are of one size all the same.
      expect(Math.max(...depths) - Math.min(...depths)).toBeLessThan(4);
      // Single images do not scroll together, and the button says so.
      const link = page.getByTestId('link');
      expect(await link.getAttribute('aria-disabled')).toBe('true');
      expect(await link.getAttribute('title')).toMatch(/needs two panes with stacks/);
      await page.keyboard.press('/');
      expect(await link.getAttribute('aria-pressed')).toBe('false');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await page.keyboard.press('f');
      expect(await activeSlot(page)).toBe('1');
      await page.keyboard.press('9');
      await page.locator('[data-slot="1"][data-enlarged="true"]').waitFor();
      const enlarged = await paneOf(page, 1).boundingBox();
      const room = await page.getByTestId('viewport').boundingBox();
      expect([enlarged?.width, enlarged?.height]).toEqual([room?.width, room?.height]);
      const large = await breastAt(page, 1, 'left', 0);
      expect(large.depth).toBeGreaterThan(1.5 * (depths[1] ?? 0));
      // Turned, it lies with its chest wall at the other edge; moved, it goes on from there.
      await page.keyboard.press('h');
      await breastAt(page, 1, 'right', 0);
      await page.keyboard.press(' ');
      await breastAt(page, 1, 'left', 0);
      await drag(page, paneOf(page, 1), 40);
      const moved = await breastAt(page, 1, 'left', 40);
      expect(Math.abs(moved.depth - large.depth)).toBeLessThan(4);
      await page.keyboard.press('=');
      await breastAt(page, 1, 'left', 0);
      await page.keyboard.press('9');
      await page.locator('[data-slot="0"][aria-hidden="false"]').waitFor();
      await page.setViewportSize({ width: 1100, height: 700 });
      for (const slot of [0, 1]) await breastAt(page, slot, wallOf(slot), 0);
      await page.setViewportSize({ width: 1366, height: 768 });
      // In a pane of another size stands the prior, in the same scale until it has the whole room.
      await page.locator('[data-slot="1"][data-active="true"]').waitFor();
      await page.keyboard.press('<');
      await paneOf(page, 'prior').getByTestId('image-place').waitFor();
      await waitFor(
        async () => {
          const scales = await Promise.all([0, 1, 2, 3, 'prior' as const].map(scaleIn));
          return Math.max(...scales) / Math.min(...scales) < 1.02;
        },
        { what: 'the prior in the scale of the study' },
      );
      for (const slot of [0, 1]) await breastAt(page, slot, wallOf(slot), 0);
      await keepScreenshot(page, `hanging-mammograms-prior-${graphics}`);
      await page.keyboard.press('>');
      await paneOf(page, 'prior').waitFor({ state: 'detached' });
      await breastAt(page, 0, 'right', 0);
      await page.keyboard.press('7');
      await paneOf(page, 2).waitFor({ state: 'detached' });
      expect(await page.getByTestId('pane').count()).toBe(2);
      await page.reload();
      await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
      expect(await page.getByTestId('pane').count()).toBe(2);
      expect(errors).toEqual([]);
      await page.context().close();
    },
  );

  it.each(BOTH)(
    'draws where a slice cuts its localizer, and lets a prior scroll along (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await open(graphics, chest);
      const placeIn = (slot: number | 'prior') =>
        paneOf(page, slot).getByTestId('image-place').innerText();
      await page.keyboard.press('7');
      await paneOf(page, 1).getByText('Localizer').waitFor();
      const line = paneOf(page, 1).getByTestId('reference-line');
      const numbers = async () => {
        const read = (name: string) => line.getAttribute(name).then(Number);
        return Promise.all([read('x1'), read('y1'), read('x2'), read('y2')]);
      };
      const lineAt = async (key: string, place: string) => {
        await page.keyboard.press(key);
        await paneOf(page, 0).getByText(place, { exact: true }).waitFor();
        // The line is drawn with the place of its slice.
        return numbers();
      };
      const [x1 = 0, first = 0, x2 = 0, level] = await lineAt('Home', '1 / 12');
      expect(level).toBeCloseTo(first, 3);
      const [, last = 0] = await lineAt('End', '12 / 12');
      const stage = await paneOf(page, 1).boundingBox();
      const [width, height] = [stage?.width ?? 0, stage?.height ?? 0];
      // Twelve slices fill the localizer's height; each is cut in its middle, over the whole width.
      const image = ((last - first) / 11) * 12;
      expect(Math.abs(first - ((height - image) / 2 + image / 24))).toBeLessThan(2);
      expect(Math.abs((x1 + x2) / 2 - width / 2)).toBeLessThan(2);
      await keepScreenshot(page, `hanging-reference-line-${graphics}`);
      // The localizer is one image: nothing scrolls together with it.
      const link = page.getByTestId('link');
      expect(await link.getAttribute('aria-disabled')).toBe('true');

      await page.keyboard.press('6');
      await page.keyboard.press('Home');
      await page.keyboard.press('<');
      await paneOf(page, 'prior').getByText('1 / 12', { exact: true }).waitFor();
      await page.keyboard.press('ArrowDown');
      await paneOf(page, 0).getByText('2 / 12', { exact: true }).waitFor();
      expect(await placeIn('prior')).toBe('1 / 12');
      expect(await link.getAttribute('aria-disabled')).toBe('false');
      await page.keyboard.press('/');
      await paneOf(page, 'prior').getByTestId('linked').waitFor();
      for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowDown');
      await paneOf(page, 0).getByText('5 / 12', { exact: true }).waitFor();
      // It keeps the slice by which it was behind.
      await paneOf(page, 'prior').getByText('4 / 12', { exact: true }).waitFor();
      await keepScreenshot(page, `hanging-linked-${graphics}`);
      // From the other side too.
      await page.keyboard.press('f');
      await page.keyboard.press('ArrowUp');
      await paneOf(page, 0).getByText('4 / 12', { exact: true }).waitFor();
      await page.keyboard.press('/');
      await page.keyboard.press('Home');
      await paneOf(page, 'prior').getByText('1 / 12', { exact: true }).waitFor();
      expect(await placeIn(0)).toBe('4 / 12');
      expect(errors).toEqual([]);
      await page.context().close();
    },
  );

  it.each(BOTH)(
    'says in its pane which image cannot be drawn, and lets the others be read (graphics: %s)',
    async (graphics) => {
      const browser = browsers.get(graphics);
      if (browser === undefined) throw new Error('no browser');
      const { page, errors } = await site.open(browser, 'reader');
      // What is cut short comes last: a codec that keeps the image before would show that.
      await page.route(`**/${broken.brokenUid}/frames/1`, async (route) => {
        await paneOf(page, 0).getByTestId('image-place').waitFor();
        await route.continue();
      });
      await page.goto(`${site.url}/studies/${broken.studyInstanceUid}`);
      const failureIn = (slot: number | 'prior') =>
        paneOf(page, slot).getByTestId('image-failure').waitFor();
      await failureIn(3);
      for (const slot of [0, 1, 2]) await paneOf(page, slot).getByTestId('image-place').waitFor();
      expect(await page.getByTestId('image-failure').innerText()).toMatch(
        /could not be drawn.*L MLO/s,
      );
      const ready = (is: boolean) =>
        page.locator(`[data-testid="reading-page"][data-ready="${is}"]`).waitFor();
      await ready(true);
      // Nothing is signed on an image that is not seen; its prior can be asked for all the same, and fails for itself.
      for (const _ of [1, 2, 3]) await page.keyboard.press('f');
      await ready(false);
      await page.keyboard.press('s');
      await page.keyboard.press('<');
      await failureIn('prior');
      expect(await page.getByTestId('sign-strip').count()).toBe(0);
      await keepScreenshot(page, `hanging-undecodable-${graphics}`);
      await paneOf(page, 0).click();
      await ready(true);
      await paneOf(page, 'prior').click();
      expect(await activeSlot(page)).toBe('prior');
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await page.keyboard.press('>');
      await paneOf(page, 'prior').waitFor({ state: 'detached' });
      await page.keyboard.press('s');
      await page.getByTestId('sign-strip').waitFor();
      // The loader tells the browser of what it could not load.
      expect(errors.filter((error) => !/^the decoded image is not/.test(error))).toEqual([]);
      await page.context().close();
    },
  );

  it.each(BOTH)(
    'stays with the image that was asked for last, when one before it comes late or never (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await open(graphics, breasts);
      await page.keyboard.press('6');
      await page.reload();
      await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
      const isLate = ({ pathname }: URL) =>
        pathname.includes(lateUid) && pathname.includes('/frames/');
      for (const end of ['late', 'never'] as const) {
        let letGo = () => {};
        const held = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        await page.route(isLate, async (route) => {
          await held;
          if (end === 'late') await route.continue();
          else await route.abort();
        });
        const asked = page.waitForRequest((request) => isLate(new URL(request.url())));
        await page.getByTestId('series').nth(0).click();
        await asked;
        await page.getByTestId('series').nth(3).click();
        await breastAt(page, 0, 'right', 0);
        const predicate = (request: Request) => isLate(new URL(request.url()));
        const over =
          end === 'late'
            ? page.waitForEvent('requestfinished', { predicate })
            : page.waitForEvent('requestfailed', { predicate });
        letGo();
        await over;
        for (let look = 0; look < 8; look += 1) await breastAt(page, 0, 'right', 0, 0);
        expect(await titleOf(paneOf(page, 0))).toBe('R MLO');
        expect(await page.getByTestId('image-failure').count()).toBe(0);
        await page.unroute(isLate);
        await page.reload();
        await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
      }
      // The loader tells the browser's console of a request that was broken off.
      expect(errors.filter((error) => error !== 'XMLHttpRequest')).toEqual([]);
      await page.context().close();
    },
  );

  it('goes through many priors by a key, the one that stands beside the study always in sight of the list', async () => {
    const { page, errors } = await open('none', often);
    await page.getByText(`${PRIORS} priors`).waitFor();
    const ofList = page.locator('[data-testid="prior"][aria-current="true"]');
    const inSight = async (place: number) => {
      await paneOf(page, 'prior').getByText(`${place} of ${PRIORS}`).waitFor();
      await paneOf(page, 'prior').getByTestId('image-place').waitFor();
      const [list, row] = [
        await page.getByTestId('priors').boundingBox(),
        await ofList.boundingBox(),
      ];
      if (list === null || row === null) throw new Error('no list');
      expect(row.y).toBeGreaterThanOrEqual(list.y - 1);
      expect(row.y + row.height).toBeLessThanOrEqual(list.y + list.height + 1);
    };
    for (let place = 1; place <= 10; place += 1) {
      await page.keyboard.press('<');
      await inSight(place);
    }
    await keepScreenshot(page, 'hanging-many-priors');
    // Two stay in memory; those before them are fetched again.
    const again: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/metadata')) again.push(request.url());
    });
    await page.keyboard.press('>');
    await inSight(9);
    expect(again).toEqual([]);
    await page.keyboard.press('>');
    await inSight(8);
    expect(again).toHaveLength(1);
    // Faster than any of them can be drawn.
    for (let place = 9; place <= PRIORS; place += 1) await page.keyboard.press('<');
    await inSight(PRIORS);
    expect(errors).toEqual([]);
    await page.context().close();
  });
});
