/** Value representations whose explicit header has a 16-bit length (PS3.5 7.1.2, table 7.1-2). */
const SHORT_FORM = 'AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US';
/** Those with two reserved bytes and a 32-bit length (table 7.1-1). */
const LONG_FORM = 'OB OD OF OL OV OW SQ SV UC UN UR UT UV';

const SHORT = new Set(SHORT_FORM.split(' '));
const LONG = new Set(LONG_FORM.split(' '));

export function isValueRepresentation(vr: string): boolean {
  return SHORT.has(vr) || LONG.has(vr);
}

export function isLongFormVr(vr: string): boolean {
  return LONG.has(vr);
}

function codeOf(vr: string): number {
  return (vr.charCodeAt(0) << 8) | vr.charCodeAt(1);
}

/** VR by its two ASCII bytes as one number, first byte high: 0 unknown, 1 short form, 2 long form. */
export const VR_FORMS: Uint8Array = (() => {
  const forms = new Uint8Array(0x10000);
  for (const vr of SHORT) forms[codeOf(vr)] = 1;
  for (const vr of LONG) forms[codeOf(vr)] = 2;
  return forms;
})();

export const VR_OB = codeOf('OB');
export const VR_OW = codeOf('OW');
export const VR_SQ = codeOf('SQ');
export const VR_UN = codeOf('UN');
