import type { Selectable } from 'kysely';
import type { WorklistItem } from '#contracts/study.ts';
import { isToBeRead } from '#core/study-state.ts';
import type { Database } from '#platform/database/connect.ts';
import type { StudyTable } from '#platform/database/study-tables.ts';
import { newestHeartbeat } from '../heartbeats.ts';
import { readSummaries } from '../notifications/study-notifications.ts';

export type StudyRow = Selectable<StudyTable>;

/** An analysis that has not come to its end after this time is shown as delayed. */
const DELAY_MS = 60_000;
/** Without a sign of life of any worker for this long, whatever waits for one is delayed. */
const WORKER_SILENCE_MS = 30_000;

const toIso = (time: Date | null): string | null => time?.toISOString() ?? null;

function reportedElsewhere({ readingStatus, reportedBy, reportedAt }: StudyRow) {
  if (readingStatus !== 'reported-elsewhere' || reportedBy === null || reportedAt === null) {
    return null;
  }
  return { by: reportedBy, at: reportedAt.toISOString(), pending: false };
}

function reportTakenBack({ readingStatus, returnedBy, returnedAt, returnedAs }: StudyRow) {
  const isGone = returnedBy === null || returnedAt === null || returnedAs === null;
  if (isGone || !isToBeRead(readingStatus)) return null;
  return { by: returnedBy, at: returnedAt.toISOString(), as: returnedAs };
}

type ToldOf = Pick<WorklistItem, 'notification'>;

/** What is told of a study that is in other tables. */
interface Beside extends ToldOf {
  readonly aiDelayedSince: Date | null;
  readonly reviewedAt: Date | null;
}

function toItem(
  row: StudyRow,
  now: Date,
  { aiDelayedSince, reviewedAt, notification }: Beside,
): WorklistItem {
  return {
    studyInstanceUid: row.studyInstanceUid,
    version: row.version,
    patientId: row.patientId,
    issuerOfPatientId: row.issuerOfPatientId,
    patientName: row.patientName,
    patientBirthDate: row.patientBirthDate,
    patientSex: row.patientSex,
    patientAge: row.patientAge,
    accessionNumber: row.accessionNumber,
    studyDescription: row.studyDescription,
    studyDate: row.studyDate,
    modality: row.modality,
    bodyPartExamined: row.bodyPartExamined,
    site: row.site,
    status: row.status,
    statusReason: row.statusReason,
    waitingFor: row.waitingFor,
    waitsUntil: toIso(row.waitsUntil),
    aiDelayedSince: toIso(aiDelayedSince),
    readingStatus: row.readingStatus,
    openedBy: row.openedBy,
    openedAt: toIso(row.openedAt),
    reportedElsewhere: reportedElsewhere(row),
    reportTakenBack: reportTakenBack(row),
    priority: row.priority,
    basePriority: row.basePriority,
    orderPrioritySource: row.orderPrioritySource,
    reason: row.reason,
    overdue: isToBeRead(row.readingStatus) && now.getTime() >= row.dueAt.getTime(),
    score: row.score,
    scoreModel: row.scoreModel,
    flagged: row.flagged,
    aiWithheld: false,
    imageCount: row.imageCount,
    receivedAt: row.receivedAt.toISOString(),
    lastImageAt: toIso(row.lastImageAt),
    completedAt: toIso(row.completedAt),
    analysedAt: toIso(row.analysedAt),
    reviewedAt: toIso(reviewedAt),
    dueAt: row.dueAt.toISOString(),
    hasThumbnail: row.thumbnailBlob !== null,
    notification,
  };
}

async function readOpenRuns(
  database: Database,
  studyKeys: readonly string[],
): Promise<ReadonlyMap<string, Date>> {
  if (studyKeys.length === 0) return new Map();
  const runs = await database
    .selectFrom('analysisRun')
    .select(({ fn }) => ['studyKey', fn.min('createdAt').as('since')])
    .where('studyKey', 'in', studyKeys)
    .where('state', 'in', ['queued', 'running'])
    .groupBy('studyKey')
    .execute();
  return new Map(runs.map((run) => [run.studyKey, run.since]));
}

/** When the studies that are signed off were, by their keys. */
async function readReviewTimes(
  database: Database,
  rows: readonly StudyRow[],
): Promise<ReadonlyMap<string, Date>> {
  const reviewed = rows.filter((row) => row.readingStatus === 'reviewed');
  if (reviewed.length === 0) return new Map();
  const reviews = await database
    .selectFrom('review')
    .select(({ fn }) => ['studyKey', fn.max('createdAt').as('signedAt')])
    .where(
      'studyKey',
      'in',
      reviewed.map((row) => row.studyKey),
    )
    .where('kind', '=', 'reading')
    .where('state', '=', 'signed')
    .groupBy('studyKey')
    .execute();
  return new Map(reviews.map(({ studyKey, signedAt }) => [studyKey, signedAt]));
}

/** Since when a study waits for its analysis longer than it should, else null. */
function delayedSince(
  row: StudyRow,
  waitingSince: Date | undefined,
  clock: { now: Date; workerSilent: boolean },
): Date | null {
  const now = clock.now.getTime();
  if (row.status === 'receiving') {
    const due = row.quietUntil;
    return due !== null && now - due.getTime() > DELAY_MS ? due : null;
  }
  if (row.status !== 'queued' && row.status !== 'analysing') return null;
  const since = waitingSince ?? row.completedAt;
  if (since === null) return null;
  const isLate = now - since.getTime() > (clock.workerSilent ? WORKER_SILENCE_MS : DELAY_MS);
  return isLate ? since : null;
}

/** Rows as the worklist shows them, in the same order. */
export async function toWorklistItems(
  database: Database,
  rows: readonly StudyRow[],
  now: Date,
): Promise<WorklistItem[]> {
  const waiting = rows.filter((row) => row.status === 'queued' || row.status === 'analysing');
  const openRuns = await readOpenRuns(
    database,
    waiting.map((row) => row.studyKey),
  );
  const worker = waiting.length === 0 ? undefined : await newestHeartbeat(database, 'worker');
  const workerSilent = worker === undefined || now.getTime() - worker.getTime() > WORKER_SILENCE_MS;
  const summaries = await readSummaries(
    database,
    rows.map((row) => row.studyKey),
  );
  const reviewTimes = await readReviewTimes(database, rows);
  return rows.map((row) =>
    toItem(row, now, {
      aiDelayedSince: delayedSince(row, openRuns.get(row.studyKey), { now, workerSilent }),
      reviewedAt: reviewTimes.get(row.studyKey) ?? null,
      notification: summaries.get(row.studyKey) ?? null,
    }),
  );
}
