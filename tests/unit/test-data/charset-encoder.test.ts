import { describe, expect, it } from 'vitest';
import { CHARSETS, encodeName, specificCharacterSet } from '#test-data/charset-encoder.ts';

const hex = (bytes: Buffer) => bytes.toString('hex').toUpperCase();

describe('names in the character sets of PS3.5', () => {
  it('gives the bytes of PS3.5 H.3.1: ISO 2022 IR 87', () => {
    const name = 'Yamada^Tarou=山田^太郎=やまだ^たろう';
    expect(hex(encodeName(name, '\\ISO 2022 IR 87'))).toBe(
      '59616D6164615E5461726F753D1B24423B3345441B28425E1B244242404F3A1B2842' +
        '3D1B24422464245E24401B28425E1B2442243F246D24261B2842',
    );
  });

  it('gives the bytes of PS3.5 H.3.2: ISO 2022 IR 13 and 87', () => {
    const name = 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう';
    expect(hex(encodeName(name, 'ISO 2022 IR 13\\ISO 2022 IR 87'))).toBe(
      'D4CFC0DE5EC0DBB33D1B24423B3345441B284A5E1B244242404F3A1B284A' +
        '3D1B24422464245E24401B284A5E1B2442243F246D24261B284A',
    );
  });

  it('gives the bytes of PS3.5 I.2: ISO 2022 IR 149', () => {
    expect(hex(encodeName('Hong^Gildong=洪^吉洞=홍^길동', '\\ISO 2022 IR 149'))).toBe(
      '486F6E675E47696C646F6E673D1B242943FBF35E1B242943D1CED4D73D1B242943C8AB5E1B242943B1E6B5BF',
    );
  });

  it('gives the bytes of PS3.5 K.2: ISO 2022 IR 58', () => {
    expect(hex(encodeName('Zhang^XiaoDong=张^小东', '\\ISO 2022 IR 58'))).toBe(
      '5A68616E675E5869616F446F6E673D1B242941D5C55E1B242941D0A1B6AB',
    );
  });

  it('gives the bytes of PS3.5 J: UTF-8 and GB18030', () => {
    expect(hex(encodeName('Wang^XiaoDong=王^小东', 'GB18030'))).toBe(
      '57616E675E5869616F446F6E673DCDF55ED0A1B6AB',
    );
    expect(hex(encodeName('王^小東', 'ISO_IR 192'))).toBe('E78E8B5EE5B08FE69DB1');
  });

  it('writes single-byte sets', () => {
    expect(hex(encodeName('Buc^Jérôme', 'ISO_IR 100'))).toBe('4275635E4AE972F46D65');
    expect(hex(encodeName('Люкceмбypг', 'ISO_IR 144')).startsWith('BBEEDA')).toBe(true);
    expect(hex(encodeName('นาม', 'ISO_IR 166'))).toBe('B9D2C1');
  });

  it('keeps a second byte of 5C within a kanji', () => {
    expect(hex(encodeName('本', '\\ISO 2022 IR 87'))).toBe('1B24424B5C1B2842');
  });

  it('names every set but the default repertoire', () => {
    expect(specificCharacterSet('ISO_IR 6')).toBeUndefined();
    expect(CHARSETS.filter((set) => specificCharacterSet(set) === undefined)).toHaveLength(1);
  });
});
