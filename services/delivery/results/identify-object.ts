import { RESULT_KINDS, type ResultKind } from '#core/result-objects.ts';
import type { DocumentIdentity } from '#dicom/objects/types.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { type Installation, utcOffsetMinutes } from './installation.ts';

/** The result set whose objects are named. */
export interface NamedSet {
  readonly resultSetKey: string;
  readonly studyKey: string;
  readonly runKey: string | null;
  readonly number: number;
  readonly createdAt: Date;
}

/** Behind the series of any modality. */
const FIRST_SERIES_NUMBER = 9_000;
/** Objects of one kind in one set: instance numbers of two sets never meet. */
const MOST_OF_A_KIND = 1_000;

/**
 * Names the objects of a result set. The same set gives the same names however often it is made: what a crash left
 * half done is done again without a second copy. Each run has a series of its own for each kind.
 */
export function identityOf(
  set: NamedSet,
  { kind, index }: { readonly kind: ResultKind; readonly index: number },
  by: { readonly installation: Installation; readonly timeZone: string },
): DocumentIdentity {
  const { id, device } = by.installation;
  const { resultSetKey, studyKey, runKey, number, createdAt } = set;
  return {
    sopInstanceUid: deriveUid([id, 'object', resultSetKey, kind, index]),
    seriesInstanceUid: deriveUid([id, 'series', studyKey, runKey ?? 'no run', kind]),
    seriesNumber: FIRST_SERIES_NUMBER + RESULT_KINDS.indexOf(kind) + 1,
    instanceNumber: (number - 1) * MOST_OF_A_KIND + index + 1,
    contentAt: createdAt,
    utcOffsetMinutes: utcOffsetMinutes(by.timeZone, createdAt),
    device,
  };
}
