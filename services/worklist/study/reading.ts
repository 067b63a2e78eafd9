import type { Transaction } from 'kysely';
import type { ReadingState } from '#contracts/reading.ts';
import { RadTriageError } from '#core/errors.ts';
import { isStillOpen, nextReadingStatus, type ReadingEvent } from '#core/reading-state.ts';
import { isToBeRead } from '#core/study-state.ts';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import { notifyChange } from '#platform/database/changes.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { Principal } from '#platform/http/principal.ts';
import { markSeen } from '#platform/notifications/acknowledge.ts';
import { NOT_RETURNED } from '#platform/outside-reports/act-on-report.ts';
import type { AccessEntry } from '../access-log.ts';
import type { WebContext } from '../context.ts';
import type { StudyRow } from '../list/study-item.ts';
import { lockStudy } from './find-study.ts';
import { findWithheld, sightOf } from './sight.ts';

interface ReadingChange {
  readonly openedBy?: string | null;
  readonly openedAt?: Date | null;
  readonly reportedBy?: string;
  readonly reportedAt?: Date;
  readonly returnedBy?: null;
  readonly returnedAt?: null;
  readonly returnedAs?: null;
  /** Does what others have on their screen go stale? Who reads it does not matter to them; that it was read does. */
  readonly raisesVersion: boolean;
}

export function toReadingState(row: StudyRow): ReadingState {
  return {
    studyInstanceUid: row.studyInstanceUid,
    version: row.version,
    readingStatus: row.readingStatus,
    openedBy: row.openedBy,
    openedAt: row.openedAt?.toISOString() ?? null,
  };
}

/** Moves a locked study through the table of reading transitions and tells everybody once it commits. */
export async function moveReading(
  transaction: Transaction<DatabaseSchema>,
  row: StudyRow,
  event: ReadingEvent,
  change: ReadingChange,
): Promise<StudyRow> {
  const { raisesVersion, ...columns } = change;
  const moved = await transaction
    .updateTable('study')
    .set({
      ...columns,
      readingStatus: nextReadingStatus(row.readingStatus, event),
      version: raisesVersion ? row.version + 1 : row.version,
    })
    .where('studyKey', '=', row.studyKey)
    .returningAll()
    .executeTakeFirstOrThrow();
  await notifyChange(transaction, row.studyInstanceUid);
  return moved;
}

/** Does `change` to a locked study and records who did it, in one transaction. */
export function changeStudy<Result>(
  database: Database,
  studyInstanceUid: string,
  change: (
    transaction: Transaction<DatabaseSchema>,
    row: StudyRow,
  ) => Promise<[Result, AccessEntry]>,
): Promise<Result> {
  return database.transaction().execute(async (transaction) => {
    const row = await lockStudy(transaction, studyInstanceUid);
    const [result, entry] = await change(transaction, row);
    await appendAudit(transaction, { details: {}, ...entry, studyInstanceUid });
    return result;
  });
}

function isHeldByOther(row: StudyRow, reader: string, idleMinutes: number): boolean {
  if (row.openedBy === null || row.openedBy === reader) return false;
  return isStillOpen(row.openedAt, { now: new Date(), idleMinutes });
}

/** @throws RadTriageError STUDY_HELD while another reader has it open: it is taken over by saying so, not by signing */
export function requireFree(row: StudyRow, reader: string, idleMinutes: number): void {
  if (!isHeldByOther(row, reader, idleMinutes)) return;
  throw new RadTriageError('STUDY_HELD', 'another reader has this study open: take it over first', {
    details: { openedBy: row.openedBy ?? '' },
  });
}

/**
 * Says that a reader looks at a study. Who came first stays named: the next one sees it and may read on. A study
 * that was reviewed or reported elsewhere is only looked at.
 */
export function openStudy(context: WebContext, studyInstanceUid: string, principal: Principal) {
  const { database, config } = context;
  const { name: reader } = principal;
  return changeStudy<ReadingState>(database, studyInstanceUid, async (transaction, row) => {
    const entry = { actor: reader, action: 'study.opened' };
    const sight = sightOf(config, principal);
    const withheld = await findWithheld(transaction, sight, [studyInstanceUid]);
    if (withheld.size === 0) {
      await markSeen(transaction, row.studyKey, { reader, now: new Date() });
    }
    if (!isToBeRead(row.readingStatus) || isHeldByOther(row, reader, config.sessionIdleMinutes)) {
      return [toReadingState(row), entry];
    }
    const change = { openedBy: reader, openedAt: new Date(), raisesVersion: false };
    return [toReadingState(await moveReading(transaction, row, 'opened', change)), entry];
  });
}

/**
 * Takes a study over from whoever has it open: from then on it is named as this reader's. Audited with the name of the
 * one it was taken from. @throws RadTriageError ILLEGAL_TRANSITION when it is not to be read any more
 */
export function takeOverStudy(context: WebContext, studyInstanceUid: string, reader: string) {
  return changeStudy<ReadingState>(context.database, studyInstanceUid, async (transaction, row) => {
    const change = { openedBy: reader, openedAt: new Date(), raisesVersion: false };
    const moved = await moveReading(transaction, row, 'opened', change);
    const details = { from: row.openedBy };
    return [toReadingState(moved), { actor: reader, action: 'study.taken-over', details }];
  });
}

/** The reader who opened it leaves it unread. Anybody else's word, or a study already signed, changes nothing. */
export function closeStudy(context: WebContext, studyInstanceUid: string, reader: string) {
  return changeStudy<ReadingState>(context.database, studyInstanceUid, async (transaction, row) => {
    const entry = { actor: reader, action: 'study.closed' };
    if (row.readingStatus !== 'open' || row.openedBy !== reader) {
      return [toReadingState(row), entry];
    }
    const change = { openedBy: null, openedAt: null, raisesVersion: false };
    return [toReadingState(await moveReading(transaction, row, 'closed', change)), entry];
  });
}

/** Takes a study off the list because it was reported in another system, or puts it back. */
export function setReportedElsewhere(
  context: WebContext,
  studyInstanceUid: string,
  by: { reader: string; elsewhere: boolean },
) {
  return changeStudy<ReadingState>(context.database, studyInstanceUid, async (transaction, row) => {
    const event = by.elsewhere ? 'reported-elsewhere' : 'returned';
    const said = by.elsewhere ? { reportedBy: by.reader, reportedAt: new Date() } : {};
    const change = {
      openedBy: null,
      openedAt: null,
      raisesVersion: true,
      ...said,
      ...NOT_RETURNED,
    };
    const moved = await moveReading(transaction, row, event, change);
    return [toReadingState(moved), { actor: by.reader, action: `study.${event}` }];
  });
}

/** @throws RadTriageError STALE_VERSION when the study has changed since the reader's screen was drawn */
export function requireVersion(row: StudyRow, seen: number): void {
  if (row.version === seen) return;
  throw new RadTriageError('STALE_VERSION', 'the study has changed since it was shown', {
    details: { currentVersion: row.version, seenVersion: seen },
  });
}
