import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Graphics, keepScreenshot, launchChromium } from '../support/chromium.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { missingPeer } from '../support/peers.ts';
import { addUser, PASSWORD } from '../support/reader.ts';
import { readStudy, sendWithStorescu, writeStudy } from '../support/studies.ts';
import { centreOfHeat, fitted, rawScreenshot } from '../support/viewport-pixels.ts';
import { waitFor } from '../support/wait-for.ts';

const BOTH = ['swiftshader', 'none'] as const;

describe.skipIf(missingPeer('storescu', 'chromium'))('hanging', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-e2e-'));
  const views = writeStudy(folder, {
    ...({ kind: 'DX', seed: 'hanging-1', view: 'PA', photometric: 'MONOCHROME2' } as const),
    ...({ lateral: true, lesion: { subtlety: 'obvious' } } as const),
  });
  const breasts = writeStudy(folder, { kind: 'MG', seed: 'hanging-2', lesion: null });
  let instance: Instance;
  let cookies: Awaited<ReturnType<BrowserContext['storageState']>>;
  const browsers = new Map<Graphics, Browser>();

  beforeAll(async () => {
    instance = await startInstance();
    await addUser(instance, 'reader', 'radiologist');
    for (const study of [views, breasts]) await sendWithStorescu(instance.dicom, study.folder);
    for (const { studyInstanceUid } of [views, breasts]) {
      await waitFor(
        async () => {
          const study = await readStudy(instance, studyInstanceUid);
          return study?.analysedAt != null || study?.status === 'not-analysed' || undefined;
        },
        { what: 'the analysis', deadlineMs: 60_000 },
      );
    }
    for (const graphics of BOTH) browsers.set(graphics, await launchChromium(graphics));
    const context = await browsers.get('swiftshader')?.newContext();
    const page = await context?.newPage();
    if (context === undefined || page === undefined) throw new Error('no browser');
    await page.goto(instance.http.url);
    await page.getByLabel(/user/i).fill('reader');
    await page.getByLabel(/password/i).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByTestId('worklist-row').first().waitFor();
    // One session for all: log-ins are limited.
    cookies = await context.storageState();
    await context.close();
  });
  afterAll(async () => {
    for (const browser of browsers.values()) await browser.close();
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  async function open(graphics: Graphics, study: { studyInstanceUid: string }) {
    const context = await browsers.get(graphics)?.newContext({
      ...{ storageState: cookies, viewport: { width: 1366, height: 768 } },
    });
    if (context === undefined) throw new Error('no browser');
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${instance.http.url}/studies/${study.studyInstanceUid}`);
    await page.locator('[data-testid="reading-page"][data-ready="true"]').waitFor();
    return { page, context, errors };
  }

  const paneOf = (page: Page, slot: number) =>
    page.locator(`[data-testid="pane"][data-slot="${slot}"]`);
  const titleOf = (pane: Locator) =>
    pane.locator('[data-corner="top-left"] span').first().innerText();
  const activeSlot = (page: Page) =>
    page.locator('[data-testid="pane"][data-active="true"]').getAttribute('data-slot');

  it.each(BOTH)(
    'hangs two views side by side, each with its own marks (graphics: %s)',
    async (graphics) => {
      const { page, context, errors } = await open(graphics, views);
      const [frontal, lateral] = [paneOf(page, 0), paneOf(page, 1)];
      expect([await titleOf(frontal), await titleOf(lateral)]).toEqual(['PA', 'Lateral']);
      expect(await activeSlot(page)).toBe('0');
      await frontal.locator('[data-testid="heatmap-canvas"][data-visible="true"]').waitFor();
      await keepScreenshot(page, `hanging-views-${graphics}`);
      await page.keyboard.press('b');
      await page.mouse.move(2, 2);
      const [on, lateralOn] = [await rawScreenshot(frontal), await rawScreenshot(lateral)];
      await page.keyboard.press('o');
      await frontal
        .locator('[data-testid="heatmap-canvas"][data-visible="false"]')
        .waitFor({ state: 'attached' });
      const [off, lateralOff] = [await rawScreenshot(frontal), await rawScreenshot(lateral)];
      expect(centreOfHeat(lateralOn, lateralOff).count).toBe(0);
      const heat = centreOfHeat(on, off);
      expect(heat.count).toBeGreaterThan(100);
      const [left = 0, top = 0, width = 0, height = 0] = views.lesion?.boxes[0]?.box ?? [];
      const middle = { x: left + width / 2, y: top + height / 2 };
      const expected = fitted(on, { columns: 576, rows: 640 }, middle);
      const tolerance = Math.max(width, height) * expected.scale;
      expect(Math.abs(heat.x - expected.x)).toBeLessThan(tolerance);
      expect(Math.abs(heat.y - expected.y)).toBeLessThan(tolerance);
      expect(errors).toEqual([]);
      await context.close();
    },
  );
});
