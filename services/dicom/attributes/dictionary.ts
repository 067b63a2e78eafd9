import { createRequire } from 'node:module';
import { z } from 'zod';

/** What PS3.6 says of a tag. */
export interface DictionaryEntry {
  readonly keyword: string;
  readonly vr: string;
}

const entrySchema = z.object({ vr: z.string(), name: z.string() });
/** dcmjs has no types; its classes are functions, and its dictionary is a proxy that unpacks an entry on access. */
const lookUpSchema = z.custom<object>(
  (value) => typeof value === 'function' || (typeof value === 'object' && value !== null),
);

let dictionary: object | undefined;
const found = new Map<number, DictionaryEntry | undefined>();

/** dcmjs is loaded at the first data set that needs it: explicit VR, which is nearly all, does without. */
function loadDictionary(): object {
  if (dictionary === undefined) {
    let part: unknown = createRequire(import.meta.url)('dcmjs');
    for (const name of ['data', 'DicomMetaDictionary', 'dictionary']) {
      part = Reflect.get(lookUpSchema.parse(part), name);
    }
    dictionary = lookUpSchema.parse(part);
  }
  return dictionary;
}

/** `(0010,0010)` */
function punctuate(tag: number): string {
  const hex = formatTag(tag);
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/** `00100010`, as in the DICOM JSON model. */
export function formatTag(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}

export function isPrivateTag(tag: number): boolean {
  return ((tag >>> 16) & 1) === 1;
}

/** The entry of a public tag, repeating groups (50xx, 60xx) included; undefined for private and unknown ones. */
export function findEntry(tag: number): DictionaryEntry | undefined {
  if (isPrivateTag(tag)) return undefined;
  const known = found.get(tag);
  if (known !== undefined || found.has(tag)) return known;
  const entry = lookUp(tag);
  // Bounded by the dictionary for known tags; a hostile peer must not grow it by unknown ones.
  if (entry !== undefined) found.set(tag, entry);
  return entry;
}

function lookUp(tag: number): DictionaryEntry | undefined {
  const group = tag >>> 24;
  const base = group === 0x60 || group === 0x50 ? ((group << 24) | (tag & 0xffff)) >>> 0 : tag;
  const raw: unknown = Reflect.get(loadDictionary(), punctuate(base));
  const parsed = entrySchema.safeParse(raw);
  if (parsed.success) return { keyword: parsed.data.name, vr: parsed.data.vr };
  if ((tag & 0xffff) === 0) return { keyword: 'GroupLength', vr: 'UL' };
  return undefined;
}

/** Whether PS3.6 gives the tag VR SQ. */
export function isSequenceTag(tag: number): boolean {
  return findEntry(tag)?.vr === 'SQ';
}

let tags: object | undefined;

/** The tag of a keyword of PS3.6, as `00100010`; undefined for what is none. */
export function findKeyword(keyword: string): string | undefined {
  if (!/^[A-Z][A-Za-z0-9]{2,63}$/.test(keyword)) return undefined;
  if (tags === undefined) {
    let part: unknown = createRequire(import.meta.url)('dcmjs');
    for (const name of ['data', 'DicomMetaDictionary', 'nameMap']) {
      part = Reflect.get(lookUpSchema.parse(part), name);
    }
    tags = lookUpSchema.parse(part);
  }
  const entry = z.object({ tag: z.string() }).safeParse(Reflect.get(tags, keyword));
  if (!entry.success) return undefined;
  const tag = entry.data.tag.replaceAll(/[(),"]/g, '').toUpperCase();
  return /^[0-9A-F]{8}$/.test(tag) ? tag : undefined;
}
