import type { StudyDetail } from '#contracts/study.ts';
import { ELSEWHERE_TEXT as E } from '../design/elsewhere-text.ts';
import { formatWhen } from '../design/format.ts';
import { READING_TEXT as T } from './text.ts';

/** What happened to a study while a reader had it open. */
export interface StudyChange {
  readonly newImages: number;
  readonly newAnalysis: boolean;
  /** Name of another reader who signed it off meanwhile. */
  readonly signedBy: string | null;
  /** By whom and when, when it is not on this screen yet. */
  readonly reportedElsewhere: StudyDetail['reportedElsewhere'];
}

type Told = Pick<
  StudyDetail,
  | 'aiWithheld'
  | 'imageRevision'
  | 'imageCount'
  | 'analysisRuns'
  | 'findings'
  | 'reviews'
  | 'readingStatus'
  | 'reportedElsewhere'
>;

const findingIds = (study: Told) => study.findings.map((finding) => finding.id).join();

function analysisMark(study: Told): string {
  const run = study.analysisRuns.find((each) => each.finishedAt !== null);
  return `${run?.id ?? ''}:${findingIds(study)}`;
}

function newSigner(shown: Told, latest: Told, reader: string): string | null {
  const known = new Set(shown.reviews.map((review) => review.id));
  const fresh = latest.reviews.find(
    (review) =>
      review.kind === 'reading' &&
      review.state === 'signed' &&
      review.reader !== reader &&
      !known.has(review.id),
  );
  return fresh?.reader ?? null;
}

/** null when nothing changed that a reader must look at (a lock, a priority): the newer version is then taken over. */
export function findChange(shown: Told, latest: Told, reader: string): StudyChange | null {
  const change: StudyChange = {
    newImages: Math.max(0, latest.imageCount - shown.imageCount),
    // What was withheld until now is what the reader asked for.
    newAnalysis:
      shown.aiWithheld === latest.aiWithheld && analysisMark(shown) !== analysisMark(latest),
    signedBy: newSigner(shown, latest, reader),
    reportedElsewhere:
      shown.reportedElsewhere?.pending === latest.reportedElsewhere?.pending
        ? null
        : latest.reportedElsewhere,
  };
  const nothing =
    change.newImages === 0 &&
    !change.newAnalysis &&
    change.signedBy === null &&
    change.reportedElsewhere === null;
  return nothing ? null : change;
}

/** The change in words. */
export function describeChange(change: StudyChange): string {
  const parts: string[] = [];
  if (change.newImages > 0) {
    parts.push(T.newImages(change.newImages));
  }
  if (change.newAnalysis) parts.push(T.newAnalysis);
  if (change.signedBy !== null) parts.push(T.signedByOther(change.signedBy));
  if (change.reportedElsewhere !== null) {
    const { by, at } = change.reportedElsewhere;
    parts.push(E.toldOpen(by, formatWhen(at, new Date())));
  }
  return parts.join(' ');
}
