import type { ErrorCode } from '#core/errors.ts';
import type { Dictionary } from '../dictionary.ts';

export const failures: Pick<Dictionary, 'API_TEXT'> = {
  API_TEXT: {
    status: (status) => `Der Server antwortete mit Status ${status}.`,
    unreachable: 'Der Server ist nicht erreichbar.',
    contract: 'Der Server gab eine Antwort, die diese Seite nicht versteht. Laden Sie sie neu.',
  },
};

/** The closed set of core/errors.ts: a code without its word does not compile. */
export const ERRORS: Readonly<Record<ErrorCode, string>> = {
  CONFIG_INVALID: 'Die Konfiguration ist ungültig',
  DATA_FOLDER_UNUSABLE: 'Der Datenordner ist nicht benutzbar',
  PORT_IN_USE: 'Der Port ist belegt',
  DICOM_NOT_PART10: 'Keine DICOM-Datei',
  DICOM_TRUNCATED: 'Das DICOM-Objekt ist abgeschnitten',
  DICOM_STRUCTURE: 'Das DICOM-Objekt ist fehlerhaft aufgebaut',
  DICOM_UID_INVALID: 'Eine UID ist ungültig',
  DICOM_UID_MISMATCH: 'Die UIDs stimmen nicht überein',
  DICOM_ATTRIBUTE_MISSING: 'Ein DICOM-Attribut fehlt',
  DICOM_TOO_LARGE: 'Das DICOM-Objekt ist zu groß',
  DICOM_UNSUPPORTED: 'Nicht unterstützt',
  PIXELS_MISSING: 'Das Bild hat keine Pixel',
  PIXELS_TOO_LARGE: 'Das Bild ist zu groß',
  PIXELS_UNDECODABLE: 'Das Bild konnte nicht dekodiert werden',
  STORAGE_FULL: 'Der Speicher ist voll',
  STORAGE_FAILED: 'Der Speicher ist gestört',
  DATABASE_UNAVAILABLE: 'Die Datenbank ist nicht verfügbar',
  QUEUE_UNAVAILABLE: 'Die Warteschlange ist nicht verfügbar',
  ASSOCIATION_FAILED: 'Die DICOM-Verbindung ist gescheitert',
  ASSOCIATION_REJECTED: 'Die DICOM-Verbindung wurde abgelehnt',
  RECEIVER_UNREACHABLE: 'Der Empfänger ist nicht erreichbar',
  ADDRESS_FORBIDDEN: 'Die Adresse ist nicht erlaubt',
  MODEL_MANIFEST_INVALID: 'Das Manifest des Modells ist ungültig',
  MODEL_MISSING: 'Das Modell fehlt',
  MODEL_ALTERED: 'Das Modell wurde verändert',
  MODEL_FAILED: 'Das Modell ist ausgefallen',
  ANALYSIS_TIMEOUT: 'Die Analyse hat zu lange gedauert',
  ANALYSIS_MEMORY: 'Die Analyse brauchte zu viel Speicher',
  RULE_INVALID: 'Die Regel ist ungültig',
  REQUEST_INVALID: 'Die Anfrage ist ungültig',
  UNAUTHENTICATED: 'Nicht angemeldet',
  FORBIDDEN: 'Nicht erlaubt',
  LOCATION_WITHHELD: 'Orte werden im Modus „nur Triage“ zurückgehalten',
  AI_WITHHELD: 'Das KI-Ergebnis wartet auf Ihre Ersteinschätzung',
  NOT_FOUND: 'Nicht gefunden',
  NOT_ACCEPTABLE: 'Nicht in der gewünschten Form verfügbar',
  STALE_VERSION: 'Die Untersuchung hat sich inzwischen geändert',
  ILLEGAL_TRANSITION: 'In diesem Zustand nicht möglich',
  TOO_MANY_REQUESTS: 'Zu viele Anfragen',
  INTERNAL: 'Interner Fehler',
};
