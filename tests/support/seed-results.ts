import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ResultKind } from '#core/result-objects.ts';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import type { Database } from '#platform/database/connect.ts';
import { IMAGE_SOP_CLASSES, minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { type SeededStudy, seedRun } from './seed-studies.ts';

/** Result sets and objects as the making of results would have left them, for tests of what sends them. */

export interface SeededObject {
  readonly resultObjectKey: string;
  readonly kind: ResultKind;
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  /** The whole Part 10 file. */
  readonly bytes: Buffer;
}

export interface ResultsToSeed {
  /** The blob store's root. */
  readonly directory: string;
  readonly kinds: readonly ResultKind[];
  /** From 1 within the study. */
  readonly number?: number;
  readonly showsPlace?: boolean;
  /** Edge of a secondary capture, pixels. */
  readonly size?: number;
}

/** One result set of a study with an object for each kind, their files below the directory. */
export async function seedResults(
  database: Database,
  study: SeededStudy,
  results: ResultsToSeed,
): Promise<SeededObject[]> {
  const { studyKey } = study;
  const number = results.number ?? 1;
  const imageRevision = createHash('sha256').update(`${studyKey} ${number}`).digest('hex');
  await database
    .insertInto('imageRevision')
    .values({ studyKey, imageRevision, number, imageCount: 1 })
    .execute();
  const { runKey } = await seedRun(database, study, { imageRevision, number });
  const { resultSetKey } = await database
    .insertInto('resultSet')
    .values({ studyKey, runKey, reviewId: null, number, state: 'made', madeAt: new Date() })
    .returning('resultSetKey')
    .executeTakeFirstOrThrow();
  const objects: SeededObject[] = [];
  for (const [position, kind] of results.kinds.entries()) {
    const seed = `${studyKey} ${number} ${position} ${randomUUID()}`;
    const bytes = makeObject(kind, { study, seed, size: results.size ?? 16 });
    const found = parseFileMeta(bytes, true);
    if (found === undefined) throw new Error('no file meta');
    const { transferSyntaxUid } = found.meta;
    const facts = readAttributes(bytes.subarray(found.dataSetOffset), transferSyntaxUid);
    const blobPath = `results/2026/01/01/${randomUUID().replaceAll('-', '')}.dcm`;
    mkdirSync(dirname(join(results.directory, blobPath)), { recursive: true });
    writeFileSync(join(results.directory, blobPath), bytes);
    const { sopClassUid, sopInstanceUid, seriesInstanceUid } = facts;
    const { resultObjectKey } = await database
      .insertInto('resultObject')
      .values({
        ...{ resultSetKey, studyKey, kind, sopClassUid, sopInstanceUid, seriesInstanceUid },
        ...{ transferSyntaxUid, blobPath, dataSetOffset: found.dataSetOffset },
        fileBytes: bytes.length,
        showsPlace: results.showsPlace ?? kind !== 'sr',
      })
      .returning('resultObjectKey')
      .executeTakeFirstOrThrow();
    objects.push({ resultObjectKey, kind, sopInstanceUid, sopClassUid, bytes });
  }
  return objects;
}

const OBJECTS = { sr: 'SR', seg: 'SEG', ko: 'KO', gsps: 'PR', rejection: 'KO' } as const;

function makeObject(
  kind: ResultKind,
  { study, seed, size }: { study: SeededStudy; seed: string; size: number },
): Buffer {
  const { studyInstanceUid } = study;
  const seriesInstanceUid = deriveUid([studyInstanceUid, kind, seed]);
  if (kind === 'sc') {
    const image = { studyInstanceUid, seriesInstanceUid, rows: size, columns: size };
    return minimalImage({ ...image, seed, modality: 'OT' }).bytes;
  }
  const sopInstanceUid = deriveUid([studyInstanceUid, 'image']);
  const of = { studyInstanceUid, seriesInstanceUid, sopInstanceUid };
  const sopClassUid = IMAGE_SOP_CLASSES.DX;
  return minimalObject({ kind: OBJECTS[kind], seed, of: { ...of, sopClassUid } }).bytes;
}
