import { sql } from 'kysely';
import { appendAudit } from '../audit-log/audit-log.ts';
import type { Database } from '../database/connect.ts';
import type { Logger } from '../logger/logger.ts';
import { startWatch, type Watch } from '../watch/watch.ts';
import { actOnReport, type ReportRules } from './act-on-report.ts';
import { settleReport } from './take-reports.ts';

const DAY_MS = 86_400_000;
const KEEP_DAYS = 90;
const AT_ONCE = 100;

/** Reports whose studies have come, or were left by their readers, and those that waited for too long. */
async function findDue(database: Database, { sessionIdleMinutes }: ReportRules) {
  const held = sql`study.opened_at > now() - make_interval(secs => ${sessionIdleMinutes * 60})`;
  const { rows } = await sql<{ reportKey: string }>`
    SELECT report_key FROM outside_report
    WHERE state IN ('waiting', 'held') AND word = 'reported' AND (expires_at < now() OR EXISTS (
      SELECT FROM study
      WHERE (study.study_instance_uid = outside_report.study_instance_uid
          OR left(study.accession_number, 64) = left(outside_report.accession_number, 64)
            AND study.accession_number = outside_report.accession_number)
        AND study.status <> 'receiving'
        AND study.study_key::text <> ALL (outside_report.settled_studies)
        AND NOT (outside_report.state = 'held' AND study.reading_status = 'open' AND ${held})))
    ORDER BY report_key LIMIT ${AT_ONCE}`.execute(database);
  return rows;
}

/** @returns the state that it has now, or undefined when another process has it in hand */
async function settleOne(database: Database, reportKey: string, rules: ReportRules) {
  return database.transaction().execute(async (trx) => {
    const report = await trx
      .selectFrom('outsideReport')
      .selectAll()
      .where('reportKey', '=', reportKey)
      .where('state', 'in', ['waiting', 'held'])
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (report === undefined) return undefined;
    const { state, reason, entries } = await actOnReport(trx, report, rules);
    const isLate = report.expiresAt < new Date() && state === 'waiting';
    await settleReport(trx, reportKey, { state: isLate ? 'expired' : state, reason });
    for (const entry of entries) await appendAudit(trx, entry);
    const { source, via, messageId } = report;
    if (state === 'refused') {
      const details = { source, via, messageId, reason };
      await appendAudit(trx, { actor: `${via}:${source}`, action: 'report.refused', details });
    }
    return state;
  });
}

/** One look: acts on what is due, and forgets what was settled long ago. For tests, too. */
export async function settleWaiting(database: Database, rules: ReportRules): Promise<number> {
  const due = await findDue(database, rules);
  for (const { reportKey } of due) await settleOne(database, reportKey, rules);
  await database
    .deleteFrom('outsideReport')
    .where('settledAt', '<', new Date(Date.now() - KEEP_DAYS * DAY_MS))
    .where('state', '<>', 'refused')
    .execute();
  return due.length;
}

/** Acts on reports whose time comes after they were taken, within five seconds. */
export function startSettlingReports(options: {
  readonly database: Database;
  readonly rules: ReportRules;
  readonly logger: Logger;
}): Watch {
  const { database, rules, logger } = options;
  return startWatch('reports of other systems', logger, async () => {
    await settleWaiting(database, rules);
    return undefined;
  });
}
