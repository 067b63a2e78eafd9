import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';

const SOURCE = resolve(import.meta.dirname, '../../viewer/src');

/** Words that an English sentence hardly does without, and that are none in German. */
const ENGLISH = /\b(the|of|and|with|from|this|that|not|has|have|by|to|study|studies|images?)\b/i;

function leavesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(leavesOf);
}

/** Every text of the viewer as it is in English, without those that are made of parts. */
export async function englishTexts(): Promise<ReadonlySet<string>> {
  const files = globSync('**/*text.ts', { cwd: SOURCE });
  const modules = await Promise.all(files.map(async (file) => import(resolve(SOURCE, file))));
  return new Set(modules.flatMap(leavesOf));
}

/** Runs in the page: its text nodes, and the attributes that are spoken. */
const READ_PAGE = `(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() !== null) texts.push(walker.currentNode.textContent ?? '');
  for (const element of document.querySelectorAll('*')) {
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) texts.push(element.getAttribute(name) ?? '');
  }
  return texts;
})()`;

/** What is read or heard on a page. */
async function readPage(page: Page): Promise<string[]> {
  const said = await page.evaluate<string[]>(READ_PAGE);
  return [...new Set(said.map((text) => text.trim()))].filter((text) => text !== '');
}

/**
 * What of a page is English still.
 * @param english of `englishTexts`
 * @param german all that the translation says: a word may be the same in both languages
 */
export async function findEnglish(
  page: Page,
  english: ReadonlySet<string>,
  german: unknown,
): Promise<string[]> {
  const own = new Set(leavesOf(german));
  const isEnglish = (text: string) =>
    ENGLISH.test(text) || (text.length > 1 && english.has(text) && !own.has(text));
  return (await readPage(page)).filter(isEnglish);
}

/** Runs in the page: what the window, or whatever scrolls around it, cuts off at the right. */
const FIND_CUT_OFF = `[...document.querySelectorAll('button, a, input, select, textarea, h1, h2, h3, dd')]
  .filter((each) => {
    const { right, width } = each.getBoundingClientRect();
    let edge = window.innerWidth;
    for (let around = each.parentElement; around !== null; around = around.parentElement) {
      if (getComputedStyle(around).overflowX === 'visible') continue;
      edge = Math.min(edge, around.getBoundingClientRect().right);
    }
    return width > 1 && right > edge + 1;
  })
  .map((each) => each.outerHTML.slice(0, 160))`;

/** Controls, heads and figures that are cut off: longer words of another language have no room there. */
export async function findCutOff(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(FIND_CUT_OFF);
}
