import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Priority } from '#core/priority.ts';
import type { StudyStatus } from '#core/study-state.ts';
import type { Database } from '#platform/database/connect.ts';
import { short, type TestElement, text, writeDataSet } from '#tests/support/data-set-bytes.ts';

const EXPLICIT_LITTLE = '1.2.840.10008.1.2.1';
const SOP_CLASSES: Readonly<Record<string, string>> = {
  DX: '1.2.840.10008.5.1.4.1.1.1.1',
  CT: '1.2.840.10008.5.1.4.1.1.2',
  MG: '1.2.840.10008.5.1.4.1.1.1.2',
};

export interface TestImage {
  readonly modality: 'DX' | 'CT' | 'MG';
  /** Stored values, 64 x 64, as the test models look at them: 0 to 1000. */
  readonly values: Uint16Array;
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
  const optional: TestElement[] =
    image.patientAge === undefined ? [] : [text(0x00101010, 'AS', image.patientAge)];
  return writeDataSet([
    text(0x00080016, 'UI', SOP_CLASSES[image.modality] ?? ''),
    text(0x00080018, 'UI', uids.sop),
    text(0x00080060, 'CS', image.modality),
    ...optional,
    text(0x0020000d, 'UI', uids.study),
    text(0x0020000e, 'UI', uids.series),
    text(0x00200013, 'IS', String(instanceNumber)),
    short(0x00280002, 1),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    short(0x00280010, SIDE),
    short(0x00280011, SIDE),
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

/** Puts a complete study, waiting for its analysis, where the intake would have put it. */
export async function insertStudy(
  database: Database,
  folder: string,
  study: { images: readonly TestImage[]; basePriority?: Priority; status?: StudyStatus },
): Promise<TestStudy> {
  const uid = newUid();
  const receivedAt = new Date();
  const basePriority = study.basePriority ?? 'MEDIUM';
  const imageRevision = createHash('sha256').update(uid).digest('hex');
  const { studyKey } = await database
    .insertInto('study')
    .values({
      studyInstanceUid: uid,
      status: study.status ?? 'queued',
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
      imageCount: study.images.length,
      modality: study.images[0]?.modality ?? null,
    })
    .returning('studyKey')
    .executeTakeFirstOrThrow();
  const series = newUid();
  const sopInstanceUids: string[] = [];
  for (const [i, image] of study.images.entries()) {
    const sop = newUid();
    sopInstanceUids.push(sop);
    const bytes = writeImage(image, { study: uid, series, sop }, i + 1);
    const blobPath = randomUUID();
    writeFileSync(join(folder, blobPath), bytes);
    await database
      .insertInto('instance')
      .values({
        studyKey,
        sopInstanceUid: sop,
        sopClassUid: SOP_CLASSES[image.modality] ?? '',
        seriesInstanceUid: series,
        transferSyntaxUid: EXPLICIT_LITTLE,
        kind: 'image',
        standing: 'current',
        blobPath,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        fileBytes: bytes.length,
        dataSetOffset: 0,
        modality: image.modality,
        instanceNumber: i + 1,
        rows: SIDE,
        columns: SIDE,
        callingAe: 'TEST',
      })
      .execute();
  }
  return { studyKey, studyInstanceUid: uid, sopInstanceUids, imageRevision };
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
