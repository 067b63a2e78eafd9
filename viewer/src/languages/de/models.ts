import type { Dictionary } from '../dictionary.ts';

function studies(count: number): string {
  return count === 1 ? '1 Untersuchung' : `${count} Untersuchungen`;
}

export const models: Pick<Dictionary, 'MODEL_TEXT' | 'PROMOTION_TEXT'> = {
  MODEL_TEXT: {
    points: 'Arbeitspunkte',
    inUse: 'in Gebrauch',
    sensitivity: (value) => `Sensitivität ${value}`,
    specificity: (value) => `Spezifität ${value}`,
    fromScore: (point, score) => `${point}: ab Score ${score}`,
    checked: 'Eingangsprüfung',
    unchecked: 'Es hat keine Eingangsprüfung: Es bewertet alles, was seine Auswahl durchlässt.',
    refusedOf: (refused, n) => `${refused} von ${n} abgewiesen`,
    untested: 'Nicht getestet',
    comparison: 'Vergleich',
    lead: 'Was zwei Versionen aus den Untersuchungen machten, die beide analysiert haben. Jede wird genommen, als wäre sie allein aktiv.',
    a: 'In Gebrauch (A)',
    b: 'Kandidat (B)',
    choose: 'Für einen Vergleich braucht es zwei Versionen.',
    same: 'Wählen Sie zwei verschiedene Versionen.',
    none: 'Noch keine Untersuchung wurde von beiden gesehen.',
    noneDetail:
      'Ein Modell im Schattenbetrieb sieht die Untersuchungen, die währenddessen eintreffen.',
    compared: (count) => `${studies(count)} von beiden analysiert.`,
    seen: (a, b) => `A sah ${a}, B sah ${b}. Anteile mit ihren 95-%-Intervallen.`,
    each: 'Je Version',
    flagged: 'Markiert',
    confirmed: (total) =>
      `Von ${studies(total)}, in denen Befundende einen Befund bestätigten, markiert`,
    unconfirmed: (total) =>
      `Von ${studies(total)}, in denen Befundende nichts bestätigten, markiert`,
    milliseconds: 'Netz, ms je Untersuchung: Median (95. Perzentil)',
    outcomes: 'Ohne Ergebnis',
    outcomeWords: ['außerhalb der Zweckbestimmung', 'nicht analysiert', 'fehlgeschlagen'],
    everyOne: 'keine',
    crossed: 'Untersuchungen',
    flaggedBy: (side) => `von ${side} markiert`,
    notFlaggedBy: (side) => `von ${side} nicht markiert`,
    percent: (number) => `${number} %`,
    observed: 'Beide sagen dasselbe',
    kappa: 'Cohens Kappa (95 %)',
    undefinedKappa: 'nicht definiert: beide sagen immer dasselbe',
    difference: 'B markiert mehr als A um (95 %)',
    pointsMore: (more, from, to) => `${more} Prozentpunkte (${from} bis ${to})`,
    mcNemar: 'Exakter McNemar-Test, p',
    raised: 'In der Liste vorgezogene Untersuchungen',
    raisedBy: (a, b) => `${a} durch A, ${b} durch B`,
    places: 'Platz in der Liste beim Eingang mit B',
    moved: (earlier, later, hours) =>
      `${earlier} früher, ${later} später, unter denen der ${hours} Stunden davor`,
    scores: (label) => `${label}: Scores von A und B`,
    scoreLines: 'Jeder Punkt ist eine Untersuchung; Linien: der Score, ab dem jede markiert.',
    sampled: (shown, total) => `${shown} von ${total} sind gezeichnet.`,
    scoreOf: (side) => `Score von ${side}`,
    subgroups: 'Markiert, nach Modalität, Standort, Geschlecht und Alter',
    group: 'Gruppe',
    groupedBy: { modality: 'Modalität', site: 'Standort', sex: 'Geschlecht', age: 'Alter' },
    reasons: 'Warum manche kein Ergebnis haben',
    reason: 'Grund',
    studies: 'Untersuchungen',
    differences: 'Untersuchungen, die sich unterscheiden',
    noDifferences: 'Beide markieren dieselben Untersuchungen.',
    showAll: (count) => `Alle ${count} zeigen`,
    leftOut: (count) =>
      `${count} weitere sind ausgelassen: radtriage models compare mit --from und --to betrachtet weniger.`,
    columns: ['Eingang', 'Was', 'A', 'B', 'Platz mit B', 'Befundung'],
    gained: (places) =>
      places === 0 ? 'derselbe' : `${Math.abs(places)} ${places > 0 ? 'früher' : 'später'}`,
    word: (flagged, score) =>
      `${flagged ? 'markiert' : 'nicht markiert'}${score === null ? '' : `, Score ${score}`}`,
    read: (confirmed) =>
      confirmed === null
        ? 'noch nicht befundet'
        : confirmed
          ? 'Befund bestätigt'
          : 'nichts bestätigt',
  },
  PROMOTION_TEXT: {
    title: 'Was sich ändern würde',
    against: (version) => `Was sich gegenüber ${version} ändern würde, das jetzt aktiv ist`,
    noActive:
      'Keine Version dieses Modells ist aktiv: Seine Markierungen wären die ersten. Es gibt nichts zum Vergleichen.',
    unknown: (version) =>
      `Noch keine Untersuchung wurde von dieser Version und von ${version} analysiert: Was sich ändern würde, ist nicht bekannt. Lassen Sie sie eine Weile im Schattenbetrieb.`,
    seen: 'Von beiden analysiert',
    seenBy: (compared, both) =>
      compared === both ? studies(compared) : `${studies(compared)}, von ${both}, die beide sahen`,
    flaggedNow: 'Jetzt markiert',
    flaggedThen: 'Mit dieser Version markiert',
    change: 'Markierungen, die sich ändern',
    changes: (more, fewer) =>
      `${studies(more)} kämen hinzu; ${studies(fewer)} wären nicht mehr markiert`,
    places: 'Platz in der Liste beim Eingang',
    moved: (earlier, later) => `${studies(earlier)} früher, ${later} später`,
    agreement: 'Übereinstimmung',
    kappa: (kappa) => `Cohens Kappa ${kappa}`,
    undefinedKappa: 'Cohens Kappa nicht definiert: beide sagen immer dasselbe',
    readers: 'Bisher befundet',
    unread: 'keine davon: Wie viele sie übersieht, ist nicht bekannt',
    confirmed: 'Befundende bestätigten einen Befund',
    unconfirmed: 'Befundende bestätigten nichts',
    flaggedOf: (total, now, then) =>
      `in ${studies(total)}: ${now} jetzt markiert, ${then} mit dieser Version`,
    notEvaluated:
      'Es wurde keine Evaluation an Bildern dieses Standorts mit bekannter Wahrheit angegeben. radtriage evaluate erstellt eine; radtriage models promote --evaluation bewahrt sie auf.',
    units: { image: 'Bildern', series: 'Serien', study: 'Untersuchungen' },
    evaluated: (date, analysed, noun) =>
      `An diesem Standort an ${analysed} ${noun} evaluiert (${date}).`,
    evaluatedLabel: (label, sensitivity, specificity) =>
      `${label}: Sensitivität ${sensitivity}, Spezifität ${specificity}.`,
    previous: (version) => `Was aus ${version} wird`,
    previousRoles: {
      shadow:
        'Sie läuft im Schattenbetrieb weiter: Beide lassen sich vergleichen, und sie kann zurückkehren',
      retired: 'Sie wird stillgelegt: Sie läuft nicht mehr',
    },
  },
};
