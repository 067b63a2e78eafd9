import type { DecodedFrame } from './decoded-frame.ts';
import { type LookupTable, lookUp } from './lookup-tables.ts';

/** A window in modality values (PS3.3 C.11.2.1.2). */
export interface VoiWindow {
  readonly center: number;
  readonly width: number;
}

/** From a modality value to its place between the darkest and the brightest of the output, 0 to 1. */
export type VoiTransformation = (value: number) => number;

/**
 * What the object itself asks to be shown by (PS3.3 C.11.2): the first VOI LUT, else the first window if it is one,
 * else nothing. MONOCHROME1 is not inverted by it.
 */
export function voiOf(
  frame: Pick<DecodedFrame, 'voiLut' | 'voiLutFunction' | 'windowCenter' | 'windowWidth'>,
): VoiTransformation | undefined {
  if (frame.voiLut !== undefined) return throughTable(frame.voiLut);
  const [center] = frame.windowCenter;
  const [width] = frame.windowWidth;
  if (center === undefined || width === undefined) return undefined;
  // C.11.2.1.2.1: LINEAR takes widths from 1, C.11.2.1.3: the others above 0. Better no window than a black image.
  const isUsable = isLinear(frame.voiLutFunction) ? width >= 1 : width > 0;
  return isUsable ? throughWindow({ center, width }, frame.voiLutFunction) : undefined;
}

/** LINEAR is the default, and stands in for a function that PS3.3 does not know. */
function isLinear(voiLutFunction: string | undefined): boolean {
  return voiLutFunction !== 'LINEAR_EXACT' && voiLutFunction !== 'SIGMOID';
}

/** The three VOI functions of PS3.3 C.11.2.1.2 and C.11.2.1.3. */
export function throughWindow(
  { center, width }: VoiWindow,
  voiLutFunction: string | undefined,
): VoiTransformation {
  if (voiLutFunction === 'SIGMOID') {
    return (value) => 1 / (1 + Math.exp((-4 * (value - center)) / width));
  }
  const isExact = voiLutFunction === 'LINEAR_EXACT';
  const middle = isExact ? center : center - 0.5;
  const span = isExact ? width : width - 1;
  return (value) => {
    if (value <= middle - span / 2) return 0;
    if (value > middle + span / 2) return 1;
    return (value - middle) / span + 0.5;
  };
}

/** Entries of n bits over 2^n - 1. A value between two inputs of the table takes the entry of the nearer. */
export function throughTable(table: LookupTable): VoiTransformation {
  const highest = 2 ** table.bits - 1;
  return (value) => Math.min(lookUp(table, Math.round(value)) / highest, 1);
}
