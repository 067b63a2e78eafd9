import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SITE_SENTENCES } from '../../../viewer/src/languages/de/site-sentences.ts';
import { STUDY_SENTENCES } from '../../../viewer/src/languages/de/study-sentences.ts';
import { WORK_SENTENCES } from '../../../viewer/src/languages/de/work-sentences.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const GAP = /\{[#@]?[a-z]+\}/g;

/** Three words beside one another, or two where there are no more than three. */
function phrasesOf(english: string): string[] {
  const pieces = english.split(GAP).map((piece) => piece.trim());
  return pieces.flatMap((piece) => {
    const words = piece.split(/\s+/).filter((word) => /[a-z]/i.test(word));
    const length = Math.min(words.length > 3 ? 3 : 2, words.length);
    if (length === 0) return [];
    return words.slice(length - 1).map((_, at) => words.slice(at, at + length).join(' '));
  });
}

describe('sentences of the server that are translated', () => {
  it('are still said: a pattern that fits nothing shows English', () => {
    const files = globSync('{services,models}/**/*.ts', { cwd: ROOT });
    const said = files
      .map((file) => readFileSync(join(ROOT, file), 'utf8'))
      .join('\n')
      .replaceAll('\\n', ' ');
    const patterns = [...STUDY_SENTENCES, ...WORK_SENTENCES, ...SITE_SENTENCES];
    const unsaid = patterns
      .map(([english]) => english)
      .filter((english) => !phrasesOf(english).some((phrase) => said.includes(phrase)));
    expect(files.length).toBeGreaterThan(400);
    expect(unsaid).toEqual([]);
  });

  it('have the same gaps in both languages', () => {
    const nameOf = (gap: string) => gap.replaceAll(/[{}#@]/g, '');
    for (const [english, own] of [...STUDY_SENTENCES, ...WORK_SENTENCES, ...SITE_SENTENCES]) {
      const gaps = (text: string) => [...text.matchAll(GAP)].map(([gap]) => nameOf(gap)).sort();
      expect(gaps(own), english).toEqual(gaps(english));
    }
  });
});
