import type { ModelComparison } from '#contracts/model-comparison.ts';
import { compareOrder, decidePriority, type OrderKey, type PriorityRule } from '#core/priority.ts';
import type { ComparedStudy, ModelResult, VersionReference } from './compared-study.ts';

/** Studies that came so long before another count as its neighbours in the list. */
export const PLACE_WINDOW_MINUTES = 240;
/** An import of thousands is no list that anybody reads: the last ones before a study are its neighbours. */
const MAX_NEIGHBOURS = 500;
const MINUTE = 60_000;

/** A study's place in the order, were this model's the only result. */
export function orderWith(
  study: ComparedStudy,
  model: VersionReference & { readonly result: ModelResult },
  rule: PriorityRule,
): OrderKey {
  const { modelId, version, result } = model;
  const order = { priority: study.basePriority, source: '' };
  const { label, flagged, score } = result;
  const outcome = { modelId, modelVersion: version, label, flagged, score };
  return decidePriority(rule, { order, receivedAt: study.receivedAt.getTime() }, [outcome]);
}

/** Whether the AI moved it at all: into a higher class, or ahead within its own. */
export function isRaised(key: OrderKey): boolean {
  return key.priority !== key.basePriority || key.rankAt < key.receivedAt;
}

/** How many of the neighbours stand before the newest of them, at its arrival. */
function placeOnArrival(keys: readonly OrderKey[]): number {
  const own = keys.at(-1);
  if (own === undefined) return 0;
  return keys.filter((key) => key !== own && compareOrder(key, own, own.receivedAt) < 0).length;
}

interface KeyPair {
  readonly a: OrderKey;
  readonly b: OrderKey;
}

/**
 * For each study, in order of arrival, the places that it stood nearer the top with B than with A: among the studies
 * that had come within the window before it, all still unread.
 */
export function placesGained(pairs: readonly KeyPair[]): number[] {
  const gained: number[] = [];
  let first = 0;
  for (const [index, { a: own }] of pairs.entries()) {
    const since = own.receivedAt - PLACE_WINDOW_MINUTES * MINUTE;
    while ((pairs[first]?.a.receivedAt ?? 0) < since) first += 1;
    const neighbours = pairs.slice(Math.max(first, index + 1 - MAX_NEIGHBOURS), index + 1);
    gained.push(
      placeOnArrival(neighbours.map((pair) => pair.a)) -
        placeOnArrival(neighbours.map((pair) => pair.b)),
    );
  }
  return gained;
}

export function summarisePlaces(gained: readonly number[]): ModelComparison['places'] {
  return {
    windowMinutes: PLACE_WINDOW_MINUTES,
    earlier: gained.filter((places) => places > 0).length,
    same: gained.filter((places) => places === 0).length,
    later: gained.filter((places) => places < 0).length,
    largestGain: gained.reduce((most, places) => Math.max(most, places), 0),
    largestLoss: gained.reduce((most, places) => Math.max(most, -places), 0),
  };
}
