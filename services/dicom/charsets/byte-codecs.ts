import iconv from 'iconv-lite';

/** Names that iconv-lite knows; this file is the only owner of that library. */
export type ByteCodec =
  | 'ascii'
  | 'iso-8859-1'
  | 'iso-8859-2'
  | 'iso-8859-3'
  | 'iso-8859-4'
  | 'iso-8859-5'
  | 'iso-8859-6'
  | 'iso-8859-7'
  | 'iso-8859-8'
  | 'iso-8859-9'
  | 'iso-8859-15'
  | 'iso-8859-11'
  | 'euc-jp'
  | 'euc-kr'
  | 'shift_jis'
  | 'gb18030'
  | 'gbk'
  | 'utf-8';

/**
 * Decodes bytes of one coding without escape sequences; what cannot be decoded becomes U+FFFD.
 * Node's own TextDecoder is not used for ISO 8859: by the WHATWG rules its `iso-8859-1`, `-9` and `-11` are the
 * Windows code pages, which differ from the registered sets in 0x80-0x9F.
 */
export function decodeBytes(bytes: Uint8Array, codec: ByteCodec): string {
  if (codec === 'iso-8859-1') {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
  // Hostile text changes its half with each byte: a decoder made anew for each would cost a thousandfold.
  if (bytes.length <= SHORT_RUN && isTabled(codec)) return decodeShort(bytes, codec);
  return iconv.decode(bytes, codec, { stripBOM: false });
}

/** The bytes of a text in one coding without escape sequences, or undefined where it holds a character beyond it. */
export function encodeBytes(text: string, codec: ByteCodec): Buffer | undefined {
  const bytes = iconv.encode(text, codec, { addBOM: false });
  return iconv.decode(bytes, codec, { stripBOM: false }) === text ? bytes : undefined;
}

const SHORT_RUN = 16;

function isTabled(codec: ByteCodec): boolean {
  return codec === 'ascii' || codec.startsWith('iso-8859-');
}

const tables = new Map<ByteCodec, readonly string[]>();

/** By a table of all 256 bytes, in the sets that have one byte a character and no state. */
function decodeShort(bytes: Uint8Array, codec: ByteCodec): string {
  let table = tables.get(codec);
  if (table === undefined) {
    table = Array.from({ length: 256 }, (_, byte) => iconv.decode(Uint8Array.of(byte), codec));
    tables.set(codec, table);
  }
  let text = '';
  for (const byte of bytes) text += table[byte] ?? '';
  return text;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of well-formed UTF-8, else undefined. */
export function decodeStrictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}
