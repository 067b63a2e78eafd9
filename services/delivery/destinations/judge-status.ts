/** What came of sending an object. */
export type Outcome =
  /** The destination has it; `warning` is what it remarked. */
  | { readonly event: 'taken'; readonly warning?: string }
  | { readonly event: 'try-again'; readonly reason: string }
  /** It will never be taken as it is. */
  | { readonly event: 'refused'; readonly reason: string };

/**
 * Our own words for the statuses of C-STORE (PS3.4 table B.2-1, PS3.7 annex C) and the reasons of STOW-RS (PS3.18
 * table I.2-2). What a peer says beside a status is not kept: it may name a patient.
 */
const WORDS: readonly (readonly [from: number, to: number, words: string])[] = [
  [0xb000, 0xb000, 'elements were changed'],
  [0xb006, 0xb006, 'elements were left out'],
  [0xb007, 0xb007, 'the data set does not fit its SOP class'],
  [0xb000, 0xbfff, 'warning'],
  [0xa700, 0xa7ff, 'out of resources'],
  [0xa900, 0xa9ff, 'the data set does not fit its SOP class'],
  [0xc122, 0xc122, 'the transfer syntax is not taken'],
  [0xc000, 0xcfff, 'the object is not understood'],
  [0x0105, 0x0105, 'no such attribute'],
  [0x0106, 0x0106, 'invalid attribute value'],
  [0x0110, 0x0110, 'processing failure'],
  [0x0111, 0x0111, 'the object is there already'],
  [0x0112, 0x0112, 'no such object'],
  [0x0117, 0x0117, 'invalid UID'],
  [0x0119, 0x0119, 'the object is there with another SOP class'],
  [0x0122, 0x0122, 'the SOP class is not taken'],
  [0x0124, 0x0124, 'not authorized'],
  [0x0131, 0x0131, 'the transaction UID is in use'],
  [0x0210, 0x0212, 'the request is not understood'],
  [0x0213, 0x0213, 'out of resources'],
];

/** A status in the field's way of writing, with its words: `A700H (out of resources)`. */
export function describeStatus(status: number): string {
  const code = `${status.toString(16).toUpperCase().padStart(4, '0')}H`;
  const words = WORDS.find(([from, to]) => status >= from && status <= to)?.[2];
  return words === undefined ? code : `${code} (${words})`;
}

const DUPLICATE_SOP_INSTANCE = 0x0111;
/** Processing failure, not authorized, resource limitation: another day, or another setting there, may help. */
const PASSING: ReadonlySet<number> = new Set([0x0110, 0x0124, 0x0213]);

/** What a status of C-STORE, or a reason of STOW-RS, means for the object. */
export function judgeStatus(status: number): Outcome {
  if (status === 0) return { event: 'taken' };
  const words = describeStatus(status);
  if (status >>> 12 === 0xb || status === DUPLICATE_SOP_INSTANCE || isWarning(status)) {
    return { event: 'taken', warning: words };
  }
  const reason = `answered ${words}`;
  return status >>> 8 === 0xa7 || PASSING.has(status)
    ? { event: 'try-again', reason }
    : { event: 'refused', reason };
}

/** Warnings that are not in the range Bxxx (PS3.7 annex C): attribute list, and attribute value out of range. */
function isWarning(status: number): boolean {
  return status === 0x0001 || status === 0x0107 || status === 0x0116;
}
