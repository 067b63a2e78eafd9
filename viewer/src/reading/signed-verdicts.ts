import type { Review, StudyDetail } from '#contracts/study.ts';
import type { AddedFinding, FindingVerdict, Judgement } from './draft.ts';

type Verdict = Review['verdicts'][number];

/** The reading that stands; null while nobody has signed the study off. */
export function signedReview(study: Pick<StudyDetail, 'reviews' | 'readingStatus'>): Review | null {
  if (study.readingStatus !== 'reviewed') return null;
  const isSigned = ({ kind, state }: Review) => kind === 'reading' && state === 'signed';
  return study.reviews.find(isSigned) ?? null;
}

function toVerdict({ verdict, reason, box, label }: Verdict): FindingVerdict | null {
  if (verdict === 'confirm') return { verdict };
  if (verdict === 'reject') return { verdict, reason: reason ?? '' };
  return verdict === 'amend' ? { verdict, box, label } : null;
}

/** What was signed, as the page shows a judgement. A finding that was added and whose place is withheld is left out. */
export function judgementOf(review: Review): Judgement {
  const byFinding = new Map<string, FindingVerdict>();
  const added: AddedFinding[] = [];
  for (const [place, each] of review.verdicts.entries()) {
    const verdict = toVerdict(each);
    const { findingId, label, sopInstanceUid, frame, box } = each;
    if (verdict !== null && findingId !== null) byFinding.set(findingId, verdict);
    else if (verdict === null && sopInstanceUid !== null && box !== null) {
      const own = { label: label ?? '', sopInstanceUid, frame: frame ?? 1, box };
      added.push({ addedId: `${review.id}-${place}`, ...own });
    }
  }
  return { byFinding, added };
}

/** How often each verdict was given on what stands on the page: what several models saw of one place counts once. */
export function countSigned(
  review: Review,
  findings: readonly { readonly id: string }[],
): ReadonlyMap<Verdict['verdict'], number> {
  const shown = new Set(findings.map((finding) => finding.id));
  const counts = new Map<Verdict['verdict'], number>();
  for (const { verdict, findingId } of review.verdicts) {
    if (findingId !== null && !shown.has(findingId)) continue;
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return counts;
}
