import { sql } from 'kysely';
import { appendAudit } from '#platform/audit-log/audit-log.ts';
import type { BlobStore } from '#platform/blob-store/blob-store.ts';
import type { Database } from '#platform/database/connect.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import { isRejectionNote, type RemovableStudy, selectRemovable } from './select-removable.ts';

export interface Removal {
  readonly study: RemovableStudy;
  readonly why: 'age' | 'disk';
  readonly actor: string;
  /** As the study was chosen; judged again once it is locked. */
  readonly limits: { lastUsedBefore: Date; keptSince: Date };
}

const FILES_AT_ONCE = 500;

/**
 * Takes a study's images out of the index and writes down which files are to go, in one transaction. The study itself,
 * its findings, readings and audit stay; heatmaps go with the images. Sent again, the images are new ones.
 * @returns false when something has come up meanwhile and the study stays
 */
export async function removeImages(database: Database, removal: Removal): Promise<boolean> {
  const { study, why, actor, limits } = removal;
  const { studyKey } = study;
  return database.transaction().execute(async (trx) => {
    await trx
      .selectFrom('study')
      .select('studyKey')
      .where('studyKey', '=', studyKey)
      .forUpdate()
      .execute();
    const [still] = await selectRemovable(trx, { ...limits, limit: 1, studyKey });
    if (still === undefined) return false;
    const rows = await trx
      .deleteFrom('instance')
      .where('studyKey', '=', studyKey)
      .where(sql<boolean>`NOT ${isRejectionNote}`)
      .returning(['blobPath', 'fileBytes'])
      .execute();
    const { thumbnailBlob } = await trx
      .selectFrom('study')
      .select('thumbnailBlob')
      .where('studyKey', '=', studyKey)
      .executeTakeFirstOrThrow();
    const paths = rows.map((row) => row.blobPath);
    if (thumbnailBlob !== null) paths.push(thumbnailBlob);
    for (let from = 0; from < paths.length; from += FILES_AT_ONCE) {
      const values = paths.slice(from, from + FILES_AT_ONCE).map((blobPath) => ({ blobPath }));
      await trx.insertInto('removedFile').values(values).execute();
    }
    await trx.deleteFrom('heatmap').where('studyKey', '=', studyKey).execute();
    const now = new Date();
    const { studyInstanceUid } = await updateStudy(trx, studyKey, {
      patch: {
        imageCount: 0,
        thumbnailBlob: null,
        imagesRemovedAt: now,
        statusReason: `images removed on ${now.toISOString().slice(0, 10)}: ${REASONS[why]}`,
      },
    });
    const bytes = rows.reduce((sum, row) => sum + Number(row.fileBytes), 0);
    await appendAudit(trx, {
      actor,
      action: 'study.images-removed',
      studyInstanceUid,
      details: { why, instances: rows.length, bytes, lastUsedAt: still.lastUsedAt.toISOString() },
    });
    return true;
  });
}

const REASONS = {
  age: 'read, and kept as long as the site keeps images',
  disk: 'read, and the disk was filling up',
} as const;

/** Deletes the files that are written down as removed; what a crash left over goes the next time. */
export async function deleteRemovedFiles(
  database: Database,
  blobStore: Pick<BlobStore, 'removeBlob'>,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const rows = await database
      .selectFrom('removedFile')
      .select('blobPath')
      .orderBy('blobPath')
      .limit(FILES_AT_ONCE)
      .execute();
    if (rows.length === 0) return deleted;
    const paths = rows.map((row) => row.blobPath);
    for (const path of paths) await blobStore.removeBlob(path);
    await database.deleteFrom('removedFile').where('blobPath', 'in', paths).execute();
    deleted += paths.length;
  }
}
