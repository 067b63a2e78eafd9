import { encodeBytes } from './byte-codecs.ts';
import { DEFAULT_G0, findCharacterSet } from './character-sets.ts';
import { Iso2022Encoder } from './iso2022-encoder.ts';
import { EXTENDED_VRS, resetBytesOf, separatesValues } from './text-decoder.ts';

/**
 * Encodes text for one SpecificCharacterSet.
 * @returns undefined where the set has no place for a character: nothing is replaced by a question mark
 */
export type DicomTextEncoder = (text: string, vr: string) => Buffer | undefined;

/**
 * @param specificCharacterSet the values of (0008,0005) in their order; empty is the default repertoire, ASCII. Under
 *   terms that are not known ASCII alone is written: it reads the same in each of them.
 */
export function createTextEncoder(specificCharacterSet: readonly string[] = []): DicomTextEncoder {
  const named = specificCharacterSet.map((term) => findCharacterSet(term));
  const [first] = named;
  const isPlain = named.length === 0 || named.some(({ kind }) => kind === 'unknown');
  if (isPlain || first === undefined) return (text) => encodeBytes(text, 'ascii');
  if (first.kind === 'whole') {
    const { codec } = first;
    return (text, vr) => encodeBytes(text, EXTENDED_VRS.has(vr) ? codec : 'ascii');
  }
  const sets = named.filter((each) => each.kind === 'iso2022');
  const encoder = new Iso2022Encoder(
    sets.map(({ set }) => set),
    // Escape sequences stand only where every term names a set with code extensions (PS3.3 C.12.1.1.2).
    sets.length > 1 || sets[0]?.extended === true,
  );
  return (text, vr) => {
    if (!EXTENDED_VRS.has(vr)) return encodeBytes(text, DEFAULT_G0.codec);
    return encoder.encode(text, {
      resets: resetBytesOf(vr),
      backslashSeparates: separatesValues(vr),
    });
  };
}
