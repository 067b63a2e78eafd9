import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTextDecoder } from '#dicom/charsets/text-decoder.ts';
import { createTextEncoder } from '#dicom/charsets/text-encoder.ts';
import { CHARSETS, type Charset, encodeName } from '#test-data/charset-encoder.ts';
import { propertyRun } from '#tests/support/property-run.ts';

const NAMES: Readonly<Record<Charset, string>> = {
  'ISO_IR 6': 'Yamada^Tarou',
  'ISO_IR 100': 'Müller^Jörg',
  'ISO_IR 144': 'Люкceмбypг^Петр',
  'ISO_IR 166': 'ประเทศ^ไทย',
  'ISO_IR 192': 'Ωmega^山田',
  GB18030: 'Wang^XiaoDong=王^小东',
  'ISO 2022 IR 13\\ISO 2022 IR 87': 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
  '\\ISO 2022 IR 87': 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  '\\ISO 2022 IR 149': 'Hong^Gildong=洪^吉洞=홍^길동',
  '\\ISO 2022 IR 58': 'Zhang^XiaoDong=张^小东',
};

function terms(charset: Charset): string[] {
  return charset === 'ISO_IR 6' ? [] : charset.split('\\');
}

describe('text of our own', () => {
  test.each(CHARSETS)('is written in %s as the generator writes it', (charset) => {
    const written = createTextEncoder(terms(charset))(NAMES[charset], 'PN');
    expect(written?.toString('hex')).toBe(encodeName(NAMES[charset], charset).toString('hex'));
    const decoder = createTextDecoder(terms(charset));
    expect(decoder.decodeValues(written ?? Buffer.alloc(0), 'PN')).toEqual([NAMES[charset]]);
    expect(decoder.problems).toEqual([]);
  });

  test('is not written where the set has no place for it', () => {
    expect(createTextEncoder(['ISO_IR 100'])('山田', 'LO')).toBeUndefined();
    expect(createTextEncoder([])('Müller', 'LO')).toBeUndefined();
    expect(createTextEncoder(['', 'ISO 2022 IR 87'])('홍', 'LO')).toBeUndefined();
    // JIS X 0201 has an overline where ASCII has a tilde.
    expect(createTextEncoder(['ISO 2022 IR 13', 'ISO 2022 IR 87'])('~', 'LO')).toBeUndefined();
    expect(createTextEncoder(['no such set'])('plain', 'LO')?.toString()).toBe('plain');
  });

  test('takes up another designation after each line', () => {
    const encode = createTextEncoder(['', 'ISO 2022 IR 149']);
    const text = '홍 one\r\n길동 two';
    const bytes = encode(text, 'UT') ?? Buffer.alloc(0);
    expect(bytes.toString('latin1').split('\u001b$)C')).toHaveLength(3);
    const decoder = createTextDecoder(['', 'ISO 2022 IR 149']);
    expect(decoder.decodeValues(bytes, 'UT')).toEqual([text]);
  });

  test.each(CHARSETS)('in %s reads back as it was, or is refused', (charset) => {
    const encode = createTextEncoder(terms(charset));
    const letters = [...'aZ9~ -.,^=¥‾éßяЖกยﾀｱあ山田홍길동张东丑\n\t€😀'].filter(
      (letter) => encode(letter, 'UT') !== undefined,
    );
    expect(letters.length).toBeGreaterThan(10);
    const script = fc.constantFrom(...letters);
    const texts = fc.array(script, { maxLength: 24 }).map((characters) => characters.join(''));
    fc.assert(
      fc.property(texts, fc.constantFrom('PN', 'LO', 'UT'), (text, vr) => {
        const bytes = encode(text, vr);
        if (bytes === undefined) return;
        const decoder = createTextDecoder(terms(charset));
        const [read] = decoder.decodeValues(bytes, vr);
        // Blanks at the end are padding, those in front too where several values may stand.
        const trimmed = text.replace(/[ ]+$/, '');
        expect(read).toBe(vr === 'UT' ? trimmed : trimmed.replace(/^[ ]+/, ''));
        expect(decoder.problems).toEqual([]);
      }),
      propertyRun({ numRuns: 2_000 }),
    );
  });
});
