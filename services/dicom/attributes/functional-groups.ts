import { itemsOf } from './element-values.ts';
import type { DataSet } from './parse-elements.ts';

const SHARED_FUNCTIONAL_GROUPS = 0x52009229;
const PER_FRAME_FUNCTIONAL_GROUPS = 0x52009230;

/**
 * What holds for one frame of an enhanced multi-frame object (PS3.3 C.7.6.16): its own functional groups before those
 * that all frames share; none in other objects.
 * @param frame from 0
 */
export function functionalGroupsOf(dataSet: DataSet, frame: number): readonly DataSet[] {
  const perFrame = itemsOf(dataSet, PER_FRAME_FUNCTIONAL_GROUPS)[frame];
  const shared = itemsOf(dataSet, SHARED_FUNCTIONAL_GROUPS)[0];
  return [perFrame, shared].filter((group) => group !== undefined);
}
