import type { Dictionary } from '../dictionary.ts';

export const storage: Pick<
  Dictionary,
  | 'COMMITMENT_STATE_WORDS'
  | 'COMMITMENT_TEXT'
  | 'DECISION_WORDS'
  | 'FINDING_WORDS'
  | 'QUARANTINE_STATE_WORDS'
  | 'QUARANTINE_TEXT'
  | 'REASON_WORDS'
> = {
  COMMITMENT_TEXT: {
    title: 'Storage Commitment',
    lead: 'Gegenstellen fragen, ob sie sich auf uns für das verlassen dürfen, was sie gesendet haben. Was Ihr Eingreifen erfordert, steht zuerst.',
    promise: (days) =>
      `Zugesagt werden Objekte, die ${days} ${days === 1 ? 'Tag' : 'Tage'} ab Eingang aufbewahrt werden.`,
    off: 'Storage Commitment ist aus: Gegenstellen erfahren, dass der Dienst nicht angeboten wird.',
    offDetail: 'dicom.storageCommitment.enabled schaltet es ein.',
    noRetention:
      'Jedes Objekt wird abgelehnt: retention.keepAtLeastDays sagt nicht, wie lange Objekte aufbewahrt werden.',
    nothingPromised: 'nichts wird zugesagt',
    empty: 'Noch keine Gegenstelle hat gefragt.',
    more: (shown, total) => `${shown} von ${total}`,
    columns: {
      state: 'Zustand',
      peer: 'Gegenstelle',
      address: 'Adresse',
      asked: 'Gefragt',
      kept: 'Zugesagt',
      refused: 'Nicht zugesagt',
      report: 'Meldung',
      action: 'Aktion',
    },
    of: (kept, objects) => `${kept} von ${objects}`,
    looking: (objects) => `${objects} zu prüfen`,
    transaction: 'Transaktion',
    tries: (count) => `${count} ${count === 1 ? 'Versuch' : 'Versuche'}`,
    next: 'nächster',
    retry: 'Erneut versuchen',
    retried: 'Die Objekte werden neu geprüft, und die Gegenstelle erfährt es.',
  },
  COMMITMENT_STATE_WORDS: {
    checking: 'wird geprüft',
    reporting: 'wird gemeldet',
    delivered: 'gemeldet',
    'given-up': 'aufgegeben',
  },
  FINDING_WORDS: {
    kept: 'aufbewahrt',
    unknown: 'nicht hier',
    'class-conflict': 'hier als andere SOP-Klasse',
    'class-unsupported': 'SOP-Klasse nicht angenommen',
    'not-kept-by-policy': 'nicht lange genug aufbewahrt',
    'held-back': 'in Quarantäne zurückgehalten',
    'file-missing': 'DATEI FEHLT',
    'file-altered': 'DATEI VERÄNDERT',
    'file-unreadable': 'Datei nicht lesbar',
  },
  QUARANTINE_TEXT: {
    title: 'Quarantäne',
    lead: 'Bilder, die mit anderen Pixeln unter einer bekannten UID kamen, und Rejection Notes. Beide Inhalte bleiben aufbewahrt, wie immer Sie entscheiden.',
    empty: 'Nichts wartet auf eine Entscheidung.',
    emptyAll: 'Nichts wurde je zurückgehalten.',
    showAll: 'Auch Entschiedenes zeigen',
    showWaiting: 'Nur Wartendes zeigen',
    waiting: (count) => `${count} wartend`,
    columns: ['Was kam', 'Von', 'Wann', 'Warum', 'Zustand', ''],
    look: 'Ansehen',
    image: 'Bild',
    object: 'Objekt',
    note: (title, named) =>
      `Rejection Note: ${title} (${named} ${named === 1 ? 'Instanz' : 'Instanzen'})`,
    kept: 'Aufbewahrt',
    arrived: 'Später eingetroffen',
    noPicture: 'Kein Bild darstellbar.',
    nothingKept: 'Unter dieser UID ist nichts aktuell.',
    attribute: 'Attribut',
    absent: 'fehlt',
    differs: 'Was sich unterscheidet',
    onlyPixels: 'Nur die Pixel.',
    reason: 'Grund für das Protokoll (keine Patientendaten)',
    decided: (by, at, reason) => `von ${by}, ${at}: ${reason}`,
    done: { adopted: 'Übernommen.', dismissed: 'Verworfen.', waiting: 'Es wartet wieder.' },
  },
  REASON_WORDS: {
    'pixels-changed': 'Andere Pixel unter derselben UID',
    'pixels-not-compared': 'Die Pixel konnten nicht verglichen werden',
    'content-changed': 'Ein anderer Inhalt unter derselben UID',
    'note-permitted': 'Befolgt: Ihr Absender darf diese Bilder zurückweisen',
    'note-not-permitted': 'Ihr Absender darf nicht alle diese Bilder zurückweisen',
  },
  QUARANTINE_STATE_WORDS: {
    waiting: 'wartet',
    adopted: 'übernommen',
    dismissed: 'verworfen',
  },
  DECISION_WORDS: {
    adopt: {
      button: 'Übernehmen',
      instance:
        'Was später kam, wird aktuell. Die Untersuchung wird neu analysiert und gilt wieder als unbefundet.',
      note: 'Was die Note nennt, wird zurückgezogen, mit unseren Ergebnissen dazu. Die Untersuchung wird neu analysiert.',
    },
    dismiss: {
      button: 'Verwerfen',
      instance:
        'Was aufbewahrt ist, bleibt aktuell. Was später kam, bleibt aufbewahrt und wird sonst nirgends gezeigt.',
      note: 'Die Note bleibt aufbewahrt und zieht nichts zurück.',
    },
    undo: {
      button: 'Rückgängig',
      instance: 'Es ist wieder wie vor der Entscheidung und wartet erneut.',
      note: 'Was die Note zurückzog, kommt wieder, sofern keine andere Note es nennt.',
    },
  },
};
