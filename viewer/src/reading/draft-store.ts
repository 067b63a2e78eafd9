import { z } from 'zod';
import { type Draft, draftSchema, isEmptyDraft } from './draft.ts';

/** A draft lives in the browser, by reader and study: it outlives its tab. It says which version it was made on. */
const storedSchema = z.object({
  version: z.number().int(),
  savedAt: z.number().default(0),
  draft: draftSchema,
});

const PREFIX = 'radtriage.draft.';
/** What nobody signed in this time is of no use any more, and is no place for what was said of a patient. */
const KEEP_MS = 7 * 86_400_000;

export const draftKey = (reader: string, uid: string) => `${PREFIX}${reader}.${uid}`;

type Reading = Pick<Storage, 'getItem'>;
type Writing = Pick<Storage, 'setItem' | 'removeItem'>;

function readStored(store: Reading, key: string): z.output<typeof storedSchema> | null {
  try {
    const stored = storedSchema.safeParse(JSON.parse(store.getItem(key) ?? ''));
    return stored.success ? stored.data : null;
  } catch {
    return null;
  }
}

export function loadDraft(
  store: Reading,
  reader: string,
  uid: string,
): { readonly version: number; readonly draft: Draft } | null {
  const stored = readStored(store, draftKey(reader, uid));
  return stored === null ? null : { version: stored.version, draft: stored.draft };
}

export function saveDraft(
  store: Writing,
  place: { readonly reader: string; readonly uid: string; readonly version: number },
  draft: Draft,
): void {
  const key = draftKey(place.reader, place.uid);
  const stored = { version: place.version, savedAt: Date.now(), draft };
  if (isEmptyDraft(draft)) store.removeItem(key);
  else store.setItem(key, JSON.stringify(stored));
}

/** Forgets drafts that were left for longer than they are kept, and what is none. @param now milliseconds */
export function sweepDrafts(
  store: Reading & Writing & Pick<Storage, 'key' | 'length'>,
  now: number,
): void {
  const keys = Array.from({ length: store.length }, (_, place) => store.key(place) ?? '');
  for (const key of keys) {
    if (!key.startsWith(PREFIX)) continue;
    const stored = readStored(store, key);
    if (stored === null || now - stored.savedAt > KEEP_MS) store.removeItem(key);
  }
}
