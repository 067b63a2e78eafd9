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
    takenBack: (source, when, as) =>
      as === 'cancelled'
        ? `Wieder auf der Liste: ${source} hat den gemeldeten Auftrag storniert (${when}).`
        : `Wieder auf der Liste: ${source} hat den Befund widerrufen (${when}). Er ist dort nicht endgültig.`,
    takenBackShort: (as) => (as === 'cancelled' ? 'storniert' : 'widerrufen'),
    back: 'Zurück auf die Liste',
    isBack: 'Die Untersuchung steht wieder auf der Liste.',
    refusedTitle: 'Meldungen anderer Systeme zu Patienten, zu prüfen',
    refusedLead:
      'Ein Befund, dessen Nummer zur Untersuchung eines anderen Patienten gehört, oder zusammengeführte Patienten, deren alte ID Untersuchungen hier noch tragen. Nichts wurde geändert.',
    merged: 'Patienten zusammengeführt',
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
