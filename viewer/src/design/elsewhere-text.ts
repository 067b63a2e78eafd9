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
  back: 'Put back on the list',
  isBack: 'The study is back on the list.',
  refusedTitle: 'Reports that name another patient',
  refusedLead:
    'Another system said that these were reported, but the study with the number is of another patient. Nothing was done.',
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
