import iconv from 'iconv-lite';

/**
 * The character sets in which the generator writes names, as SpecificCharacterSet spells them (PS3.3 C.12.1.1.2).
 * A value with a backslash is several values: code extensions of ISO 2022 (PS3.5 6.1.2.5).
 */
export const CHARSETS = [
  'ISO_IR 6',
  'ISO_IR 100',
  'ISO_IR 144',
  'ISO_IR 166',
  'ISO_IR 192',
  'GB18030',
  'ISO 2022 IR 13\\ISO 2022 IR 87',
  '\\ISO 2022 IR 87',
  '\\ISO 2022 IR 149',
  '\\ISO 2022 IR 58',
] as const;

export type Charset = (typeof CHARSETS)[number];

/** A person's name in DICOM's form (family^given, groups parted by "="), in plain Unicode. */
export type PersonName = string;

const SINGLE_BYTE: Partial<Record<Charset, string>> = {
  'ISO_IR 6': 'ascii',
  'ISO_IR 100': 'latin1',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 166': 'tis-620',
  'ISO_IR 192': 'utf8',
  GB18030: 'gb18030',
};

const ESCAPE = 0x1b;
const KANJI = Buffer.from([ESCAPE, 0x24, 0x42]);
const TO_ASCII = Buffer.from([ESCAPE, 0x28, 0x42]);
const TO_ROMAJI = Buffer.from([ESCAPE, 0x28, 0x4a]);
const KOREAN = Buffer.from([ESCAPE, 0x24, 0x29, 0x43]);
const CHINESE = Buffer.from([ESCAPE, 0x24, 0x29, 0x41]);

/** The SpecificCharacterSet values to write beside text of `charset`; none for the default repertoire. */
export function specificCharacterSet(charset: Charset): string | undefined {
  return charset === 'ISO_IR 6' ? undefined : charset;
}

/** Exact bytes of a name. ISO 2022 shifts are closed before each delimiter, as PS3.5 6.1.2.5.3 asks. */
export function encodeName(name: PersonName, charset: Charset): Buffer {
  const plain = SINGLE_BYTE[charset];
  if (plain !== undefined) return iconv.encode(name, plain);
  const parts = name.split(/([\^=\\])/);
  return Buffer.concat(parts.map((part) => encodeComponent(part, charset)));
}

function encodeComponent(text: string, charset: Charset): Buffer {
  const runs = text.match(/\p{ASCII}+|[\uff61-\uff9f]+|[^\p{ASCII}\uff61-\uff9f]+/gu) ?? [];
  return Buffer.concat(runs.map((run) => encodeRun(run, charset)));
}

function encodeRun(run: string, charset: Charset): Buffer {
  if (/^\p{ASCII}/u.test(run)) return Buffer.from(run, 'ascii');
  // Half-width katakana is G1 of ISO 2022 IR 13: one byte each in Shift JIS too.
  if (/^[\uff61-\uff9f]/.test(run)) return iconv.encode(run, 'shift_jis');
  if (charset === '\\ISO 2022 IR 149') return Buffer.concat([KOREAN, iconv.encode(run, 'euc-kr')]);
  if (charset === '\\ISO 2022 IR 58') return Buffer.concat([CHINESE, iconv.encode(run, 'gb2312')]);
  const back = charset.startsWith('ISO 2022 IR 13') ? TO_ROMAJI : TO_ASCII;
  const kanji = iconv.encode(run, 'euc-jp').map((byte) => byte & 0x7f);
  return Buffer.concat([KANJI, kanji, back]);
}
