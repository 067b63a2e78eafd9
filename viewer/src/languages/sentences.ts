import type { Writing } from './server-words.ts';

/**
 * The server tells some things in English sentences that have no code: why a study stands where it stands, what it
 * waits for. A sentence is a pattern with gaps, and its translation has the same gaps:
 *
 *   `{what}`    a part that may be a sentence itself, and is kept as it is when it is none
 *   `{#score}`  a number, with a unit or none, which is written as the language writes numbers
 *   `{@date}`   a date or an instant, ISO 8601
 */
export type Sentence = readonly [english: string, own: string];

const GAP = /\{([#@]?)([a-z]+)\}/g;

const PARTS: Readonly<Record<string, string>> = {
  '': '(.+?)',
  '#': '([\\d.,]*\\d(?: (?:ms|s|min|h|KB|MB|GB|TB))?)',
  '@': '(\\d{4}-\\d\\d-\\d\\d(?:T[\\d:.]+Z)?)',
};

/** What parts a list of reasons: each of them is a sentence by itself. */
const SEPARATORS = ['; ', ': ', ', '] as const;

interface Pattern {
  readonly test: RegExp;
  readonly gaps: readonly (readonly [kind: string, name: string])[];
  readonly own: string;
}

function compile([english, own]: Sentence): Pattern {
  const gaps = [...english.matchAll(GAP)].map(([, kind = '', name = '']) => [kind, name] as const);
  const source = english
    .split(/(\{[#@]?[a-z]+\})/)
    .map((part) =>
      part.startsWith('{')
        ? PARTS[part.replaceAll(/[{}a-z]/g, '')]
        : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('');
  return { test: new RegExp(`^${source}$`), gaps, own };
}

/**
 * A translator of what the server says; what no sentence fits it returns as it is. Only translations import it: a page
 * in English goes without.
 */
export function translateWith(
  sentences: readonly Sentence[],
): (text: string, writing: Writing) => string {
  const patterns = sentences.map(compile);
  const fill = (pattern: Pattern, values: readonly string[], writing: Writing): string => {
    const told = new Map(
      pattern.gaps.map(([kind, name], place) => {
        const value = values[place] ?? '';
        if (kind === '#') return [name, writing.number(value)];
        return [name, kind === '@' ? writing.date(value) : translate(value, writing)];
      }),
    );
    return pattern.own.replaceAll(GAP, (gap, _kind, name: string) => told.get(name) ?? gap);
  };
  const translate = (text: string, writing: Writing): string => {
    for (const pattern of patterns) {
      const found = pattern.test.exec(text);
      if (found !== null) return fill(pattern, found.slice(1), writing);
    }
    const separator = SEPARATORS.find((each) => text.includes(each));
    if (separator === undefined) return text;
    return text
      .split(separator)
      .map((part) => translate(part, writing))
      .join(separator);
  };
  return translate;
}
