import { formatDicomDate } from '../design/format.ts';
import { daysBefore, type Prior } from './prior-choice.ts';
import { PRIORS_TEXT as T } from './priors-text.ts';

const DAYS_A_MONTH = 30.44;
const DAYS_A_YEAR = 365.25;

/** How long before the study its prior was: in days up to two months, in months up to two years, then in years. */
export function wordsOfInterval(
  prior: { readonly studyDate: string | null },
  current: { readonly studyDate: string | null },
): string {
  const days = daysBefore(prior, current);
  if (days === null) return T.earlier.unknown;
  if (days < 2 * DAYS_A_MONTH) return T.earlier.days(days);
  if (days < 2 * DAYS_A_YEAR) return T.earlier.months(Math.round(days / DAYS_A_MONTH));
  return T.earlier.years(Math.round(days / DAYS_A_YEAR));
}

/** What a prior is called in the list and on its pane. */
export function wordsOfPrior(prior: Prior): string {
  const what = prior.studyDescription ?? prior.bodyPartExamined ?? '';
  return [formatDicomDate(prior.studyDate), prior.modality, what]
    .filter((part) => part !== null && part !== '')
    .join(' · ');
}
