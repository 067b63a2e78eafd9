import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';

const DOCS = resolve(import.meta.dirname, '../../docs');
/** What a small laptop shows, at one pixel a pixel. */
export const SIZE = { width: 1366, height: 850 };

/** Keeps what is on the page as a picture of the documentation: few colours, small. @returns its size, bytes */
export async function keepPicture(page: Page, name: string): Promise<number> {
  // Nothing blinks, and no tooltip hides what is meant.
  await page.mouse.move(SIZE.width - 2, 2);
  const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  const bytes = await sharp(taken)
    .png({ palette: true, colours: 256, dither: 0.6, effort: 10, compressionLevel: 9 })
    .toBuffer();
  const path = join(DOCS, `${name}.png`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  process.stdout.write(`docs/${name}.png ${(bytes.length / 1024).toFixed(0)} kB\n`);
  return bytes.length;
}
