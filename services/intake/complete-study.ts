import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import { queueRun } from './request-run.ts';

const DAY_MS = 24 * 3600 * 1000;

export const REASON_NO_IMAGES = 'no images: the study holds only other objects';

/**
 * The digest of a set of images: SHA-256, lower-case hex, over the sorted lines `SOPInstanceUID:sha256 of the data
 * set`. The order of arrival makes no difference.
 */
export function digestImages(
  images: readonly { sopInstanceUid: string; sha256: string }[],
): string {
  const lines = images.map(({ sopInstanceUid, sha256 }) => `${sopInstanceUid}:${sha256}\n`).sort();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** A raw DA value as the UTC midnight of its day; undefined when it is no date. */
function dayOf(studyDate: string | null): number | undefined {
  const match = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(studyDate ?? '');
  if (match === null) return undefined;
  const time = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  return Number.isNaN(time) ? undefined : time;
}

/**
 * Whether a study is a prior by the site's limit. No date, or one in the future, says nothing against triage; a day
 * is granted for the time zones between the scanner's clock and ours.
 */
export function isPrior(
  studyDate: string | null,
  limitDays: number | undefined,
  now: Date,
): boolean {
  const day = dayOf(studyDate);
  if (day === undefined || limitDays === undefined) return false;
  return now.getTime() - day > (limitDays + 1) * DAY_MS;
}

async function recordRevision(
  trx: Kysely<DatabaseSchema>,
  studyKey: string,
  images: readonly { sopInstanceUid: string; sha256: string }[],
): Promise<{ imageRevision: string; number: number }> {
  const imageRevision = digestImages(images);
  const earlier = await trx
    .selectFrom('imageRevision')
    .select('number')
    .where('studyKey', '=', studyKey)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  const number = (earlier?.number ?? 0) + 1;
  await trx
    .insertInto('imageRevision')
    .values({ studyKey, imageRevision, number, imageCount: images.length })
    .onConflict((conflict) => conflict.columns(['studyKey', 'imageRevision']).doNothing())
    .execute();
  return { imageRevision, number };
}

async function completeLocked(
  trx: Kysely<DatabaseSchema>,
  study: { studyKey: string; studyDate: string | null },
  { assembly, now }: { assembly: Config['assembly']; now: Date },
): Promise<void> {
  const { studyKey, studyDate } = study;
  const images = await trx
    .selectFrom('instance')
    .select(['sopInstanceUid', 'sha256'])
    .where('studyKey', '=', studyKey)
    .where('kind', '=', 'image')
    .where('standing', '=', 'current')
    .execute();
  const patch = { completedAt: now, quietUntil: null };
  if (images.length === 0) {
    const statusReason = REASON_NO_IMAGES;
    await updateStudy(trx, studyKey, { event: 'set-aside', patch: { ...patch, statusReason } });
    return;
  }
  const { imageRevision, number } = await recordRevision(trx, studyKey, images);
  if (isPrior(studyDate, assembly.studyAgeLimitDays, now)) {
    const statusReason = `kept as a prior: older than ${assembly.studyAgeLimitDays} days`;
    const aside = { ...patch, imageRevision, statusReason };
    await updateStudy(trx, studyKey, { event: 'set-aside', patch: aside });
    return;
  }
  await queueRun(trx, studyKey, {
    imageRevision,
    trigger: number === 1 ? 'complete' : 'late-images',
    event: 'completed',
    patch: { ...patch, imageRevision },
  });
}

/**
 * Closes one study whose quiet time is over: revision, run, status and outbox row in one transaction. Several
 * processes may try at once; an image that arrives meanwhile wins.
 * @returns false when there was nothing to close.
 */
export async function completeStudy(
  database: Database,
  studyKey: string,
  by: { assembly: Config['assembly']; now: Date },
): Promise<boolean> {
  return database.transaction().execute(async (trx) => {
    const study = await trx
      .selectFrom('study')
      .select(['studyKey', 'studyDate'])
      .where('studyKey', '=', studyKey)
      .where('status', '=', 'receiving')
      .where('quietUntil', '<=', by.now)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (study === undefined) return false;
    await completeLocked(trx, study, by);
    return true;
  });
}
