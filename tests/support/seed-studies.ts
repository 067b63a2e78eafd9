import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Insertable } from 'kysely';
import type { ResultKind } from '#core/result-objects.ts';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import type { ModelRunTable } from '#platform/database/analysis-tables.ts';
import type { Database } from '#platform/database/connect.ts';
import type { StudyTable } from '#platform/database/study-tables.ts';
import type { ObjectReference } from '#test-data/minimal-objects.ts';

/** Rows as intake and inference would have left them, for tests of what only reads them. */

let counter = 0;

export interface SeededStudy {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
}

export async function seedStudy(
  database: Database,
  columns: Partial<Insertable<StudyTable>> = {},
): Promise<SeededStudy> {
  counter += 1;
  const receivedAt = columns.receivedAt ?? new Date();
  return database
    .insertInto('study')
    .values({
      studyInstanceUid: `2.25.${Date.now()}.${counter}`,
      status: 'analysed',
      statusReason: null,
      openedBy: null,
      openedAt: null,
      patientId: `P${counter}`,
      issuerOfPatientId: null,
      patientName: `Phantom^Number${counter}`,
      patientBirthDate: '19500101',
      patientSex: 'F',
      patientAge: null,
      accessionNumber: `A${counter}`,
      studyDescription: 'Chest',
      studyDate: '20260101',
      studyTime: '101500',
      timezoneOffsetFromUtc: null,
      modality: 'DX',
      bodyPartExamined: 'CHEST',
      receivedAt,
      lastImageAt: receivedAt,
      quietUntil: null,
      completedAt: receivedAt,
      analysedAt: receivedAt,
      imageRevision: null,
      orderPrioritySource: 'ROUTINE assumed, the images name no priority',
      reason: 'MEDIUM: ROUTINE assumed',
      dueAt: new Date(new Date(receivedAt).getTime() + 4 * 3_600_000),
      rankAt: receivedAt,
      ruleId: 'default',
      ruleVersion: '1',
      score: null,
      scoreModel: null,
      thumbnailBlob: null,
      ...columns,
    })
    .returning(['studyKey', 'studyInstanceUid'])
    .executeTakeFirstOrThrow();
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Keeps Part 10 files below a directory and writes their rows. Gives the image revision that was set. */
export async function seedFiles(
  database: Database,
  study: SeededStudy,
  place: {
    directory: string;
    files: readonly Buffer[];
    kind?: 'image' | 'object';
  },
): Promise<string> {
  const digests: string[] = [];
  for (const bytes of place.files) {
    const found = parseFileMeta(bytes, true);
    if (found === undefined) throw new Error('no file meta');
    const dataSet = bytes.subarray(found.dataSetOffset);
    const attributes = readAttributes(dataSet, found.meta.transferSyntaxUid);
    // As the image store names what it keeps: a process that opens the store finds it.
    const blobPath = `seed/2026/01/01/${randomUUID().replaceAll('-', '')}.dcm`;
    mkdirSync(dirname(join(place.directory, blobPath)), { recursive: true });
    writeFileSync(join(place.directory, blobPath), bytes);
    digests.push(sha256(dataSet));
    await database
      .insertInto('instance')
      .values({
        studyKey: study.studyKey,
        sopInstanceUid: attributes.sopInstanceUid,
        sopClassUid: attributes.sopClassUid,
        seriesInstanceUid: attributes.seriesInstanceUid,
        transferSyntaxUid: found.meta.transferSyntaxUid,
        kind: place.kind ?? 'image',
        standing: 'current',
        blobPath,
        sha256: sha256(dataSet),
        fileBytes: bytes.length,
        dataSetOffset: found.dataSetOffset,
        modality: attributes.modality ?? null,
        seriesNumber: attributes.seriesNumber ?? null,
        seriesDescription: attributes.seriesDescription ?? null,
        instanceNumber: attributes.instanceNumber ?? null,
        rows: attributes.rows ?? null,
        columns: attributes.columns ?? null,
        numberOfFrames: attributes.numberOfFrames ?? null,
        bitsAllocated: attributes.bitsAllocated ?? null,
        callingAe: 'SENDER',
      })
      .execute();
  }
  const imageRevision = sha256(Buffer.from(digests.join('')));
  if (place.kind === 'object') return imageRevision;
  await database
    .insertInto('imageRevision')
    .values({ studyKey: study.studyKey, imageRevision, number: 1, imageCount: digests.length })
    .execute();
  await database
    .updateTable('study')
    .set({ imageRevision, imageCount: digests.length })
    .where('studyKey', '=', study.studyKey)
    .execute();
  return imageRevision;
}

export interface SeededRun {
  readonly runKey: string;
  readonly modelRunKey: string;
  readonly findingId: string;
  readonly heatmapId: string;
}

export interface RunToSeed {
  readonly imageRevision: string;
  readonly number?: number;
  readonly sopInstanceUid?: string;
  readonly box?: readonly [number, number, number, number];
  readonly model?: Partial<Insertable<ModelRunTable>>;
}

/** One finished run of one model, with one finding and one heatmap of 4 by 4 cells. */
export async function seedRun(
  database: Database,
  study: SeededStudy,
  run: RunToSeed,
): Promise<SeededRun> {
  const { runKey } = await database
    .insertInto('analysisRun')
    .values({
      studyKey: study.studyKey,
      imageRevision: run.imageRevision,
      number: run.number ?? 1,
      jobId: `${study.studyKey}_${run.imageRevision}_${run.number ?? 1}`,
      trigger: 'complete',
      state: 'analysed',
      reason: null,
      traceId: randomUUID(),
      startedAt: new Date(),
      finishedAt: new Date(),
    })
    .returning('runKey')
    .executeTakeFirstOrThrow();
  return { runKey, ...(await seedModelRun(database, study, { ...run, runKey })) };
}

/** A model's part in a run, with its finding and heatmap. */
export async function seedModelRun(
  database: Database,
  study: SeededStudy,
  run: RunToSeed & { runKey: string },
): Promise<Omit<SeededRun, 'runKey'>> {
  const { modelRunKey } = await database
    .insertInto('modelRun')
    .values({
      runKey: run.runKey,
      modelId: 'phantom-lesion',
      modelVersion: '1.0.0',
      modelSha256: 'a'.repeat(64),
      role: 'active',
      outcome: 'analysed',
      reason: null,
      provider: 'CPUExecutionProvider',
      score: 0.91,
      threshold: 0.5,
      flagged: true,
      images: 1,
      timings: JSON.stringify({ decode: 3, inference: 2 }),
      ...run.model,
    })
    .returning('modelRunKey')
    .executeTakeFirstOrThrow();
  const [boxX, boxY, boxWidth, boxHeight] = run.box ?? [321.25, 432.5, 87.75, 65.5];
  const place = {
    modelRunKey,
    studyKey: study.studyKey,
    sopInstanceUid: run.sopInstanceUid ?? '2.25.1',
    frame: 1,
  };
  const findingId = randomUUID();
  await database
    .insertInto('finding')
    .values({
      ...place,
      findingId,
      label: 'lesion',
      code: JSON.stringify({ scheme: 'SCT', value: '52988006', meaning: 'Lesion' }),
      ...{ boxX, boxY, boxWidth, boxHeight },
      score: 0.91,
    })
    .execute();
  const heatmapId = randomUUID();
  const values = Float32Array.from({ length: 16 }, (_, index) => index / 16);
  await database
    .insertInto('heatmap')
    .values({
      ...place,
      heatmapId,
      width: 4,
      height: 4,
      values: Buffer.from(values.buffer),
      ...{ scaleX: 32, scaleY: 32, originX: 0, originY: 0 },
      threshold: 0.5,
      peak: 0.9375,
    })
    .execute();
  return { modelRunKey, findingId, heatmapId };
}

/** Rows of results that were made of objects which are kept already. */
export async function seedResults(
  database: Database,
  { study, runKey }: { study: SeededStudy; runKey: string },
  results: readonly { object: ObjectReference; kind: ResultKind; showsPlace: boolean }[],
): Promise<void> {
  const { studyKey } = study;
  const { resultSetKey } = await database
    .insertInto('resultSet')
    .values({ studyKey, runKey, reviewId: null, number: 1, state: 'made' })
    .returning('resultSetKey')
    .executeTakeFirstOrThrow();
  for (const { object, kind, showsPlace } of results) {
    const { sopClassUid, sopInstanceUid, seriesInstanceUid } = object;
    const kept = await database
      .selectFrom('instance')
      .select(['transferSyntaxUid', 'blobPath', 'dataSetOffset', 'fileBytes'])
      .where('sopInstanceUid', '=', sopInstanceUid)
      .executeTakeFirstOrThrow();
    await database
      .insertInto('resultObject')
      .values({
        ...{ ...kept, fileBytes: Number(kept.fileBytes) },
        ...{ resultSetKey, studyKey, kind, showsPlace },
        ...{ sopClassUid, sopInstanceUid, seriesInstanceUid },
      })
      .execute();
  }
}
