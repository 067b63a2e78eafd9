import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Graphics, keepScreenshot, launchChromium, openPage } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { missingPeer } from '../support/peers.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { readStudy, sendWithStorescu, writeStudy } from '../support/studies.ts';
import { centreOfHeat, fitted, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';

describe.skipIf(missingPeer('storescu', 'chromium'))('reading', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-e2e-'));
  const lesion = writeStudy(folder, { kind: 'DX', seed: 'e2e-1', lesion: { subtlety: 'obvious' } });
  const second = writeStudy(folder, { kind: 'CR', seed: 'e2e-2', lesion: { subtlety: 'obvious' } });
  const twin = writeStudy(folder, { kind: 'DX', seed: 'e2e-1', lesion: null });
  let instance: Instance;
  const browsers: Browser[] = [];

  beforeAll(async () => {
    instance = await startInstance();
    await addUser(instance, 'reader', 'radiologist');
    for (const study of [twin, lesion, second]) {
      await sendWithStorescu(instance.dicom, study.folder);
      await waitFor(
        async () => (await readStudy(instance, study.studyInstanceUid))?.status === 'analysed',
        {
          what: 'the analysis',
          deadlineMs: 60_000,
        },
      );
    }
  });
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  async function logIn(graphics: Graphics) {
    const browser = await launchChromium(graphics);
    browsers.push(browser);
    const opened = await openPage(browser);
    await opened.page.goto(instance.http.url);
    await opened.page.getByLabel(/user/i).fill('reader');
    await opened.page.getByLabel(/password/i).fill(PASSWORD);
    await opened.page.keyboard.press('Enter');
    await opened.page.getByTestId('worklist-row').first().waitFor();
    return opened;
  }

  const ready = (page: Page) =>
    page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();

  it.each(['swiftshader', 'none'] as const)(
    'shows the heat where the lesion was planted (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await logIn(graphics);
      await page.goto(`${instance.http.url}/studies/${lesion.studyInstanceUid}`);
      await ready(page);
      await page.locator('[data-testid="heatmap-canvas"][data-visible="true"]').waitFor();
      await page.getByTestId('scale-bar').waitFor();
      await page.mouse.move(700, 400);
      expect(await page.getByTestId('probe').innerText()).toMatch(/^-?[\d.]+ .*\(\d+, \d+\)$/);
      await page.mouse.move(2, 2);
      await page.keyboard.press('b');
      const on = await rawScreenshot(page);
      await keepScreenshot(page, `reading-${graphics}-heatmap`);
      await page.keyboard.press('o');
      await page
        .locator('[data-testid="heatmap-canvas"][data-visible="false"]')
        .waitFor({ state: 'attached' });
      const off = await rawScreenshot(page);
      const heat = centreOfHeat(on, off);
      expect(heat.count).toBeGreaterThan(200);
      const study = await readStudy(instance, lesion.studyInstanceUid);
      const image = study?.series[0]?.instances[0];
      const [left = 0, top = 0, width = 0, height = 0] = lesion.lesion?.boxes[0]?.box ?? [];
      const expected = fitted(
        on,
        { columns: image?.columns ?? 1, rows: image?.rows ?? 1 },
        { x: left + width / 2, y: top + height / 2 },
      );
      const tolerance = Math.max(width, height) * expected.scale;
      expect(Math.abs(heat.x - expected.x)).toBeLessThan(tolerance);
      expect(Math.abs(heat.y - expected.y)).toBeLessThan(tolerance);
      expect(errors).toEqual([]);
    },
  );

  it('has no fault that axe can find, on the worklist and in reading', async () => {
    const { page } = await logIn('swiftshader');
    const faultsOf = async () =>
      (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => [
        id,
        nodes.map((node) => node.html),
      ]);
    expect(await faultsOf()).toEqual([]);
    const picture = page.locator(`[data-uid="${lesion.studyInstanceUid}"] img.thumbnail`);
    await waitFor(
      () => picture.evaluate((image) => Number(Reflect.get(image, 'naturalWidth')) > 0),
      {
        what: 'the picture of the study',
      },
    );
    await page.goto(`${instance.http.url}/studies/${lesion.studyInstanceUid}`);
    await ready(page);
    expect(await faultsOf()).toEqual([]);
    await page.keyboard.press('q');
  });

  it('goes from log-in to sign-off by keys alone, and the list moves on', async () => {
    const { page, errors } = await logIn('swiftshader');
    const rows = page.getByTestId('worklist-row');
    const first = await rows.first().getAttribute('data-uid');
    expect([lesion.studyInstanceUid, second.studyInstanceUid]).toContain(first);
    const next = [lesion, second].find(({ studyInstanceUid }) => studyInstanceUid !== first);
    // The next study's pixels are held back, also from being fetched ahead: until they are drawn its keys are dead.
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route(`**/studies/${next?.studyInstanceUid}/**/frames/**`, async (route) => {
      await held;
      await route.continue();
    });
    await keepScreenshot(page, 'worklist');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await ready(page);
    await keepScreenshot(page, 'reading');
    const findings = await page.getByTestId('finding').count();
    expect(findings).toBeGreaterThan(0);
    for (let index = 0; index < findings; index += 1) {
      await page.keyboard.press('y');
      await page.keyboard.press('j');
    }
    await page.keyboard.press('s');
    await page.keyboard.press('Enter');
    await page.getByTestId('toast-undo').waitFor();
    const room = page.getByTestId('reading-page');
    await page
      .locator(`[data-testid="reading-page"][data-uid="${next?.studyInstanceUid}"]`)
      .waitFor();
    await page
      .locator(`[data-testid="banner-patient"][data-uid="${next?.studyInstanceUid}"]`)
      .waitFor();
    for (const key of ['y', 'n', 'm', 'i', 's', '!']) await page.keyboard.press(key);
    expect(await room.getAttribute('data-ready')).toBe('false');
    expect(await page.getByTestId('sign-strip').count()).toBe(0);
    expect(await page.getByRole('dialog').count()).toBe(0);
    letGo();
    await ready(page);
    const open = page.locator('[data-testid="finding"][data-state="open"]');
    expect(await open.count()).toBe(await page.getByTestId('finding').count());
    expect(await page.getByTestId('viewport').getAttribute('data-editing')).toBe('no');
    const reviewed = await waitFor(
      async () => {
        const study = await readStudy(instance, first ?? '');
        return study?.readingStatus === 'reviewed' ? study : undefined;
      },
      { what: 'the review to be stored' },
    );
    expect(reviewed.reviews[0]).toMatchObject({
      reader: 'reader',
      state: 'signed',
      readingMode: 'assist',
      positive: true,
    });
    expect(reviewed.reviews[0]?.verdicts.every((verdict) => verdict.verdict === 'confirm')).toBe(
      true,
    );
    await page.goto(instance.http.url);
    await rows.first().waitFor();
    const left = await rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-uid')));
    expect(left).not.toContain(first);
    expect(left).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  it('keeps a draft when its tab is closed', async () => {
    const { page, context } = await logIn('swiftshader');
    const address = `${instance.http.url}/studies/${twin.studyInstanceUid}`;
    await page.goto(address);
    await ready(page);
    await page.keyboard.press('s');
    await page.getByTestId('comment').fill('half a sentence');
    await page.close();
    const again = await context.newPage();
    await again.goto(address);
    await ready(again);
    await again.keyboard.press('s');
    expect(await again.getByTestId('comment').inputValue()).toBe('half a sentence');
    await again.getByTestId('comment').fill('');
  });

  it.each(['swiftshader', 'none'] as const)(
    'measures what is on the image, in pixels where it is not calibrated (graphics: %s)',
    async (graphics) => {
      const { page, errors } = await logIn(graphics);
      await page.goto(`${instance.http.url}/studies/${twin.studyInstanceUid}`);
      await ready(page);
      const columnAt = async (x: number, y: number) => {
        await page.mouse.move(x, y);
        const told = await page.getByTestId('probe').innerText();
        return Number(/\((\d+),/.exec(told)?.[1]);
      };
      const across = (await columnAt(700, 400)) - (await columnAt(500, 400));
      expect(across).toBeGreaterThan(100);
      await page.keyboard.press('d');
      await page.mouse.move(500, 400);
      await page.mouse.down();
      await page.mouse.move(600, 400, { steps: 4 });
      await page.mouse.move(700, 400, { steps: 4 });
      await page.mouse.up();
      const words = page.locator('.viewport-image svg text');
      await words.first().waitFor();
      // The words follow the last movement by a frame.
      await waitFor(
        async () => {
          const told = (await words.first().textContent()) ?? '';
          const isThere = / px$/.test(told) && Math.abs(Number.parseFloat(told) - across) < 3;
          return isThere ? true : undefined;
        },
        { what: `a length of ${across} px` },
      );
      await page.keyboard.press('p');
      await page.mouse.move(520, 500);
      await page.mouse.down();
      await page.mouse.move(580, 560, { steps: 6 });
      await page.mouse.up();
      // From the middle to the rim, 60 by 60 on the screen: a circle, its area in the image's own pixels.
      const radius = (60 * across) / 200;
      await waitFor(
        async () => {
          const area = await page.getByText(/^Area: /).textContent();
          const told = Number(/Area: (\d+) px/.exec(area ?? '')?.[1]);
          return Math.abs(told / (Math.PI * radius ** 2) - 1) < 0.05 ? true : undefined;
        },
        { what: `the area of a circle of radius ${radius} px` },
      );
      await page.getByText(/^Mean: /).waitFor();
      await keepScreenshot(page, `reading-measured-${graphics}`);
      await page.keyboard.press('Delete');
      await words.first().waitFor({ state: 'detached' });
      expect(errors).toEqual([]);
    },
  );

  it('tells a reader that the study was reported elsewhere, and lets it be put back', async () => {
    const { page, errors } = await logIn('none');
    const address = `${instance.http.url}/studies/${twin.studyInstanceUid}`;
    await page.goto(address);
    await ready(page);
    const told = await readStudy(instance, twin.studyInstanceUid);
    const response = await instance.api('/api/reported-elsewhere', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        accessionNumber: told?.accessionNumber,
        patientId: told?.patientId,
      }),
    });
    expect(await response.json()).toEqual({ state: 'held' });
    const said = /reported elsewhere \(admin-token, \d\d:\d\d\)/i;
    await page.getByTestId('study-changed').getByText(said).waitFor();
    await page.keyboard.press('g');
    await page.getByTestId('report-pending').getByText(said).waitFor();
    await keepScreenshot(page, 'reading-report-pending');
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.keyboard.press('q');
    await page.getByTestId('worklist-row').first().waitFor();
    await page.getByLabel('Reading', { exact: true }).selectOption('reported-elsewhere');
    await page
      .locator(`[data-uid="${twin.studyInstanceUid}"]`)
      .getByText(/^admin-token, \d\d:\d\d$/)
      .waitFor();
    await keepScreenshot(page, 'worklist-reported-elsewhere');
    await page.goto(address);
    await page.getByTestId('already-read').getByText(said).waitFor();
    await page.getByRole('button', { name: 'Put back on the list' }).click();
    await page.getByTestId('sign-off').waitFor();
    expect(errors).toEqual([]);
  });
});
