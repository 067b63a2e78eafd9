import type { Dictionary } from '../dictionary.ts';

export const administration: Pick<
  Dictionary,
  'ADMINISTRATION_TEXT' | 'FAILED_RESULT_TEXT' | 'ROLE_ACTS' | 'ROLE_WORDS'
> = {
  ADMINISTRATION_TEXT: {
    title: 'Verwaltung',
    health: 'Zustand',
    components: {
      database: 'Datenbank',
      queue: 'Warteschlange',
      listener: 'Listener',
      worker: 'Worker',
    },
    ok: 'läuft',
    down: 'ausgefallen',
    version: 'Version',
    models: 'Modelle',
    noModels: 'Kein Modell ist installiert.',
    failures: 'Fehlgeschlagene Aufträge',
    noFailures: 'Kein Auftrag ist endgültig fehlgeschlagen.',
    failuresLead:
      'Aufträge ohne verbleibende Versuche. Ihre Untersuchungen behalten ihren Platz in der Arbeitsliste.',
    retry: 'Erneut versuchen',
    retried: 'Der Auftrag läuft erneut.',
    columns: ['Auftrag', 'Untersuchung', 'Fehler', 'Versuche', 'Fehlgeschlagen', ''],
    notYet: 'noch nicht gelaufen',
    auc: 'AUC in der Validierung',
    provider: 'Läuft auf',
    digest: 'SHA-256',
    licence: 'Lizenz',
    intendedUse: 'Zweckbestimmung',
    label: 'Markiert',
    threshold: 'Markiert ab Score',
    demonstration: 'Demonstration',
    changed: (by, at) => `von ${by}, ${at}`,
    note: 'Notiz für das Protokoll (freiwillig)',
    noteNeeded: 'Warum dieses Modell, für das Protokoll',
    allowDemonstration:
      'Es dient der Demonstration und nicht der Patientenversorgung: trotzdem aktivieren',
    pinned: 'Festgelegt',
    isPinned: 'Seine Dateien dürfen sich nicht mehr ändern',
    notPinned: 'noch nicht: erst, wenn es eine Rolle bekommt',
    evaluation: 'Am Standort evaluiert',
    noEvaluation: 'keine Evaluation angegeben',
    done: (title, role) => `${title}: ${role}.`,
  },
  ROLE_WORDS: {
    shadow: 'im Schattenbetrieb',
    active: 'aktiv',
    retired: 'stillgelegt',
  },
  ROLE_ACTS: {
    active: {
      button: 'Aktivieren',
      title: 'Dieses Modell aktivieren?',
      detail:
        'Von jetzt an ziehen seine Markierungen Untersuchungen in der Arbeitsliste vor, und Befundende sehen sie.',
    },
    shadow: {
      button: 'In den Schattenbetrieb',
      title: 'Dieses Modell in den Schattenbetrieb nehmen?',
      detail:
        'Es läuft weiter und wird aufgezeichnet, ändert aber nichts und wird nur der Verwaltung gezeigt.',
    },
    retired: {
      button: 'Stilllegen',
      title: 'Dieses Modell stilllegen?',
      detail: 'Es läuft nicht mehr. Was es zuvor gesagt hat, bleibt aufgezeichnet.',
    },
  },
  FAILED_RESULT_TEXT: {
    title: 'Ergebnisse, die nicht erzeugt werden konnten',
    lead: 'Nichts davon wurde gesendet. Die Untersuchungen stehen mit dem, was gefunden wurde, in der Arbeitsliste.',
    none: 'Keine.',
    columns: {
      study: 'Untersuchung',
      result: 'Ergebnis',
      reason: 'Grund',
      tries: 'Versuche',
      since: 'Seit',
      action: 'Aktion',
    },
    byAi: (number) => `${number}, der KI`,
    bySigner: (number, reader) => `${number}, freigegeben von ${reader}`,
    retry: 'Erneut versuchen',
    retried: 'Es wird noch einmal erzeugt.',
    dismiss: 'Verwerfen',
    dismissed: 'Dabei bleibt es.',
  },
};
