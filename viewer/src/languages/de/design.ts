import type { Dictionary } from '../dictionary.ts';

export const design: Pick<Dictionary, 'TEXT' | 'NOTICES' | 'FORMAT_TEXT' | 'LINKS_TEXT'> = {
  LINKS_TEXT: {
    group: 'Diese Untersuchung in einem anderen System öffnen',
    newWindow: (name) => `Diese Untersuchung in ${name} öffnen, in einem neuen Fenster`,
    program: (name) => `Diese Untersuchung in ${name} öffnen`,
    impossible: (name) => `${name}: Der Untersuchung fehlt die Nummer, die der Link braucht`,
  },
  FORMAT_TEXT: {
    noName: 'Name nicht angegeben',
    noData: 'noch keine Daten',
    ages: {
      Y: (years) => `${years} J.`,
      M: (months) => (months === 1 ? '1 Monat' : `${months} Monate`),
      W: (weeks) => (weeks === 1 ? '1 Woche' : `${weeks} Wochen`),
      D: (days) => (days === 1 ? '1 Tag' : `${days} Tage`),
    },
    sexes: { M: 'männlich', F: 'weiblich', O: 'anderes' },
    sexLetters: { M: 'M', F: 'W', O: 'A' },
    now: 'jetzt',
    ago: (passed) => `vor ${passed}`,
    percent: (number) => `${number} %`,
    range: (low, high) => `${low} bis ${high}`,
    of: (some, all) => `${some} von ${all}`,
    interval: (estimate, low, high) => `${estimate} (${low} bis ${high})`,
  },
  TEXT: {
    product: 'RadTriage',
    previewMark: 'Vorschau: nicht zur Diagnose',
    close: 'Schließen',
    cancel: 'Abbrechen',
    retry: 'Erneut versuchen',
    loading: 'Wird geladen',
    undo: 'Rückgängig',
    worklist: 'Arbeitsliste',
    quality: 'Qualität',
    administration: 'Verwaltung',
    logOut: 'Abmelden',
    themeToLight: 'Hell',
    themeToDark: 'Dunkel',
    themeLabel: 'Darstellung wechseln: Hell oder Dunkel',
    language: 'Sprache',
    messages: 'Meldungen',
    keys: 'Tasten',
    offline:
      'Die Live-Verbindung ist unterbrochen. Die Anzeige kann veraltet sein; die Verbindung wird neu aufgebaut.',
    notFound: 'Unter dieser Adresse gibt es nichts.',
    toWorklist: 'Zur Arbeitsliste',
    broken: 'Diese Seite ist ausgefallen. Was Sie freigegeben haben, ist nicht verloren.',
    reload: 'Neu laden',
    modelCard: 'Modellkarte',
    unknown: 'nicht angegeben',
  },
  NOTICES: {
    noFindingBy: (model) => `kein Befund von ${model ?? 'dem Modell'} markiert`,
    shadow: (title) =>
      `Modell ${title} läuft im Schattenbetrieb: Es ändert nichts, bis die Verwaltung es aktiviert.`,
    refused: (title) =>
      `Modell ${title} ist abgelehnt: Es analysiert keine Untersuchungen, bis die Verwaltung es geprüft hat.`,
    demonstration: (title) =>
      `Modell ${title} ist ein Demonstrationsmodell: Es kennt nur erzeugte Untersuchungen, keine Patienten.`,
  },
};
