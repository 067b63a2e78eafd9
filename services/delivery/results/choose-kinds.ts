import { RESULT_KINDS, type ResultKind } from '#core/result-objects.ts';
import type { Destination } from '#platform/config/destinations.ts';
import { kindsFor, type StudyFacts } from '../destinations/choose-objects.ts';
import type { StoredResult } from './read-study.ts';

/** What the rules of the destinations look at. */
export function factsOf({ study, images, review }: StoredResult, isVerified: boolean): StudyFacts {
  return {
    callingAe: images[0]?.callingAe ?? null,
    site: study.site,
    modality: study.modality,
    priority: study.priority,
    flagged: review === undefined ? study.flagged : study.flagged || review.positive,
    verified: isVerified,
  };
}

/** The kinds that any destination wants of such a study: the others are not made. */
export function wantedKinds(
  destinations: readonly Destination[],
  facts: StudyFacts,
): ReadonlySet<ResultKind> {
  const wanted = new Set(destinations.flatMap((destination) => kindsFor(destination, facts)));
  return new Set(RESULT_KINDS.filter((kind) => wanted.has(kind)));
}

/**
 * Whether a reader's word leaves the pictures as they are: everything that was marked is confirmed, and nothing added.
 */
export function keepsPictures({ review }: StoredResult): boolean {
  return review?.verdicts.every(({ verdict }) => verdict === 'confirm') ?? false;
}
