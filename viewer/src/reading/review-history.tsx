import type { Review, StudyDetail } from '#contracts/study.ts';
import { formatWhen } from '../design/format.ts';
import { countSigned } from './signed-verdicts.ts';
import { READING_TEXT as T } from './text.ts';

const VERDICT_ORDER = ['confirm', 'reject', 'amend', 'add'] as const;

function verdictWords(review: Review, findings: StudyDetail['findings']): string {
  const counts = countSigned(review, findings);
  const said = VERDICT_ORDER.flatMap((verdict) => {
    const count = counts.get(verdict) ?? 0;
    return count === 0 ? [] : [`${count} ${T.signedVerdicts[verdict]}`];
  });
  return said.length === 0 ? T.noneMarked : said.join(', ');
}

function ReviewLine({ review, study }: { readonly review: Review; readonly study: StudyDetail }) {
  const when = (time: string) => formatWhen(time, new Date());
  const { kind, reader, createdAt, undoneAt, comment } = review;
  // Verdicts on findings that a later analysis replaced cannot be counted against what is shown now.
  const isOfThese = review.imageRevision === study.imageRevision;
  const facts = [
    ...(isOfThese && kind === 'reading' ? [verdictWords(review, study.findings)] : []),
    T.modes[review.readingMode],
  ];
  return (
    <li data-testid="review-line" data-state={review.state}>
      <span>
        {kind === 'reading'
          ? T.signedBy(reader, when(createdAt))
          : T.secondReadBy(reader, when(createdAt))}
        {undoneAt === null ? '' : `, ${T.takenBack(when(undoneAt))}`}
      </span>
      <span className="second small">{facts.join(' · ')}</span>
      {comment === null ? null : <span className="second small">{comment}</span>}
    </li>
  );
}

/** Who read this study, when, how, and what was taken back, the newest first. */
export function ReviewHistory({ study }: { readonly study: StudyDetail }) {
  if (study.reviews.length === 0) return null;
  return (
    <ul className="review-history" aria-label={T.readings} data-testid="review-history">
      {study.reviews.map((review) => (
        <ReviewLine key={review.id} review={review} study={study} />
      ))}
    </ul>
  );
}
