import type { Transaction } from 'kysely';
import { isReportOfPatient, isSurelyLater } from '#core/outside-report.ts';
import { nextReadingStatus } from '#core/reading-state.ts';
import type { AuditEntry } from '../audit-log/audit-log.ts';
import { notifyChange } from '../database/changes.ts';
import type { DatabaseSchema } from '../database/schema.ts';
import {
  hasNumber,
  lockStudies,
  OTHER_PATIENT,
  type OutsideReportRow,
  type ReportOutcome,
  type ReportRules,
} from './act-on-report.ts';

type Trx = Transaction<DatabaseSchema>;
type LockedStudy = Awaited<ReturnType<typeof lockStudies>>[number];

/** What the same source said before of the same order, and still holds. */
async function lockEarlier(trx: Trx, word: OutsideReportRow) {
  const { source, site, accessionNumber } = word;
  const rows = trx
    .selectFrom('outsideReport')
    .select(['reportKey', 'state', 'saidAt', 'heldRevisions'])
    .where('source', '=', source)
    .where(hasNumber(accessionNumber ?? ''))
    .where('word', '=', 'reported')
    .where('state', 'in', ['waiting', 'held', 'applied', 'unchanged'])
    .orderBy('reportKey')
    .forUpdate();
  return (site === null ? rows : rows.where('site', '=', site)).execute();
}

async function withdraw(trx: Trx, reports: Awaited<ReturnType<typeof lockEarlier>>): Promise<void> {
  if (reports.length === 0) return;
  await trx
    .updateTable('outsideReport')
    .set({ state: 'withdrawn', settledAt: new Date() })
    .where(
      'reportKey',
      'in',
      reports.map(({ reportKey }) => reportKey),
    )
    .execute();
}

async function returnStudy(trx: Trx, study: LockedStudy, word: OutsideReportRow): Promise<void> {
  await trx
    .updateTable('study')
    .set({
      readingStatus: nextReadingStatus(study.readingStatus, 'returned'),
      version: study.version + 1,
      ...{ returnedBy: word.source, returnedAt: word.receivedAt },
      returnedAs: word.word === 'cancelled' ? 'cancelled' : 'open',
    })
    .where('studyKey', '=', study.studyKey)
    .execute();
  await notifyChange(trx, study.studyInstanceUid);
}

/**
 * Takes back what a source said before of an order. What still waits is given up; studies that left the list by its word
 * alone come back. What a reader said, what was signed, and what the source has said later stays as it is.
 */
export async function takeBack(
  trx: Trx,
  word: OutsideReportRow,
  rules: ReportRules,
): Promise<ReportOutcome> {
  // Words before studies: whoever else locks both does it in this order.
  const earlier = await lockEarlier(trx, word);
  const studies = await lockStudies(trx, word);
  const unchanged = { state: 'unchanged', reason: null, entries: [] } as const;
  if (earlier.some(({ saidAt }) => isSurelyLater(saidAt, word.saidAt))) return unchanged;
  const gone = studies.filter(
    ({ readingStatus, reportedBy }) =>
      readingStatus === 'reported-elsewhere' && reportedBy === word.source,
  );
  const patient = { ids: word.patientIds, birthDate: word.birthDate };
  const own = gone.filter((study) =>
    isReportOfPatient(patient, study, rules.dicom.dummyPatientIds),
  );
  if (gone.length > 0 && own.length === 0) {
    return { state: 'refused', reason: OTHER_PATIENT, entries: [] };
  }
  await withdraw(trx, earlier);
  const held = new Set(earlier.flatMap(({ heldRevisions }) => Object.keys(heldRevisions)));
  // Whoever has it open was told that it was reported: their page looks again.
  for (const study of studies.filter(({ studyKey }) => held.has(studyKey))) {
    await notifyChange(trx, study.studyInstanceUid);
  }
  const { source, via, messageId } = word;
  const entries: AuditEntry[] = [];
  for (const study of own) {
    await returnStudy(trx, study, word);
    entries.push({
      ...{ actor: `${via}:${source}`, action: 'study.returned' },
      studyInstanceUid: study.studyInstanceUid,
      details: { source, via, messageId, reason: word.word },
    });
  }
  return own.length === 0 ? unchanged : { state: 'applied', reason: null, entries };
}
