import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { peerPath } from './peers.ts';

/** Screenshots of the end-to-end tests: kept for people to look at, never committed. */
export const ARTIFACTS = resolve(import.meta.dirname, '../artifacts');

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Software WebGL, or no WebGL at all: the viewer has to work with either. */
export type Graphics = 'swiftshader' | 'none';

export async function launchChromium(graphics: Graphics = 'swiftshader'): Promise<Browser> {
  const flags =
    graphics === 'swiftshader' ? ['--enable-unsafe-swiftshader'] : ['--disable-3d-apis'];
  return await chromium.launch({
    executablePath: peerPath('chromium'),
    headless: true,
    args: [...FLAGS, ...flags],
  });
}

/** A fresh page whose errors are collected: a test that cares asserts that there are none. */
export async function openPage(
  browser: Browser,
  size = { width: 1366, height: 768 },
  deviceScaleFactor = 1,
): Promise<{ page: Page; context: BrowserContext; errors: string[] }> {
  const context = await browser.newContext({ viewport: size, deviceScaleFactor });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return { page, context, errors };
}

export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
}
