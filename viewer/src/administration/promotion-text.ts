import type { EvaluatedUnit } from '#core/model-evaluation.ts';
import { translated } from '../languages/language.ts';

const UNITS: Readonly<Record<EvaluatedUnit, string>> = {
  image: 'images',
  series: 'series',
  study: 'studies',
};

function studies(count: number): string {
  return count === 1 ? '1 study' : `${count} studies`;
}

export const PROMOTION_TEXT = translated('PROMOTION_TEXT', {
  title: 'What would change',
  against: (version: string) => `What would change, against ${version}, which is active now`,
  noActive:
    'No version of this model is active: its flags would be the first. There is nothing to compare it with.',
  unknown: (version: string) =>
    `No study was analysed by both this version and ${version} yet: what would change is not known. Leave it in shadow for a while.`,
  seen: 'Analysed by both',
  seenBy: (compared: number, both: number) =>
    compared === both ? studies(compared) : `${studies(compared)}, of ${both} that both saw`,
  flaggedNow: 'Flagged now',
  flaggedThen: 'Flagged with this version',
  change: 'Flags that change',
  changes: (more: number, fewer: number) =>
    `${studies(more)} that are not flagged now would be; ${studies(fewer)} flagged now would not`,
  places: 'Place in the list on arrival',
  moved: (earlier: number, later: number) => `${studies(earlier)} earlier, ${later} later`,
  agreement: 'Agreement',
  kappa: (kappa: string) => `Cohen's kappa ${kappa}`,
  undefinedKappa: "Cohen's kappa undefined: both always say the same",
  readers: 'Read so far',
  unread: 'none of them: how many it misses is not known',
  confirmed: 'Readers confirmed a finding',
  unconfirmed: 'Readers confirmed nothing',
  flaggedOf: (total: number, now: number, then: number) =>
    `in ${studies(total)}: ${now} flagged now, ${then} with this version`,
  notEvaluated:
    'No evaluation on images of this site with a known truth was given. radtriage evaluate makes one; radtriage models promote --evaluation keeps it.',
  units: UNITS,
  evaluated: (date: string, analysed: string, noun: string) =>
    `Evaluated at this site on ${analysed} ${noun} (${date}).`,
  evaluatedLabel: (label: string, sensitivity: string, specificity: string) =>
    `${label}: sensitivity ${sensitivity}, specificity ${specificity}.`,
  previous: (version: string) => `What becomes of ${version}`,
  previousRoles: {
    shadow: 'It goes on in shadow: both can be compared, and it can come back',
    retired: 'It is retired: it no longer runs',
  },
});
