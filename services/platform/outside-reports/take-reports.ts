import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { OutsidePatient, OutsideReportState } from '#core/outside-report.ts';
import { appendAudit } from '../audit-log/audit-log.ts';
import type { Database } from '../database/connect.ts';
import type { DatabaseSchema } from '../database/schema.ts';
import {
  actOnReport,
  hasNumber,
  type OutsideReportRow,
  type ReportRules,
} from './act-on-report.ts';

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
  /** `open`: not (or not any more) reported; what waits for the number is given up. */
  readonly word: 'reported' | 'open';
}

export interface TakenReport {
  readonly state: OutsideReportState;
  readonly reason: string | null;
}

type Trx = Transaction<DatabaseSchema>;
const DAY_MS = 86_400_000;
/** For how many days a report waits for its study. */
const WAIT_DAYS = 7;

/** A message that its sender repeats under another id is the same report, if it says when that was made. */
function repeatKeyOf(report: OutsideReport): string {
  const { messageId, madeAt, accessionNumber, studyInstanceUid, patient } = report;
  const one = madeAt === null ? ['message', messageId] : ['made', madeAt];
  const facts = JSON.stringify([...one, accessionNumber ?? studyInstanceUid, patient]);
  return createHash('sha256').update(facts).digest('hex');
}

async function insertReport(trx: Trx, report: OutsideReport): Promise<OutsideReportRow> {
  const now = new Date();
  const row = {
    ...{ source: report.source, via: report.via, messageId: report.messageId },
    ...{ accessionNumber: report.accessionNumber, site: report.site },
    studyInstanceUid: report.studyInstanceUid,
    repeatKey: repeatKeyOf(report),
    patientIds: JSON.stringify(report.patient.ids),
    birthDate: report.patient.birthDate,
    state: 'waiting' as const,
    reason: null,
    receivedAt: now,
    expiresAt: new Date(now.getTime() + WAIT_DAYS * DAY_MS),
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

async function giveUpWaiting(trx: Trx, report: OutsideReport): Promise<TakenReport> {
  await trx
    .updateTable('outsideReport')
    .set({ state: 'withdrawn', settledAt: new Date() })
    .where('source', '=', report.source)
    .where(hasNumber(report.accessionNumber ?? ''))
    .where('state', 'in', ['waiting', 'held'])
    .execute();
  return { state: 'unchanged', reason: null };
}

class Refusal extends Error {}

async function takeOne(
  trx: Trx,
  report: OutsideReport,
  rules: ReportRules,
): Promise<TakenReport & { entries: Parameters<typeof appendAudit>[1][] }> {
  if (report.word === 'open') return { ...(await giveUpWaiting(trx, report)), entries: [] };
  const row = await insertReport(trx, report);
  // One that was refused is looked at again: its study may have been corrected.
  if (row.state !== 'waiting' && row.state !== 'held' && row.state !== 'refused') {
    return { state: row.state, reason: row.reason, entries: [] };
  }
  const { state, reason, entries } = await actOnReport(trx, row, rules);
  await settleReport(trx, row.reportKey, { state, reason });
  return { state, reason, entries: [...entries] };
}

/** Refusals stand alone on record: what else came with them was not done. */
async function recordRefusals(
  database: Database,
  reports: readonly OutsideReport[],
  taken: readonly TakenReport[],
): Promise<void> {
  await database.transaction().execute(async (trx) => {
    for (const [index, report] of reports.entries()) {
      const { state, reason } = taken[index] ?? { state: 'waiting', reason: null };
      if (state !== 'refused') continue;
      const row = await insertReport(trx, report);
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
  const taken: TakenReport[] = [];
  try {
    await database.transaction().execute(async (trx) => {
      const entries: Parameters<typeof appendAudit>[1][] = [];
      for (const report of reports) {
        const { entries: own, ...outcome } = await takeOne(trx, report, rules);
        taken.push(outcome);
        entries.push(...own);
      }
      if (taken.some(({ state }) => state === 'refused')) throw new Refusal();
      for (const entry of entries) await appendAudit(trx, entry);
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await recordRefusals(database, reports, taken);
  }
  return taken;
}
