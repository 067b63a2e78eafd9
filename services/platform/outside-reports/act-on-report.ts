import { type Selectable, sql, type Transaction } from 'kysely';
import {
  isReportOfPatient,
  judgeReportedStudy,
  type OutsideReportState,
} from '#core/outside-report.ts';
import { nextReadingStatus } from '#core/reading-state.ts';
import type { AuditEntry } from '../audit-log/audit-log.ts';
import { notifyChange } from '../database/changes.ts';
import type { OutsideReportTable } from '../database/outside-report-tables.ts';
import type { DatabaseSchema } from '../database/schema.ts';

export type OutsideReportRow = Selectable<OutsideReportTable>;
type Trx = Transaction<DatabaseSchema>;

/** What of the site's configuration decides on a report. */
export interface ReportRules {
  readonly sessionIdleMinutes: number;
  readonly dicom: { readonly dummyPatientIds: readonly string[] };
  readonly hl7: { readonly waitForStudyDays: number };
}

export interface ReportOutcome {
  readonly state: OutsideReportState;
  readonly reason: string | null;
  /** To be written at the end of the transaction. */
  readonly entries: readonly AuditEntry[];
}

/** What a study bears whose report nobody took back. */
export const NOT_RETURNED = { returnedBy: null, returnedAt: null, returnedAs: null } as const;

export const OTHER_PATIENT = 'the study is of another patient';

/** The index is over so much of the number. */
export function hasNumber(number: string) {
  const short = number.slice(0, 64);
  return sql<boolean>`left(accession_number, 64) = ${short} AND accession_number = ${number}`;
}

/** All studies that a word may be about, locked in one order whoever locks them. */
export async function lockStudies(
  trx: Trx,
  report: Pick<OutsideReportRow, 'accessionNumber' | 'studyInstanceUid' | 'site'>,
) {
  const { accessionNumber, studyInstanceUid, site } = report;
  const query = trx
    .selectFrom('study')
    .select(['studyKey', 'studyInstanceUid', 'version', 'status', 'readingStatus', 'openedAt'])
    .select(['openedBy', 'studyDate', 'imageRevision', 'reportedBy'])
    .select(['patientId', 'issuerOfPatientId', 'patientBirthDate'])
    .orderBy('studyKey')
    .forUpdate();
  if (studyInstanceUid !== null) {
    return query.where('studyInstanceUid', '=', studyInstanceUid).execute();
  }
  const numbered = query.where(hasNumber(accessionNumber ?? ''));
  return (site === null ? numbered : numbered.where('site', '=', site)).execute();
}

type LockedStudy = Awaited<ReturnType<typeof lockStudies>>[number];

async function moveStudy(trx: Trx, study: LockedStudy, report: OutsideReportRow): Promise<void> {
  await trx
    .updateTable('study')
    .set({
      readingStatus: nextReadingStatus(study.readingStatus, 'reported-elsewhere'),
      version: study.version + 1,
      ...{ openedBy: null, openedAt: null },
      ...{ reportedBy: report.source, reportedAt: report.receivedAt },
      ...NOT_RETURNED,
    })
    .where('studyKey', '=', study.studyKey)
    .execute();
  await notifyChange(trx, study.studyInstanceUid);
}

function nextState(pending: { waits: boolean; holds: boolean }, moved: boolean) {
  if (pending.holds) return 'held';
  if (pending.waits) return 'waiting';
  return moved ? 'applied' : 'unchanged';
}

/**
 * Does what a report asks for, as far as it can be done now, and keeps what is left of it. A report whose patient is
 * not that of any study with its number does nothing at all.
 */
export async function actOnReport(
  trx: Trx,
  report: OutsideReportRow,
  rules: ReportRules,
): Promise<ReportOutcome> {
  const found = await lockStudies(trx, report);
  if (found.length === 0) return { state: 'waiting', reason: null, entries: [] };
  const patient = { ids: report.patientIds, birthDate: report.birthDate };
  // A study's own UID needs no patient beside it.
  const isNamed = report.studyInstanceUid !== null && patient.ids.length === 0;
  const own = found.filter(
    (study) => isNamed || isReportOfPatient(patient, study, rules.dicom.dummyPatientIds),
  );
  if (own.length === 0) return { state: 'refused', reason: OTHER_PATIENT, entries: [] };
  const reading = { now: new Date(), idleMinutes: rules.sessionIdleMinutes };
  const settled = new Set(report.settledStudies);
  const held: Record<string, string | null> = { ...report.heldRevisions };
  const pending = { waits: false, holds: false };
  const entries: AuditEntry[] = [];
  const { source, via, messageId } = report;
  const tell = (study: LockedStudy, action: string) =>
    entries.push({
      ...{ actor: `${via}:${source}`, action, details: { source, via, messageId } },
      studyInstanceUid: study.studyInstanceUid,
    });
  for (const study of own.filter(({ studyKey }) => !settled.has(studyKey))) {
    const { studyKey, imageRevision } = study;
    const word = { receivedAt: report.receivedAt, heldRevision: held[studyKey] };
    const verdict = judgeReportedStudy(study, word, reading);
    if (verdict === 'hold' && held[studyKey] === undefined) {
      held[studyKey] = imageRevision;
      // Its reader's page looks again, and says so.
      await notifyChange(trx, study.studyInstanceUid);
      tell(study, 'study.report-held');
    }
    if (verdict === 'move') {
      await moveStudy(trx, study, report);
      tell(study, 'study.reported-elsewhere');
    }
    pending.waits ||= verdict === 'wait';
    pending.holds ||= verdict === 'hold';
    if (verdict === 'move' || verdict === 'leave') settled.add(studyKey);
  }
  const moved = entries.some(({ action }) => action === 'study.reported-elsewhere');
  const state = nextState(pending, moved);
  await trx
    .updateTable('outsideReport')
    .set({ heldRevisions: JSON.stringify(held), settledStudies: [...settled] })
    .where('reportKey', '=', report.reportKey)
    .execute();
  return { state, reason: null, entries };
}
