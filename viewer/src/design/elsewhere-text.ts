import type { TakenBackAs } from '#core/outside-report.ts';
import { translated } from '../languages/language.ts';

/** Words about studies that were reported in another system. */
export const ELSEWHERE_TEXT = translated('ELSEWHERE_TEXT', {
  by: (source: string, when: string) => `Reported elsewhere (${source}, ${when})`,
  /** Stands below "Reported elsewhere". */
  source: (source: string, when: string) => `${source}, ${when}`,
  already: 'This study was reported elsewhere.',
  toldOpen: (source: string, when: string) =>
    `This study was reported elsewhere (${source}, ${when}).`,
  pending: (source: string, when: string) =>
    `Reported elsewhere (${source}, ${when}) while you have it open. You may still sign it off; when you leave it, it leaves the list.`,
  /** Why it is on the list again, in full and in the column. */
  takenBack: (source: string, when: string, as: TakenBackAs) =>
    as === 'cancelled'
      ? `On the list again: ${source} cancelled the order that it had reported (${when}).`
      : `On the list again: ${source} took its report back (${when}). It is not final there.`,
  takenBackShort: (as: TakenBackAs) => (as === 'cancelled' ? 'cancelled' : 'taken back'),
  back: 'Put back on the list',
  isBack: 'The study is back on the list.',
  refusedTitle: 'Words of other systems on patients, to be looked at',
  refusedLead:
    'A report whose number belongs to a study of another patient, or patients that were merged while studies here bear the old id. Nothing was changed.',
  /** In the column of the accession number. */
  merged: 'patients merged',
  refusedColumns: {
    source: 'From',
    message: 'Message',
    accession: 'Accession',
    patient: 'Patient named',
    at: 'Received',
    action: 'Action',
  },
  dismiss: 'Dismiss',
  dismissed: 'Left at that.',
});
