import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { OutsidePatient, OutsideReportState, OutsideWord } from '#core/outside-report.ts';
import { type AuditEntry, appendAudit } from '../audit-log/audit-log.ts';
import type { Database } from '../database/connect.ts';
import type { DatabaseSchema } from '../database/schema.ts';
import { actOnReport, type OutsideReportRow, type ReportRules } from './act-on-report.ts';
import { takeBack } from './take-back.ts';

/** Another system's word on one study. */
export interface OutsideReport {
  readonly source: string;
  readonly via: 'hl7' | 'http';
  readonly messageId: string;
  /** Tells this report from others of the same study, where its sender says when it was made. */
  readonly madeAt: string | null;
  /** What its study is known by: one of both. */
  readonly accessionNumber: string | null;
  readonly studyInstanceUid: string | null;
  readonly site: string | null;
  readonly patient: OutsidePatient;
  /** With another word than `reported` its source takes back what it said before of the same order. */
  readonly word: Exclude<OutsideWord, 'merged'>;
  /** When its message was made: TS of HL7. */
  readonly saidAt: string | null;
}

export interface TakenReport {
  readonly state: OutsideReportState;
  readonly reason: string | null;
}

type Trx = Transaction<DatabaseSchema>;
const DAY_MS = 86_400_000;

/**
 * A message that its sender repeats under another id is the same report, if it says when that was made. Not so a word
 * that takes one back: taken for an old one, it would leave a study unread.
 */
function repeatKeyOf(report: OutsideReport): string {
  const { word, messageId, madeAt, accessionNumber, studyInstanceUid, patient } = report;
  const isKnownByTime = word === 'reported' && madeAt !== null;
  const one = isKnownByTime ? ['made', madeAt] : ['message', messageId];
  const more = word === 'reported' ? [] : [word];
  const facts = JSON.stringify([...one, accessionNumber ?? studyInstanceUid, patient, ...more]);
  return createHash('sha256').update(facts).digest('hex');
}

async function insertReport(
  trx: Trx,
  report: OutsideReport,
  rules: ReportRules,
): Promise<OutsideReportRow> {
  const now = new Date();
  const row = {
    ...{ source: report.source, via: report.via, messageId: report.messageId },
    ...{ accessionNumber: report.accessionNumber, site: report.site },
    studyInstanceUid: report.studyInstanceUid,
    ...{ word: report.word, saidAt: report.saidAt, repeatKey: repeatKeyOf(report) },
    patientIds: JSON.stringify(report.patient.ids),
    birthDate: report.patient.birthDate,
    state: 'waiting' as const,
    reason: null,
    receivedAt: now,
    expiresAt: new Date(now.getTime() + rules.hl7.waitForStudyDays * DAY_MS),
    settledAt: null,
  };
  return (
    trx
      .insertInto('outsideReport')
      .values(row)
      // The row that is there is locked by it: two that come at once are taken one after the other.
      .onConflict((conflict) =>
        conflict.columns(['source', 'repeatKey']).doUpdateSet({ messageId: report.messageId }),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
  );
}

/** Writes down where a report stands now. */
export async function settleReport(
  trx: Trx,
  reportKey: string,
  { state, reason }: TakenReport,
): Promise<void> {
  const isOpen = state === 'waiting' || state === 'held';
  await trx
    .updateTable('outsideReport')
    .set({ state, reason, settledAt: isOpen ? null : new Date() })
    .where('reportKey', '=', reportKey)
    .execute();
}

class Refusal extends Error {}

async function takeOne(
  trx: Trx,
  report: OutsideReport,
  rules: ReportRules,
): Promise<TakenReport & { entries: readonly AuditEntry[] }> {
  const row = await insertReport(trx, report, rules);
  // One that was refused is looked at again: its study may have been corrected.
  if (row.state !== 'waiting' && row.state !== 'held' && row.state !== 'refused') {
    return { state: row.state, reason: row.reason, entries: [] };
  }
  const act = report.word === 'reported' ? actOnReport : takeBack;
  const { state, reason, entries } = await act(trx, row, rules);
  await settleReport(trx, row.reportKey, { state, reason });
  return { state, reason, entries };
}

/** Refusals stand alone on record: what else came with them was not done. */
async function recordRefusals(
  database: Database,
  refused: readonly (TakenReport & { report: OutsideReport })[],
  rules: ReportRules,
): Promise<void> {
  await database.transaction().execute(async (trx) => {
    for (const { report, state, reason } of refused) {
      const row = await insertReport(trx, report, rules);
      await settleReport(trx, row.reportKey, { state, reason });
      const { source, via, messageId } = report;
      await appendAudit(trx, {
        ...{ actor: `${via}:${source}`, action: 'report.refused' },
        details: { source, via, messageId, reason },
      });
    }
  });
}

/**
 * Takes the reports of one message, all or none: when one is refused nothing is done, and the refusal is kept for the
 * administrator. Durable when it resolves; a report that is repeated changes nothing.
 */
export async function takeReports(
  database: Database,
  reports: readonly OutsideReport[],
  rules: ReportRules,
): Promise<readonly TakenReport[]> {
  const taken: (TakenReport & { report: OutsideReport })[] = [];
  try {
    await database.transaction().execute(async (trx) => {
      const entries: AuditEntry[] = [];
      for (const report of reports) {
        const { entries: own, ...outcome } = await takeOne(trx, report, rules);
        taken.push({ ...outcome, report });
        entries.push(...own);
      }
      if (taken.some(({ state }) => state === 'refused')) throw new Refusal();
      for (const entry of entries) await appendAudit(trx, entry);
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const refused = taken.filter(({ state }) => state === 'refused');
    await recordRefusals(database, refused, rules);
  }
  return taken;
}
