/** The three planes of a series near the bound of what a page takes: time, memory, cancelling, and what is let go. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { memoryOf, scrollSlices } from './page-clock.ts';

const PATIENCE_MS = 600_000;
const TURNS = 60;

/** Megabytes. `renderer` and `gpu` are what the page's processes hold, shared pages among them. */
export interface Held {
  readonly heap: number;
  readonly buffers: number;
  readonly renderer: number;
  readonly gpu: number;
}

/** Resident size of a process of Chromium, megabytes. */
function residentMb(processId: number): number {
  const [, kilobytes = '0'] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${processId}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

async function heldBy(browser: Browser, page: Page): Promise<Held> {
  const { heap, buffers } = await memoryOf(page);
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const largest = (type: string) =>
    Math.max(
      0,
      ...processInfo.filter((each) => each.type === type).map(({ id }) => residentMb(id)),
    );
  return { heap, buffers, renderer: largest('renderer'), gpu: largest('GPU') };
}

export interface PlanesRun {
  /** From the key to the first pictures, and to the last slice, milliseconds. */
  readonly first: number;
  readonly all: number;
  /** Milliseconds between frames while the wheel turns over the axial plane. */
  readonly frames: readonly number[];
  readonly before: Held;
  readonly open: Held;
  readonly after: Held;
  /** From Esc, while slices come in, to the slices; and how many frames were asked for in the two seconds after it. */
  readonly cancelled: number;
  readonly askedAfter: number;
}

async function openPlanes(page: Page): Promise<number> {
  const start = performance.now();
  await page.keyboard.press('#');
  await page.locator('[data-testid="mpr"][data-ready="true"]').waitFor({ timeout: PATIENCE_MS });
  return performance.now() - start;
}

async function leavePlanes(page: Page): Promise<number> {
  const start = performance.now();
  await page.keyboard.press('Escape');
  await page.getByTestId('mpr').waitFor({ state: 'detached' });
  return performance.now() - start;
}

/** @param page a study of one large series, its first image on the screen */
export async function runPlanes(browser: Browser, page: Page): Promise<PlanesRun> {
  let asked = 0;
  page.on('request', (request) => {
    if (/\/frames\/\d+$/.test(request.url())) asked += 1;
  });
  await openPlanes(page);
  const cancelled = await leavePlanes(page);
  // The slices around the one on the screen are loaded ahead with or without planes.
  const askedBefore = asked;
  await page.waitForTimeout(2_000);
  const askedAfter = asked - askedBefore;
  const before = await heldBy(browser, page);
  const start = performance.now();
  const first = await openPlanes(page);
  await page
    .getByTestId('mpr')
    .getByTestId('loading-bar')
    .waitFor({ state: 'detached', timeout: PATIENCE_MS });
  const all = performance.now() - start;
  const open = await heldBy(browser, page);
  const { frames } = await scrollSlices(page, TURNS, '[data-testid="mpr-axial"] canvas');
  await leavePlanes(page);
  await page.waitForTimeout(3_000);
  const after = await heldBy(browser, page);
  return { first, all, frames, before, open, after, cancelled, askedAfter };
}
