import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Priority } from '#core/priority.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import type { Database } from '#platform/database/connect.ts';
import type { GeneratedStudy } from '#test-data/study.ts';
import { short, type TestElement, text, writeDataSet } from '#tests/support/data-set-bytes.ts';

const EXPLICIT_LITTLE = '1.2.840.10008.1.2.1';
const SOP_CLASSES: Readonly<Record<string, string>> = {
  DX: '1.2.840.10008.5.1.4.1.1.1.1',
  CT: '1.2.840.10008.5.1.4.1.1.2',
  MG: '1.2.840.10008.5.1.4.1.1.1.2',
};

export interface TestImage {
  readonly modality: 'DX' | 'CT' | 'MG';
  /** Stored values, 64 x 64 unless told otherwise, as the test models look at them: 0 to 1000. */
  readonly values: Uint16Array;
  readonly rows?: number;
  readonly columns?: number;
  /** Of an axial slice, millimetres: ImagePositionPatient and ImageOrientationPatient are written with it. */
  readonly height?: number;
  readonly patientAge?: string;
  /** Cuts the pixels short, so that the image cannot be decoded. */
  readonly broken?: boolean;
}

const SIDE = 64;

/** A dark image with a square of the given brightness: left, top, side and value in stored pixels. */
export function spotImage(spot?: { x: number; y: number; side: number; value: number }) {
  const values = new Uint16Array(SIDE * SIDE).fill(100);
  if (spot === undefined) return values;
  for (let y = spot.y; y < spot.y + spot.side; y += 1) {
    values.fill(spot.value, y * SIDE + spot.x, y * SIDE + spot.x + spot.side);
  }
  return values;
}

function newUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
}

interface Uids {
  readonly study: string;
  readonly series: string;
  readonly sop: string;
}

function writeImage(image: TestImage, uids: Uids, instanceNumber: number): Uint8Array {
  const pixels = Buffer.from(image.values.buffer, image.values.byteOffset, image.values.byteLength);
  const age = image.patientAge === undefined ? [] : [text(0x00101010, 'AS', image.patientAge)];
  const { height } = image;
  const geometry: TestElement[] =
    height === undefined
      ? []
      : [text(0x00200032, 'DS', `0\\0\\${height}`), text(0x00200037, 'DS', '1\\0\\0\\0\\1\\0')];
  return writeDataSet([
    text(0x00080016, 'UI', SOP_CLASSES[image.modality] ?? ''),
    text(0x00080018, 'UI', uids.sop),
    text(0x00080060, 'CS', image.modality),
    ...age,
    text(0x0020000d, 'UI', uids.study),
    text(0x0020000e, 'UI', uids.series),
    text(0x00200013, 'IS', String(instanceNumber)),
    ...geometry,
    short(0x00280002, 1),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    short(0x00280010, image.rows ?? SIDE),
    short(0x00280011, image.columns ?? SIDE),
    short(0x00280100, 16),
    short(0x00280101, 16),
    short(0x00280102, 15),
    short(0x00280103, 0),
    { tag: 0x7fe00010, vr: 'OW', value: image.broken === true ? pixels.subarray(0, 100) : pixels },
  ]);
}

export interface TestStudy {
  readonly studyKey: string;
  readonly studyInstanceUid: string;
  readonly sopInstanceUids: readonly string[];
  readonly imageRevision: string;
}

interface StoredImage {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly bytes: Uint8Array;
  readonly dataSetOffset: number;
  readonly transferSyntaxUid: string;
}

/** Where test studies are put: the tables, and a folder in place of the blob store. */
export interface StudyStore {
  readonly database: Database;
  readonly folder: string;
}

/** Puts a complete study, waiting for its analysis, where the intake would have put it. */
export async function insertStudy(
  store: StudyStore,
  study: { images: readonly TestImage[]; basePriority?: Priority },
): Promise<TestStudy> {
  const studyUid = newUid();
  const series = newUid();
  const images = study.images.map((image, i) => {
    const sop = newUid();
    return {
      sopInstanceUid: sop,
      sopClassUid: SOP_CLASSES[image.modality] ?? '',
      seriesInstanceUid: series,
      modality: image.modality,
      bytes: writeImage(image, { study: studyUid, series, sop }, i + 1),
      dataSetOffset: 0,
      transferSyntaxUid: EXPLICIT_LITTLE,
    };
  });
  return insertImages(store, { studyUid, images, basePriority: study.basePriority ?? 'MEDIUM' });
}

/** The same with a generated study. */
export async function insertGenerated(
  store: StudyStore,
  generated: GeneratedStudy,
  modality: string,
): Promise<TestStudy> {
  const images = generated.files.map((file) => {
    const meta = parseFileMeta(file.bytes, true);
    if (meta === undefined) throw new Error('a generated file has no file meta');
    return {
      sopInstanceUid: file.sopInstanceUid,
      sopClassUid: file.sopClassUid,
      seriesInstanceUid: `${generated.studyInstanceUid}.1`,
      modality,
      bytes: file.bytes,
      dataSetOffset: meta.dataSetOffset,
      transferSyntaxUid: meta.meta.transferSyntaxUid,
    };
  });
  const studyUid = generated.studyInstanceUid;
  return insertImages(store, { studyUid, images, basePriority: 'MEDIUM' });
}

async function insertImages(
  { database, folder }: StudyStore,
  study: { studyUid: string; images: readonly StoredImage[]; basePriority: Priority },
): Promise<TestStudy> {
  const receivedAt = new Date();
  const { studyUid, images, basePriority } = study;
  const imageRevision = createHash('sha256').update(studyUid).digest('hex');
  const { studyKey } = await database
    .insertInto('study')
    .values({
      studyInstanceUid: studyUid,
      status: 'queued',
      orderPrioritySource: 'the test',
      basePriority,
      priority: basePriority,
      reason: `${basePriority}: the test`,
      receivedAt,
      dueAt: new Date(receivedAt.getTime() + 3_600_000),
      rankAt: receivedAt,
      ruleId: 'before',
      ruleVersion: '0',
      imageRevision,
      imageCount: images.length,
      modality: images[0]?.modality ?? null,
    })
    .returning('studyKey')
    .executeTakeFirstOrThrow();
  for (const [i, { bytes, ...image }] of images.entries()) {
    const blobPath = randomUUID();
    writeFileSync(join(folder, blobPath), bytes);
    await database
      .insertInto('instance')
      .values({
        ...image,
        studyKey,
        kind: 'image',
        standing: 'current',
        blobPath,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        fileBytes: bytes.length,
        instanceNumber: i + 1,
        callingAe: 'TEST',
      })
      .execute();
  }
  const sopInstanceUids = images.map((image) => image.sopInstanceUid);
  return { studyKey, studyInstanceUid: studyUid, sopInstanceUids, imageRevision };
}

/** A further analysis run over the study's images, with the job that asks for it. */
export async function insertRun(database: Database, study: TestStudy, number = 1) {
  const traceId = randomUUID();
  const { studyKey, imageRevision } = study;
  const { runKey } = await database
    .insertInto('analysisRun')
    .values({
      studyKey,
      imageRevision,
      number,
      jobId: `${studyKey}_${imageRevision}_${number}`,
      trigger: number === 1 ? 'complete' : 'retry',
      state: 'queued',
      traceId,
    })
    .returning('runKey')
    .executeTakeFirstOrThrow();
  return { studyKey, imageRevision, runKey, traceId };
}
