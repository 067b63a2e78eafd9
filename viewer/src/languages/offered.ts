import type { Dictionary } from './dictionary.ts';

/** Each folder beside this file is a language: its name is the BCP 47 code. English has none, it is the source. */
const FOLDERS = import.meta.glob<{ readonly default: Dictionary }>('./*/index.ts');

const loaders = new Map(
  Object.entries(FOLDERS).map(([path, load]) => [path.split('/')[1] ?? '', load]),
);

/** The languages that there are a translation to. */
export const TRANSLATIONS: readonly string[] = [...loaders.keys()];

/** Fetches the words of a language; null for English. @throws when they cannot be fetched */
export async function loadDictionary(language: string): Promise<Dictionary | null> {
  const load = loaders.get(language);
  return load === undefined ? null : (await load()).default;
}
