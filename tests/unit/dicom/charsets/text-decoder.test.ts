import { describe, expect, it } from 'vitest';
import { createTextDecoder } from '#dicom/charsets/text-decoder.ts';

/** Bytes written as in the standard: printable ASCII, and two hexadecimal digits in angle brackets. */
function bytes(notation: string): Uint8Array {
  const plain = notation.replaceAll(/<([0-9A-F ]+)>/g, (_, hex: string) =>
    hex
      .split(' ')
      .map((byte) => String.fromCharCode(Number.parseInt(byte, 16)))
      .join(''),
  );
  return Buffer.from(plain, 'latin1');
}

function decode(sets: string, notation: string, vr = 'PN') {
  const decoder = createTextDecoder(sets.split('\\'));
  return { values: decoder.decodeValues(bytes(notation), vr), problems: decoder.problems };
}

const ESC = '<1B>';
const YAMADA_KANJI = `${ESC}$B;3ED${ESC}(B^${ESC}$BB@O:${ESC}(B`;
const YAMADA_KANA = `${ESC}$B$d$^$@${ESC}(B^${ESC}$B$?$m$&${ESC}(B`;

describe('the examples of the standard (PS3.5 annexes H to K, PS3.3 C.12.1.1.2)', () => {
  const examples: [name: string, sets: string, notation: string, text: string][] = [
    [
      'H.3.1 Japanese over ASCII',
      '\\ISO 2022 IR 87',
      `Yamada^Tarou=${YAMADA_KANJI}=${YAMADA_KANA}`,
      'Yamada^Tarou=山田^太郎=やまだ^たろう',
    ],
    [
      'H.3.2 Japanese over JIS X 0201',
      'ISO 2022 IR 13\\ISO 2022 IR 87',
      `<D4 CF C0 DE>^<C0 DB B3>=${YAMADA_KANJI.replaceAll('(B', '(J')}=${YAMADA_KANA.replaceAll('(B', '(J')}`,
      'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    ],
    [
      'I.2 Korean',
      '\\ISO 2022 IR 149',
      `Hong^Gildong=${ESC}$)C<FB F3>^${ESC}$)C<D1 CE D4 D7>=${ESC}$)C<C8 AB>^${ESC}$)C<B1 E6 B5 BF>`,
      'Hong^Gildong=洪^吉洞=홍^길동',
    ],
    [
      'J.1 Chinese in UTF-8',
      'ISO_IR 192',
      'Wang^XiaoDong=<E7 8E 8B>^<E5 B0 8F E6 9D B1>=',
      'Wang^XiaoDong=王^小東=',
    ],
    [
      'J.2 Chinese in GB18030',
      'GB18030',
      'Wang^XiaoDong=<CD F5>^<D0 A1 B6 AB>=',
      'Wang^XiaoDong=王^小东=',
    ],
    [
      'K.2 Chinese in GB 2312 with code extensions',
      '\\ISO 2022 IR 58',
      `Zhang^XiaoDong=${ESC}$)A<D5 C5>^${ESC}$)A<D0 A1 B6 AB>=`,
      'Zhang^XiaoDong=张^小东=',
    ],
    ['French', 'ISO_IR 100', 'Buc^J<E9>r<F4>me', 'Buc^Jérôme'],
    ['German', 'ISO_IR 100', '<C4>neas^R<FC>diger', 'Äneas^Rüdiger'],
    ['Russian', 'ISO_IR 144', '<BB EE DA>ce<DC D1>yp<D3>', 'Люкceмбypг'],
    ['Arabic', 'ISO_IR 127', '<E2 C8 C7 E6 EA>^<E4 E6 D2 C7 D1>', 'قباني^لنزار'],
    ['Greek', 'ISO_IR 126', '<C4 E9 EF ED F5 F3 E9 EF F2>', 'Διονυσιος'],
    ['Hebrew', 'ISO_IR 138', '<F9 F8 E5 EF>^<E3 E1 E5 F8 E4>', 'שרון^דבורה'],
    ['Thai', 'ISO_IR 166', '<B9 D2 A1>^<CA C1 AA D2 C2>', 'นาก^สมชาย'],
    ['Polish', 'ISO_IR 101', 'Wa<B3 EA>sa', 'Wałęsa'],
    ['Maltese', 'ISO_IR 109', '<A1 B1>', 'Ħħ'],
    ['Latvian', 'ISO_IR 110', '<E0 BE>', 'āž'],
    ['Turkish', 'ISO_IR 148', '<DD FD F0>', 'İığ'],
    ['Latin 9', 'ISO_IR 203', '<A4 BD>', '€œ'],
    ['half-width katakana', 'ISO_IR 13', '<D4 CF C0 DE>', 'ﾔﾏﾀﾞ'],
  ];
  it.each(examples)('%s', (_, sets, notation, text) => {
    expect(decode(sets, notation)).toEqual({ values: [text], problems: [] });
  });
});

describe('code extensions (PS3.5 6.1.2.5)', () => {
  it('switches between two single-byte sets by escape sequences', () => {
    const { values, problems } = decode(
      'ISO 2022 IR 100\\ISO 2022 IR 144',
      `J<E9>${ESC}-L<BB EE>^J<E9>`,
    );
    expect(values).toEqual(['JéЛю^Jé']);
    expect(problems).toEqual([]);
  });

  it('takes backslash, caret and equals sign within JIS X 0208 as halves of characters', () => {
    const { values } = decode('\\ISO 2022 IR 87', `${ESC}$B=5!\\!^=3${ESC}(B\\next`, 'LO');
    expect(values).toEqual(['週＋±蹴', 'next']);
    expect(decode('\\ISO 2022 IR 87', `${ESC}$B!\\${ESC}(B^x`).values).toEqual(['＋^x']);
  });

  it('reads JIS X 0212', () => {
    expect(decode('\\ISO 2022 IR 159', `${ESC}$(D0!${ESC}(B`).values).toEqual(['丂']);
  });

  it('holds the initial sets again after each value, component and line', () => {
    const sets = '\\ISO 2022 IR 100';
    expect(decode(sets, `${ESC}-A<E9>\\<E9>`, 'LO').problems).toHaveLength(1);
    expect(decode('\\ISO 2022 IR 87', `${ESC}$B;3<0D 0A>plain`, 'ST').values).toEqual([
      '山\r\nplain',
    ]);
  });

  it('assumes the only listed set for high bytes without an escape, and says so', () => {
    expect(decode('\\ISO 2022 IR 149', 'Kim^<B1 E8>')).toEqual({
      values: ['Kim^김'],
      problems: ['bytes above 0x7F without a set designated for them'],
    });
  });
});

describe('pitfalls', () => {
  it('does not split at a backslash that is the trail byte of GBK, GB18030 or Shift JIS', () => {
    expect(decode('GBK', '<81 5C>\\b', 'LO').values).toEqual(['乗', 'b']);
    expect(decode('GB18030', '<95 5C>\\b', 'LO').values).toEqual(['昞', 'b']);
    expect(decode('ISO_IR 13', '<95 5C>\\b', 'LO')).toEqual({
      values: ['表', 'b'],
      problems: ['Shift JIS under ISO_IR 13'],
    });
  });

  it('reads the yen sign of JIS X 0201 where a backslash separates nothing', () => {
    expect(decode('ISO_IR 13', '<5C>100', 'ST').values).toEqual(['¥100']);
    expect(decode('ISO_IR 13', 'a<5C>b', 'LO').values).toEqual(['a', 'b']);
  });

  it('keeps C1 bytes apart from Windows-1252', () => {
    expect(decode('ISO_IR 100', 'a<80>b', 'LO').values).toEqual(['a\u0080b']);
  });

  it.each(['ISO_IR100', 'ISO IR 100', 'ISO-IR 100', 'ISO2022IR100', ' iso_ir 100 '])(
    'knows the spelling %s',
    (sets) => {
      expect(decode(sets, 'J<E9>').values).toEqual(['Jé']);
    },
  );

  it('never throws: unknown sets, absent sets and broken text fall back with a problem', () => {
    expect(decode('ISO_IR 999', 'J<C3 A9>')).toEqual({
      values: ['Jé'],
      problems: [
        'SpecificCharacterSet names an unknown set',
        'text above 0x7F without a usable SpecificCharacterSet',
      ],
    });
    expect(decode('', 'J<E9>').values).toEqual(['Jé']);
    expect(decode('', 'plain\\two', 'LO')).toEqual({ values: ['plain', 'two'], problems: [] });
    expect(decode('ISO_IR 192', 'J<E9>').problems).toEqual([
      'text does not fit SpecificCharacterSet',
    ]);
    expect(decode('\\ISO 2022 IR 87', `${ESC}Zx`).problems).toEqual(['escape sequence unknown']);
    expect(decode('\\ISO 2022 IR 87', `${ESC}$B;`).problems).toContain(
      'half of a two-byte character',
    );
  });

  it('survives any bytes under any sets', () => {
    const sets = [
      '',
      'ISO_IR 100',
      'ISO_IR 13',
      '\\ISO 2022 IR 87\\ISO 2022 IR 159',
      'GB18030',
      'x',
    ];
    let seed = 7;
    for (let round = 0; round < 2_000; round += 1) {
      const random = Uint8Array.from({ length: round % 40 }, () => {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
        return (seed >>> 16) % 9 === 0 ? 0x1b : (seed >>> 8) & 0xff;
      });
      const decoder = createTextDecoder((sets[round % sets.length] ?? '').split('\\'));
      expect(decoder.decodeValues(random, 'PN').length).toBeGreaterThan(0);
    }
  });

  it('removes padding: leading spaces only where several values may stand', () => {
    expect(decode('', ' a \\ b <00>', 'LO').values).toEqual(['a', 'b']);
    expect(decode('', ' a \\ b ', 'LT').values).toEqual([' a \\ b']);
  });
});
