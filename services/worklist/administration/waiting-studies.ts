import { sql } from 'kysely';
import type { WaitingStudy } from '#contracts/site-status.ts';
import { TO_BE_READ } from '#core/study-state.ts';
import type { Database } from '#platform/database/connect.ts';
import { countWaiting } from './site-queries.ts';

const PER_STATE = 50;
const STATES = ['receiving', 'queued', 'analysing', 'failed'] as const;
type WaitingState = (typeof STATES)[number];

async function readState(database: Database, status: WaitingState) {
  return database
    .selectFrom('study')
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('analysisRun')
          .select(['createdAt', 'startedAt', 'finishedAt', 'attempts', 'state'])
          .whereRef('analysisRun.studyKey', '=', 'study.studyKey')
          .orderBy('number', 'desc')
          .limit(1)
          .as('run'),
      (join) => join.onTrue(),
    )
    .select([
      'study.studyInstanceUid',
      'study.status',
      'study.statusReason',
      'study.modality',
      'study.site',
      'study.imageCount',
      'study.receivedAt',
      'study.waitingSince',
      'study.waitingFor',
      'study.waitsUntil',
      'run.createdAt as queuedAt',
      'run.startedAt',
      'run.finishedAt',
      'run.attempts',
    ])
    .where('study.status', '=', status)
    .$if(status === 'failed', (query) => query.where('readingStatus', 'in', TO_BE_READ))
    .orderBy(sql`study.received_at`)
    .limit(PER_STATE)
    .execute();
}

type Row = Awaited<ReturnType<typeof readState>>[number];

function sinceOf(row: Row): Date {
  switch (row.status) {
    case 'receiving':
      return row.waitingSince ?? row.receivedAt;
    case 'queued':
      return row.queuedAt ?? row.receivedAt;
    case 'analysing':
      return row.startedAt ?? row.queuedAt ?? row.receivedAt;
    default:
      return row.finishedAt ?? row.receivedAt;
  }
}

function whyOf(row: Row, workerAlive: boolean): string {
  switch (row.status) {
    case 'receiving':
      return row.waitingFor ?? 'waits until no more images come';
    case 'queued': {
      const worker = workerAlive ? 'waits for a free worker' : 'no worker is running';
      return (row.attempts ?? 0) > 0 ? `${worker}; tried ${row.attempts} times before` : worker;
    }
    case 'analysing':
      return workerAlive ? 'is being analysed' : 'its worker is gone; another has to take it over';
    default:
      return row.statusReason ?? 'the analysis failed';
  }
}

/** Studies without a result and what each waits for, the longest waiting first within its state. */
export async function readWaiting(
  database: Database,
  { workerAlive }: { workerAlive: boolean },
): Promise<{ items: WaitingStudy[]; total: number }> {
  const groups = await Promise.all(STATES.map((status) => readState(database, status)));
  const items = groups.flatMap((rows) =>
    rows
      .map((row) => ({
        studyInstanceUid: row.studyInstanceUid,
        status: row.status,
        modality: row.modality,
        site: row.site,
        imageCount: row.imageCount,
        receivedAt: row.receivedAt.toISOString(),
        since: sinceOf(row).toISOString(),
        why: whyOf(row, workerAlive),
      }))
      .sort((a, b) => a.since.localeCompare(b.since)),
  );
  const counts = await countWaiting(database);
  return { items, total: Object.values(counts).reduce((sum, count) => sum + count, 0) };
}
