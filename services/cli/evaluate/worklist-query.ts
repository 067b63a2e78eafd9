import { z } from 'zod';
import { RadTriageError } from '#core/errors.ts';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import type { Config } from '#platform/config/config.ts';
import type { Database } from '#platform/database/connect.ts';
import { withDatabase } from '../database-access.ts';
import { archiveDirectory } from '../site.ts';
import type { Candidate, FoundCandidates } from './candidates.ts';

const day = z.iso.date();
const querySchema = z.strictObject({
  modality: z.string().min(1).optional(),
  /** Days of receipt in UTC, both included. */
  from: day.optional(),
  to: day.optional(),
  site: z.string().min(1).optional(),
  bodypart: z.string().min(1).optional(),
});
export type WorklistQuery = z.output<typeof querySchema>;

/**
 * @param text such as `modality=CR from=2026-01-01 to=2026-03-31`; empty for everything
 * @throws RadTriageError REQUEST_INVALID naming what it does not understand
 */
export function parseWorklistQuery(text: string): WorklistQuery {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const entries = words.map((word) => {
    const at = word.indexOf('=');
    return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
  });
  const parsed = querySchema.safeParse(Object.fromEntries(entries));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new RadTriageError(
    'REQUEST_INVALID',
    `worklist query: ${faults.join('; ')} (known: ${Object.keys(querySchema.shape).join(', ')})`,
  );
}

function endOfDay(text: string): Date {
  return new Date(new Date(`${text}T00:00:00Z`).getTime() + 24 * 3600 * 1000);
}

async function selectImages(database: Database, query: WorklistQuery) {
  let images = database
    .selectFrom('instance')
    .innerJoin('study', 'study.studyKey', 'instance.studyKey')
    .select([
      'instance.sopInstanceUid',
      'instance.blobPath',
      'instance.sha256',
      'study.patientKey',
      'study.site',
      'study.studyInstanceUid',
    ])
    .where('instance.kind', '=', 'image')
    .where('instance.standing', '=', 'current')
    // What retention has removed has a row and no file.
    .where('study.imagesRemovedAt', 'is', null);
  const { modality, from, to, site, bodypart } = query;
  if (modality !== undefined) images = images.where('study.modality', '=', modality.toUpperCase());
  if (site !== undefined) images = images.where('study.site', '=', site);
  if (bodypart !== undefined) {
    images = images.where('study.bodyPartExamined', '=', bodypart.toUpperCase());
  }
  if (from !== undefined) {
    images = images.where('study.receivedAt', '>=', new Date(`${from}T00:00:00Z`));
  }
  if (to !== undefined) images = images.where('study.receivedAt', '<', endOfDay(to));
  return await images.orderBy('study.studyKey').orderBy('instance.instanceKey').execute();
}

/** The images of the site's archive that a query names; nothing is changed. */
export async function findArchived(config: Config, query: WorklistQuery): Promise<FoundCandidates> {
  const rows = await withDatabase(config, (database) => selectImages(database, query));
  const blobStore = await openBlobStore({ directory: archiveDirectory(config) });
  try {
    const candidates = rows.map(
      (row): Candidate => ({
        name: row.sopInstanceUid,
        path: blobStore.locate(row.blobPath),
        archived: {
          sha256: row.sha256,
          patient: row.patientKey ?? undefined,
          site: row.site,
        },
      }),
    );
    return { candidates, skipped: [] };
  } finally {
    await blobStore.close();
  }
}
