import type { ColumnType, Generated } from 'kysely';
import type { OutsidePatientId, OutsideReportState, OutsideWord } from '#core/outside-report.ts';
import type { Json, JsonWithDefault, Timestamp } from './column-types.ts';

/** A word of another system on its report of a study, or on a patient. */
export interface OutsideReportTable {
  reportKey: Generated<string>;
  /** Name of the system, as the configuration or its token names it. */
  source: string;
  via: 'hl7' | 'http';
  /** MSH-10 of the message, or what its sender called it. */
  messageId: string;
  /** The same report said once more has the same. */
  repeatKey: string;
  /** What its study is known by: the number of an order, or the study itself. */
  accessionNumber: string | null;
  studyInstanceUid: string | null;
  /** Only studies of this site; null for any. */
  site: string | null;
  patientIds: Json<readonly OutsidePatientId[]>;
  birthDate: string | null;
  word: ColumnType<OutsideWord, OutsideWord, never>;
  /** When its message was made: TS of HL7, as it was written. */
  saidAt: string | null;
  /** Of a merge: the ids that stand for the patient from then on. */
  mergedInto: Json<readonly OutsidePatientId[]> | null;
  state: OutsideReportState;
  /** Without patient data. */
  reason: string | null;
  /** The images that a study had when it was found open, by study key. */
  heldRevisions: JsonWithDefault<Readonly<Record<string, string | null>>>;
  /** Keys of the studies that nothing more is to be done about. */
  settledStudies: ColumnType<string[], string[] | undefined, string[]>;
  receivedAt: Timestamp;
  expiresAt: Timestamp;
  settledAt: Timestamp | null;
}
