import { MessageFault } from './message-fault.ts';

/** HL7 table 0211 to the names that TextDecoder knows. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ['ASCII', 'utf-8'],
  ['ISO IR6', 'utf-8'],
  ['UNICODE UTF-8', 'utf-8'],
  ['UTF-8', 'utf-8'],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15].map((part): [string, string] => [
    `8859/${part}`,
    part === 9 ? 'windows-1254' : `iso-8859-${part}`,
  ]),
  ['ISO IR14', 'shift_jis'],
  ['GB 18030-2000', 'gb18030'],
  ['KS X 1001', 'euc-kr'],
  ['BIG-5', 'big5'],
]);
/** Switched to and from by escape sequences of ISO 2022, which its decoder follows. */
const JAPANESE = new Set(['', 'ASCII', 'ISO IR6', 'ISO IR14', 'ISO IR87']);

function labelOf(name: string): string {
  const sets = name.split('~').map((part) => part.trim().toUpperCase());
  if (sets.includes('ISO IR87') && sets.every((set) => JAPANESE.has(set))) return 'iso-2022-jp';
  const [only = '', ...more] = sets;
  const label = LABELS.get(only);
  if (label === undefined || more.some((set) => set !== '' && set !== only)) {
    throw new MessageFault('AR', `MSH-18: the character set ${quote(name)} is not supported`);
  }
  return label;
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}

const LONGEST_HEADER = 8_192;

/** The first segment, each byte a character: read before the character set is known. */
export function headerOf(bytes: Buffer): string {
  const [header = ''] = bytes
    .subarray(0, LONGEST_HEADER)
    .toString('latin1')
    .split(/[\r\n]/, 1);
  return header;
}

/**
 * The characters of a message, by its MSH-18 or, where that is empty, by what the site says of the sender.
 * @throws MessageFault when the set is not known, or a byte is none of it
 */
export function decodeText(bytes: Buffer, senderSet: string): string {
  const header = headerOf(bytes);
  const name = header.split(header[3] ?? '|')[17]?.trim() ?? '';
  const set = name === '' ? senderSet : name;
  const label = labelOf(set);
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new MessageFault('AE', `the text is not in the character set ${quote(set)}`, { cause });
  }
}

export function isKnownCharacterSet(name: string): boolean {
  try {
    return labelOf(name) !== '';
  } catch {
    return false;
  }
}
