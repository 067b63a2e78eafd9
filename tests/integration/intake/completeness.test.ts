import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ImageGatherer, viewName } from '#core/completeness/evidence.ts';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { pruneSignals, recordCompletionSignal } from '#intake/completion-signals.ts';
import { readEvidence } from '#intake/study-evidence.ts';
import { updateStudy } from '#platform/study-store/update-study.ts';
import { type MinimalObject, minimalImage } from '#test-data/minimal-objects.ts';
import type { Attributes } from '#test-data/part10-writer.ts';
import { startTestAssembly, type TestAssembly } from '#tests/support/assembly.ts';
import { receiveFile, unpack } from '#tests/support/intake.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const RULES = `
id: tests
version: "3"
rules:
  - { name: mg, match: { modality: MG }, demand: { views: [R CC, L CC, R MLO, L MLO] }, quietSeconds: 600 }
  - { name: drip, match: { studyDescription: drip }, quietSeconds: 0.8, longestWaitMinutes: 0.02 }
  - { name: three, match: { studyDescription: three }, demand: { images: 3 }, quietSeconds: 1.5 }
  - { name: short, match: { studyDescription: short }, quietSeconds: 0.4 }
  - name: gapless
    match: { studyDescription: gapless }
    demand: { contiguousNumbers: true, imagesFrom: ImagesInAcquisition }
    settleSeconds: 0.1
`;

let house: TestAssembly;

beforeAll(async () => {
  // Longer than any test: what closes sooner was closed by a rule.
  house = await startTestAssembly({ rules: RULES, quietSeconds: 600 });
});
afterEach(async () => house.pause());
afterAll(async () => house.stop());

type Modality = Parameters<typeof minimalImage>[0]['modality'];

function imageOf(
  seed: string,
  instanceNumber: number,
  { modality = 'CT', ...attributes }: Attributes & { modality?: Modality } = {},
): MinimalObject {
  return minimalImage({ modality, seed, instanceNumber, attributes });
}

async function receive(...images: MinimalObject[]): Promise<string> {
  for (const { bytes } of images) await receiveFile(house.intake.receiver, bytes);
  return images[0]?.studyInstanceUid ?? '';
}

const waiting = (uid: string, what: string) =>
  waitFor(async () => (await house.study(uid)).waitingFor === what, {
    what: `to wait for ${what}`,
  });

/** As the worker does it. */
async function analyse(studyInstanceUid: string): Promise<void> {
  const { studyKey } = await house.study(studyInstanceUid);
  await house.intake.db.database.transaction().execute(async (trx) => {
    await updateStudy(trx, studyKey, { event: 'analysis-started' });
    await updateStudy(trx, studyKey, { event: 'analysis-finished' });
    await trx
      .updateTable('analysisRun')
      .set({ state: 'analysed', finishedAt: new Date() })
      .where('studyKey', '=', studyKey)
      .execute();
  });
}

const views: readonly [string, string][] = [
  ['R', 'CC'],
  ['L', 'CC'],
  ['R', 'MLO'],
  ['L', 'MLO'],
];
const mammogram = (seed: string): MinimalObject[] =>
  views.map(([ImageLaterality, ViewPosition], index) =>
    imageOf(seed, index + 1, { modality: 'MG', ImageLaterality, ViewPosition }),
  );

describe('rules', () => {
  it('close mammography with its fourth view, and say before what is missing', async () => {
    house.start();
    const images = mammogram('four views');
    const uid = await receive(...images.slice(0, 3));
    await waiting(uid, '3 of 4 views, missing L MLO');
    const waits = await house.study(uid);
    const since = waits.waitingSince?.getTime() ?? 0;
    expect(waits.waitsUntil?.getTime()).toBe(since + 7_200_000);
    expect(waits.quietUntil?.getTime()).toBe((waits.quietSince?.getTime() ?? 0) + 600_000);
    await receive(...images.slice(3));
    expect(await house.revision(uid)).toMatchObject({
      completedBy: 'demand',
      completionReason: 'rule mg: 4 of 4 views',
      completionRule: 'tests 3: mg',
      demandsMet: true,
      imageCount: 4,
    });
    expect(await house.study(uid)).toMatchObject({
      status: 'queued',
      waitingFor: null,
      waitsUntil: null,
      waitingSince: null,
      lookFloor: null,
    });
  });

  it('close at the longest wait though images drip in, and later ones make a revision', async () => {
    house.start();
    let number = 0;
    let uid = '';
    await waitFor(
      async () => {
        number += 1;
        uid = await receive(imageOf('drip', number, { StudyDescription: 'Drip' }));
        return (await house.revisions(uid)).length > 0;
      },
      { everyMs: 200, what: 'a study into which images drip to be closed' },
    );
    const first = await house.revision(uid);
    expect(first).toMatchObject({
      completedBy: 'longest-wait',
      completionReason: '1.2 s since the first image, the longest wait',
      demandsMet: null,
    });
    await receive(imageOf('drip', number + 1, { StudyDescription: 'Drip' }));
    const second = await house.revision(uid, 2);
    expect(second.imageCount).toBeGreaterThan(first.imageCount);
  });

  it('reopen with a late image after the analysis; the demand met before does not close it at once', async () => {
    house.start();
    const make = (number: number) => imageOf('late', number, { StudyDescription: 'three' });
    const uid = await receive(make(1), make(2), make(3));
    expect(await house.revision(uid)).toMatchObject({ completedBy: 'demand' });
    await analyse(uid);
    await receive(make(4));
    await waiting(uid, '1.5 s without a further image');
    expect(await house.revision(uid, 2)).toMatchObject({ completedBy: 'quiet', imageCount: 4 });
    const { studyKey } = await house.study(uid);
    const runs = await house.intake.db.database
      .selectFrom('analysisRun')
      .select(['trigger', 'state'])
      .where('studyKey', '=', studyKey)
      .orderBy('number')
      .execute();
    expect(runs).toEqual([
      { trigger: 'complete', state: 'analysed' },
      { trigger: 'late-images', state: 'queued' },
    ]);
  });

  it('close at the missing image that comes after the quiet time has closed the study', async () => {
    house.start();
    const make = (number: number) => imageOf('two first', number, { StudyDescription: 'three' });
    const uid = await receive(make(1), make(2));
    expect(await house.revision(uid)).toMatchObject({
      completedBy: 'quiet',
      completionReason: 'quiet for 1.5 s; rule three: 2 of 3 images',
      demandsMet: false,
    });
    await receive(make(3));
    expect(await house.revision(uid, 2)).toMatchObject({ completedBy: 'demand' });
  });

  it('wait for gaps to be filled, and live with numbers at the edge of what fits', async () => {
    house.start();
    const make = (number: number) =>
      imageOf('gaps', number, { StudyDescription: 'gapless', ImagesInAcquisition: 3 });
    const uid = await receive(make(1), make(4), make(3));
    await waiting(uid, 'image 2 of a series missing');
    await receive(make(2));
    // More images than the attribute says.
    expect(await house.revision(uid)).toMatchObject({
      completedBy: 'demand',
      completionReason:
        'rule gapless: 3 of 3 images of their acquisitions, image numbers without a gap',
    });
    const largest = imageOf('edge', 2 ** 31 - 1, { StudyDescription: 'short' });
    const smallest = imageOf('edge', -(2 ** 31), { StudyDescription: 'short' });
    expect(await house.revision(await receive(largest, smallest))).toMatchObject({
      completedBy: 'quiet',
    });
  });
});

describe('signals', () => {
  const signal = (
    studyInstanceUid: string,
    over: Partial<Parameters<typeof recordCompletionSignal>[1]> = {},
  ) =>
    recordCompletionSignal(house.intake.db.database, {
      studyInstanceUid,
      kind: 'mpps-completed',
      source: 'CT1',
      ...over,
    });

  it('that come before the images close the study with the last image that they name', async () => {
    house.start();
    const images = [1, 2, 3].map((number) => imageOf('before', number));
    const expectedInstances = images.map(({ sopInstanceUid }) => sopInstanceUid);
    const uid = images[0]?.studyInstanceUid ?? '';
    await signal(uid, { expectedInstances });
    await receive(...images.slice(0, 2));
    await waiting(uid, 'MPPS completed by CT1: 2 of 3 instances');
    await receive(...images.slice(2));
    expect(await house.revision(uid)).toMatchObject({
      completedBy: 'signal',
      completionReason: 'MPPS completed by CT1: 3 of 3 instances',
      completionRule: 'tests 3: otherwise',
    });
  });

  it('that come after the images close the study at once, though more came than they name', async () => {
    house.start();
    const images = [1, 2, 3, 4].map((number) => imageOf('after', number));
    const uid = await receive(...images);
    await waiting(uid, '10 min without a further image');
    const expectedInstances = images.slice(0, 3).map(({ sopInstanceUid }) => sopInstanceUid);
    await signal(uid, { kind: 'instance-availability', source: 'PACS', expectedInstances });
    expect(await house.revision(uid)).toMatchObject({
      completedBy: 'signal',
      completionReason: 'instances announced as available by PACS: 3 of 3 instances',
      imageCount: 4,
    });
    // Used up: of a later image it says nothing.
    await receive(imageOf('after', 5));
    await waiting(uid, '10 min without a further image');
    await signal(uid, { kind: 'mpps-discontinued', expectedInstances });
    expect(await house.revision(uid, 2)).toMatchObject({
      completionReason: 'MPPS discontinued by CT1: 3 of 3 instances',
    });
  });

  it('that name what never comes do not hold a study beyond its quiet time', async () => {
    house.start();
    const image = imageOf('never', 1, { StudyDescription: 'short' });
    await signal(image.studyInstanceUid, { expectedInstances: [image.sopInstanceUid, '1.2.3'] });
    expect(await house.revision(await receive(image))).toMatchObject({
      completedBy: 'quiet',
      completionReason: 'quiet for 0.4 s; rule short: MPPS completed by CT1: 1 of 2 instances',
    });
  });

  it('by a sender that no rule trusts say nothing', async () => {
    house.start();
    const image = imageOf('distrusted', 1, { StudyDescription: 'short' });
    const uid = await receive(image);
    await signal(uid, { kind: 'association-released' });
    expect(await house.revision(uid)).toMatchObject({ completedBy: 'quiet' });
  });

  it('for studies that never come are forgotten after a month, those of waiting studies are not', async () => {
    const { database: db } = house.intake.db;
    const uid = await receive(imageOf('patient', 1));
    await signal('1.2.3.4.5');
    await signal(uid);
    await sql`UPDATE completion_signal SET received_at = received_at - interval '31 days'
      WHERE study_instance_uid IN ('1.2.3.4.5', ${uid})`.execute(db);
    await signal('1.2.3.4.6');
    await pruneSignals(db);
    const kept = await db.selectFrom('completionSignal').select('studyInstanceUid').execute();
    const uids = kept.map(({ studyInstanceUid }) => studyInstanceUid);
    expect(uids).not.toContain('1.2.3.4.5');
    expect(uids).toEqual(expect.arrayContaining([uid, '1.2.3.4.6']));
  });
});

describe('no study waits for ever', () => {
  it('when the clock was set back after its images came', async () => {
    const uid = await receive(imageOf('clock', 1, { StudyDescription: 'short' }));
    await house.intake.db.database
      .updateTable('study')
      .set(
        Object.fromEntries(
          ['waitingSince', 'quietSince', 'quietUntil', 'lookAt', 'lookFloor'].map((column) => [
            column,
            new Date(Date.now() + 365 * 86_400_000),
          ]),
        ),
      )
      .where('studyInstanceUid', '=', uid)
      .execute();
    house.start();
    expect(await house.revision(uid)).toMatchObject({ completedBy: 'quiet' });
  });

  it('when its evidence cannot be read: then time alone decides', async () => {
    const { database: db } = house.intake.db;
    const uid = await receive(imageOf('unreadable', 1, { StudyDescription: 'short' }));
    await sql`ALTER TABLE completion_signal RENAME TO hidden`.execute(db);
    // The modality's own quiet time is over.
    const long = new Date(Date.now() - 700_000);
    await db
      .updateTable('study')
      .set({ quietSince: long, waitingSince: long })
      .where('studyInstanceUid', '=', uid)
      .execute();
    house.start();
    const revision = await house.revision(uid);
    await house.pause();
    await sql`ALTER TABLE hidden RENAME TO completion_signal`.execute(db);
    expect(revision).toMatchObject({
      completedBy: 'quiet',
      completionReason: 'quiet for 10 min',
      completionRule: 'tests 3: otherwise',
    });
  });

  it('when nobody looked while its time passed', async () => {
    const uid = await receive(imageOf('alone', 1, { StudyDescription: 'short' }));
    await sql`UPDATE study SET quiet_since = now() - interval '1 hour'
      WHERE study_instance_uid = ${uid}`.execute(house.intake.db.database);
    house.start();
    house.start();
    expect(await house.revision(uid)).toMatchObject({ completedBy: 'quiet' });
  });
});

it('reads the same evidence from the index as from the images themselves', async () => {
  const images = [
    ...mammogram('twins'),
    ...[1, 2, 3, 7].map((number) =>
      minimalImage({
        modality: 'CT',
        seed: 'twins',
        instanceNumber: number,
        attributes: {
          BodyPartExamined: 'CHEST',
          ProtocolName: 'Thorax',
          SeriesDescription: 'Axial',
          AcquisitionNumber: number > 3 ? 2 : 1,
          ImagesInAcquisition: 4,
          NumberOfSeriesRelatedInstances: 4,
          NumberOfStudyRelatedInstances: 8,
          ViewCodeSequence: [{ CodeValue: 'R-10206', CodingSchemeDesignator: 'SRT' }],
        },
      }),
    ),
  ];
  const gatherer = new ImageGatherer();
  for (const { bytes } of images) {
    const { instance, dataSet } = unpack(bytes);
    const facts = readAttributes(dataSet, instance.transferSyntaxUid);
    gatherer.add(
      {
        seriesInstanceUid: facts.seriesInstanceUid,
        modality: facts.modality,
        bodyPart: facts.bodyPartExamined,
        seriesDescription: facts.seriesDescription,
        protocolName: facts.protocolName,
        callingAe: 'SENDER',
        view: viewName(facts.viewCode, facts.viewPosition),
        laterality: facts.imageLaterality,
        acquisitionNumber: facts.acquisitionNumber,
        imagesInAcquisition: facts.imagesInAcquisition,
        numberOfSeriesRelatedInstances: facts.numberOfSeriesRelatedInstances,
        numberOfStudyRelatedInstances: facts.numberOfStudyRelatedInstances,
      },
      facts.instanceNumber,
    );
  }
  const uid = await receive(...images);
  const study = await house.study(uid);
  const { evidence } = await readEvidence(house.intake.db.database, study, { withImages: true });
  const inOrder = (groups: readonly object[]) =>
    groups.map((group) => JSON.stringify(group)).sort();
  expect(evidence.groups).toHaveLength(6);
  expect(evidence.groups.some(({ view }) => view === 'AP')).toBe(true);
  expect(inOrder(evidence.groups)).toEqual(inOrder(gatherer.groups()));
});

it('finds the instances that a signal names among thousands without comparing each with each', async () => {
  const { database } = house.intake.db;
  const uid = await receive(imageOf('thousands', 1));
  const study = await house.study(uid);
  const count = 20_000;
  await sql`INSERT INTO instance (study_key, sop_instance_uid, sop_class_uid, series_instance_uid,
      transfer_syntax_uid, kind, blob_path, sha256, file_bytes, data_set_offset, instance_number, calling_ae)
    SELECT ${study.studyKey}, '1.9.' || n, '1.2', '1.9', '1.2', 'image', 'none/' || n, 'x' || n, 1, 1, n, 'SENDER'
    FROM generate_series(1, ${count}) AS n`.execute(database);
  const expectedInstances = Array.from({ length: count }, (_, index) => `1.9.${index + 1}`);
  await recordCompletionSignal(database, {
    studyInstanceUid: uid,
    kind: 'mpps-completed',
    source: 'CT1',
    expectedInstances: [...expectedInstances, '1.8'],
  });
  // Four hundred million comparisons would take minutes.
  const { evidence } = await database.transaction().execute(async (trx) => {
    await sql`SET LOCAL statement_timeout = '10s'`.execute(trx);
    return readEvidence(trx, study, { withImages: true });
  });
  expect(evidence.signals).toMatchObject([{ named: { expected: count + 1, present: count } }]);
  const series = evidence.groups.find(({ seriesInstanceUid }) => seriesInstanceUid === '1.9');
  expect(series).toMatchObject({ images: count, numbers: [[1, count]] });
});
