import type { Dictionary } from './dictionary.ts';
import type { Words } from './words.ts';

/** BCP 47. English is the source of all words, and what is spoken when nothing else was chosen. */
export const SOURCE = 'en';

let spoken = SOURCE;
let dictionary: Dictionary | null = null;

/** Chooses the language of this page. It has to come before any text is imported: main.ts sees to that. */
export function speak(language: string, words: Dictionary | null): void {
  spoken = language;
  dictionary = words;
}

/** The language of this page, BCP 47. */
export function language(): string {
  return spoken;
}

/** A text in the language of the page. @param name of the export, which a translation gives its words */
export function translated<const T>(name: keyof Dictionary, english: T): Words<T> {
  const words: unknown = dictionary === null ? english : dictionary[name];
  return words as Words<T>;
}

/**
 * The language to speak.
 * @param offered the languages there are, without English
 * @param stored what the reader chose here before
 * @param wanted what the browser asks for, the dearest first
 */
export function chooseLanguage(
  offered: readonly string[],
  stored: string | null,
  wanted: readonly string[],
): string {
  const known = [SOURCE, ...offered];
  const asked = [stored ?? '', ...wanted];
  const heard = asked.map((each) => known.find((one) => one === each.toLowerCase().split('-')[0]));
  return heard.find((each) => each !== undefined) ?? SOURCE;
}
