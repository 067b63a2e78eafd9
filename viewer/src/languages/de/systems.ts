import type { Dictionary } from '../dictionary.ts';

/** The word of other systems on a study. */
export const systems: Pick<Dictionary, 'ELSEWHERE_TEXT'> = {
  ELSEWHERE_TEXT: {
    by: (source, when) => `Anderswo befundet (${source}, ${when})`,
    source: (source, when) => `${source}, ${when}`,
    already: 'Diese Untersuchung wurde anderswo befundet.',
    toldOpen: (source, when) => `Diese Untersuchung wurde anderswo befundet (${source}, ${when}).`,
    pending: (source, when) =>
      `Anderswo befundet (${source}, ${when}), während sie bei Ihnen geöffnet ist. Sie können sie noch freigeben; wenn Sie sie verlassen, verlässt sie die Liste.`,
    back: 'Zurück auf die Liste',
    isBack: 'Die Untersuchung steht wieder auf der Liste.',
    refusedTitle: 'Befundmeldungen zu einem anderen Patienten',
    refusedLead:
      'Ein anderes System meldete diese als befundet, doch die Untersuchung mit der Nummer gehört zu einem anderen Patienten. Nichts wurde geändert.',
    refusedColumns: {
      source: 'Von',
      message: 'Meldung',
      accession: 'Accession-Nr.',
      patient: 'Genannter Patient',
      at: 'Eingang',
      action: 'Aktion',
    },
    dismiss: 'Verwerfen',
    dismissed: 'Dabei bleibt es.',
  },
};
