import { createHash } from 'node:crypto';
import type { Insertable, Kysely } from 'kysely';
import type { Config } from '#platform/config/config.ts';
import type { DatabaseSchema } from '#platform/database/schema.ts';
import type { ImageRevisionTable } from '#platform/database/study-tables.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import { NOT_WAITING, reasonWithoutImages } from './corrections/settle-study.ts';
import { queueRun } from './request-run.ts';

const DAY_MS = 24 * 3600 * 1000;

interface Image {
  readonly sopInstanceUid: string;
  readonly sha256: string;
}

/**
 * The digest of a set of images: SHA-256, lower-case hex, over the sorted lines `SOPInstanceUID:sha256 of the data
 * set`, where a version that shows the same keeps the SHA-256 of the one that
 * it replaced. The order of arrival makes no difference.
 */
export function digestImages(images: readonly Image[]): string {
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

/** Why a revision was closed, as its row keeps it. */
export type RevisionGround = Pick<
  Insertable<ImageRevisionTable>,
  'completedBy' | 'completionReason' | 'completionRule' | 'demandsMet' | 'signalKey'
>;

interface Closing {
  readonly assembly: Config['assembly'];
  readonly now: Date;
  readonly revision: RevisionGround;
}

async function recordRevision(
  trx: Kysely<DatabaseSchema>,
  studyKey: string,
  { images, ground }: { images: readonly Image[]; ground: RevisionGround },
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
    .values({ studyKey, imageRevision, number, imageCount: images.length, ...ground })
    .onConflict((conflict) =>
      conflict.columns(['studyKey', 'imageRevision']).doUpdateSet({ ...ground }),
    )
    .execute();
  return { imageRevision, number };
}

/**
 * Closes one study within the transaction that has locked it: revision with its reason, run, status and outbox row.
 * Without images, or as a prior beyond the site's limit, it is set aside with its reason instead.
 */
export async function closeStudy(
  trx: Kysely<DatabaseSchema>,
  study: { studyKey: string; studyDate: string | null },
  { assembly, now, revision }: Closing,
): Promise<void> {
  const { studyKey, studyDate } = study;
  const images = await trx
    .selectFrom('instance')
    .select(['sopInstanceUid', ({ fn }) => fn.coalesce('revisionSha256', 'sha256').as('sha256')])
    .where('studyKey', '=', studyKey)
    .where('kind', '=', 'image')
    .where('standing', '=', 'current')
    .execute();
  const patch = { ...NOT_WAITING, completedAt: now };
  if (images.length === 0) {
    const statusReason = await reasonWithoutImages(trx, studyKey);
    await updateStudy(trx, studyKey, { event: 'set-aside', patch: { ...patch, statusReason } });
    return;
  }
  const { imageRevision, number } = await recordRevision(trx, studyKey, {
    images,
    ground: revision,
  });
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
