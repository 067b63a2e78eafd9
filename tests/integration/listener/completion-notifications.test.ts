import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openAssociation, type ScuAssociation } from '#dicom/dimse/scu.ts';
import type { ServiceInput } from '#dicom/dimse/scu-service.ts';
import { startAssembly } from '#intake/assemble-studies.ts';
import { startDimseServices } from '#listener/dimse-services.ts';
import { type Listener, startListener } from '#listener/start-listener.ts';
import {
  IMAGE_SOP_CLASSES,
  type MinimalObject,
  minimalImage,
  OBJECT_SOP_CLASSES,
} from '#test-data/minimal-objects.ts';
import { type DicomElement, encodeDataset } from '#test-data/part10-writer.ts';
import { receiveFile, silent, startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const MPPS = '1.2.840.10008.3.1.2.3.3';
const AVAILABILITY = '1.2.840.10008.5.1.4.33';
const IMPLICIT_LE = '1.2.840.10008.1.2';
const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const CT = IMAGE_SOP_CLASSES.CT;

const element = (tag: number, vr: string, value: string): DicomElement => ({ tag, vr, value });
const sequence = (tag: number, items: readonly (readonly DicomElement[])[]): DicomElement => {
  return { tag, vr: 'SQ', value: { items } };
};
const reference = (sopClassUid: string, sopInstanceUid: string): DicomElement[] => [
  element(0x00081150, 'UI', sopClassUid),
  element(0x00081155, 'UI', sopInstanceUid),
];
const status = (value: string): DicomElement => element(0x00400252, 'CS', value);

/** The attributes of a Performed Procedure Step as a scanner creates it; `over` replaces elements by their tag. */
function createdStep(studies: readonly string[], over: readonly DicomElement[] = []) {
  const elements = [
    element(0x00080060, 'CS', 'CT'),
    element(0x00100010, 'PN', 'Synthetic^One'),
    element(0x00400241, 'AE', 'CT1'),
    element(0x00400244, 'DA', '20260301'),
    element(0x00400245, 'TM', '101500'),
    status('IN PROGRESS'),
    element(0x00400253, 'SH', 'STEP1'),
    sequence(
      0x00400270,
      studies.map((study) => [element(0x0020000d, 'UI', study)]),
    ),
    sequence(0x00400340, []),
  ];
  const replaced = new Set(over.map(({ tag }) => tag));
  const kept = elements.filter(({ tag }) => !replaced.has(tag));
  return [...kept, ...over].sort((a, b) => a.tag - b.tag);
}

const performedSeries = (images: readonly (readonly [string, string])[]): DicomElement =>
  sequence(0x00400340, [
    [
      element(0x0020000e, 'UI', '1.2.3.9'),
      sequence(
        0x00081140,
        images.map(([sopClass, instance]) => reference(sopClass, instance)),
      ),
      sequence(0x00400220, [reference(OBJECT_SOP_CLASSES.SR, '1.2.3.99')]),
    ],
  ]);

let intake: TestIntake;
let door: Listener;
let association: ScuAssociation;
let stopServices: () => Promise<void>;
let uids = 0;
const nextUid = (): string => {
  uids += 1;
  return `1.2.826.0.2.${uids}`;
};

beforeAll(async () => {
  intake = await startTestIntake({
    overrides: {
      dicom: { port: 0, services: { mpps: ['CT1'], instanceAvailability: ['PACS'] } },
      assembly: { quietSeconds: 3600 },
    },
  });
  const { config, db, blobStore, receiver } = intake;
  const services = startDimseServices({ database: db.database, blobStore, config, logger: silent });
  stopServices = services.close;
  door = await startListener({ config, receiver, logger: silent, services: services.offered });
});
afterAll(async () => {
  await door.close({ graceMs: 0 });
  await stopServices();
  await intake.stop();
});

const open = (callingAe: string): Promise<ScuAssociation> =>
  openAssociation({
    host: '127.0.0.1',
    port: door.port,
    callingAe,
    calledAe: 'RADTRIAGE',
    contexts: [
      { abstractSyntax: MPPS, transferSyntaxes: [EXPLICIT_LE] },
      { abstractSyntax: MPPS, transferSyntaxes: [IMPLICIT_LE] },
      { abstractSyntax: AVAILABILITY, transferSyntaxes: [EXPLICIT_LE] },
    ],
  });

async function signalsOf(studyInstanceUid: string) {
  return intake.db.database
    .selectFrom('completionSignal')
    .select(['kind', 'source', 'expectedInstances'])
    .where('studyInstanceUid', '=', studyInstanceUid)
    .orderBy('signalKey')
    .execute();
}

describe('MPPS', () => {
  beforeEach(async () => {
    association = await open('CT1');
  });
  afterEach(() => association.release());

  const send = (
    operation: 'n-create' | 'n-set',
    sopInstanceUid: string | undefined,
    elements: readonly DicomElement[],
  ) =>
    association.request({
      operation,
      sopClassUid: MPPS,
      ...(sopInstanceUid === undefined ? {} : { sopInstanceUid }),
      transferSyntaxUid: EXPLICIT_LE,
      dataSet: encodeDataset(elements),
    });

  test('completed names the images that are expected, and only then tells of the study', async () => {
    const [step, study] = [nextUid(), nextUid()];
    expect(await send('n-create', step, createdStep([study]))).toMatchObject({ status: 0 });
    expect(await signalsOf(study)).toEqual([]);
    const end = [
      status('COMPLETED'),
      performedSeries([
        [CT, '1.2.3.1'],
        [CT, '1.2.3.2'],
        [OBJECT_SOP_CLASSES.PR, '1.2.3.3'],
      ]),
    ];
    expect(await send('n-set', step, end)).toMatchObject({ status: 0, sopInstanceUid: step });
    expect(await signalsOf(study)).toEqual([
      { kind: 'mpps-completed', source: 'CT1', expectedInstances: ['1.2.3.1', '1.2.3.2'] },
    ]);
  });

  test('is kept as it was sent, in whatever syntax', async () => {
    const [step, study] = [nextUid(), nextUid()];
    const dataSet = encodeDataset(createdStep([study]), 'implicit');
    const request: ServiceInput = {
      ...{ operation: 'n-create', sopClassUid: MPPS, sopInstanceUid: step },
      ...{ transferSyntaxUid: IMPLICIT_LE, dataSet },
    };
    expect((await association.request(request)).status).toBe(0);
    const kept = await intake.db.database
      .selectFrom('notificationMessage')
      .select(['service', 'operation', 'callingAe', 'transferSyntaxUid', 'dataSet'])
      .where('sopInstanceUid', '=', step)
      .execute();
    expect(kept).toEqual([
      {
        ...{ service: 'mpps', operation: 'n-create', callingAe: 'CT1' },
        ...{ transferSyntaxUid: IMPLICIT_LE, dataSet },
      },
    ]);
  });

  test('may be updated until it has ended, and no more after that', async () => {
    const [step, study] = [nextUid(), nextUid()];
    await send('n-create', step, createdStep([study]));
    const progress = [status('IN PROGRESS'), performedSeries([[CT, '1.2.3.4']])];
    expect((await send('n-set', step, progress)).status).toBe(0);
    // The series told before count, where the end names none.
    expect((await send('n-set', step, [status('COMPLETED')])).status).toBe(0);
    expect(await signalsOf(study)).toMatchObject([{ expectedInstances: ['1.2.3.4'] }]);
    for (const late of [[status('DISCONTINUED')], [status('COMPLETED')], progress]) {
      expect(await send('n-set', step, late)).toMatchObject({
        status: 0x0110,
        errorId: 0xa710,
        errorComment: 'Performed Procedure Step Object may no longer be updated',
      });
    }
    expect(await signalsOf(study)).toHaveLength(1);
  });

  test('discontinued says that no more will come', async () => {
    const [step, study] = [nextUid(), nextUid()];
    await send('n-create', step, createdStep([study]));
    expect((await send('n-set', step, [status('DISCONTINUED')])).status).toBe(0);
    expect(await signalsOf(study)).toEqual([
      { kind: 'mpps-discontinued', source: 'CT1', expectedInstances: null },
    ]);
  });

  test('of several studies tells of each, and of no image whose study is not said', async () => {
    const [step, one, two] = [nextUid(), nextUid(), nextUid()];
    await send('n-create', step, createdStep([one, two]));
    await send('n-set', step, [status('COMPLETED'), performedSeries([[CT, '1.2.3.5']])]);
    for (const study of [one, two]) {
      expect(await signalsOf(study)).toMatchObject([
        { kind: 'mpps-completed', expectedInstances: null },
      ]);
    }
  });

  test('gets a UID when the modality leaves it to us', async () => {
    const study = nextUid();
    const created = await send('n-create', undefined, createdStep([study]));
    expect(created.status).toBe(0);
    const step = created.sopInstanceUid ?? '';
    expect(step).toMatch(/^2\.25\.\d+$/);
    expect((await send('n-set', step, [status('DISCONTINUED')])).status).toBe(0);
  });

  test('that is not as the standard has it is refused with the reason, and leaves nothing', async () => {
    const [step, study] = [nextUid(), nextUid()];
    const refused = async (elements: readonly DicomElement[]): Promise<number> =>
      (await send('n-create', step, elements)).status;
    expect(await refused(createdStep([study], [status('COMPLETED')]))).toBe(0x0106);
    expect(await refused(createdStep([study], [status('DONE')]))).toBe(0x0106);
    expect(await refused(createdStep([]))).toBe(0x0120);
    expect(await refused(createdStep(['..']))).toBe(0x0106);
    expect(await refused(createdStep([study], [element(0x00400253, 'SH', '')]))).toBe(0x0120);
    expect((await send('n-set', step, [status('COMPLETED')])).status).toBe(0x0112);
    expect((await send('n-create', step, createdStep([study]))).status).toBe(0);
    expect(await refused(createdStep([study]))).toBe(0x0111);
    // Completed without any series is not complete; the step stays as it was.
    expect((await send('n-set', step, [status('COMPLETED')])).status).toBe(0x0120);
    expect((await send('n-set', step, [status('DISCONTINUED')])).status).toBe(0);
    const messages = await intake.db.database
      .selectFrom('notificationMessage')
      .select('operation')
      .where('sopInstanceUid', '=', step)
      .execute();
    expect(messages).toHaveLength(2);
  });

  test('closes its study as soon as the images that it names have come', async () => {
    const images = [1, 2].map((instanceNumber) =>
      minimalImage({
        ...{ modality: 'CT', seed: `mpps-${instanceNumber}`, instanceNumber },
        ...{ studyInstanceUid: '1.2.826.0.3.1', seriesInstanceUid: '1.2.826.0.3.1.1' },
      }),
    );
    const [first, second] = images as [MinimalObject, MinimalObject];
    const study = first.studyInstanceUid;
    const { database, url } = intake.db;
    const { assembly } = intake.config;
    const assembling = startAssembly({ database, databaseUrl: url, assembly, logger: silent });
    const statusNow = async () =>
      (
        await database
          .selectFrom('study')
          .select('status')
          .where('studyInstanceUid', '=', study)
          .executeTakeFirst()
      )?.status;
    try {
      const step = nextUid();
      await send('n-create', step, createdStep([study]));
      await receiveFile(intake.receiver, first.bytes);
      const named = images.map((image): [string, string] => [
        image.sopClassUid,
        image.sopInstanceUid,
      ]);
      await send('n-set', step, [status('COMPLETED'), performedSeries(named)]);
      expect(await statusNow()).toBe('receiving');
      await receiveFile(intake.receiver, second.bytes);
      // Its quiet time is an hour.
      await waitFor(async () => (await statusNow()) === 'queued', {
        what: 'the study to be queued',
      });
    } finally {
      await assembling.close();
    }
  });
});

describe('Instance Availability Notification', () => {
  const notify = (elements: readonly DicomElement[]) =>
    association.request({
      operation: 'n-create',
      sopClassUid: AVAILABILITY,
      sopInstanceUid: nextUid(),
      dataSet: encodeDataset(elements),
    });
  const item = (sopClass: string, instance: string, availability: string): DicomElement[] => [
    element(0x00080054, 'AE', 'PACS'),
    element(0x00080056, 'CS', availability),
    ...reference(sopClass, instance),
  ];
  const notification = (study: string, items: readonly (readonly DicomElement[])[]) => [
    sequence(0x00081111, []),
    sequence(0x00081115, [[sequence(0x00081199, items), element(0x0020000e, 'UI', '1.2.3.9')]]),
    element(0x0020000d, 'UI', study),
  ];

  test('names the images that can be had', async () => {
    association = await open('PACS');
    const study = nextUid();
    const answer = await notify(
      notification(study, [
        item(CT, '1.2.3.1', 'ONLINE'),
        item(CT, '1.2.3.2', 'NEARLINE'),
        item(CT, '1.2.3.3', 'UNAVAILABLE'),
        item(OBJECT_SOP_CLASSES.KO, '1.2.3.4', 'ONLINE'),
      ]),
    );
    expect(answer.status).toBe(0);
    expect(await signalsOf(study)).toEqual([
      {
        ...{ kind: 'instance-availability', source: 'PACS' },
        expectedInstances: ['1.2.3.1', '1.2.3.2'],
      },
    ]);
    expect((await notify(notification('', []))).status).toBe(0x0120);
    expect((await notify(notification(study, []))).status).toBe(0x0120);
    const odd = notification(study, [item(CT, '1.2.3.1', 'SOMEWHERE')]);
    expect((await notify(odd)).status).toBe(0x0106);
    const set = { operation: 'n-set', sopClassUid: AVAILABILITY, sopInstanceUid: '1.2.3' } as const;
    expect((await association.request(set)).status).toBe(0x0211);
    expect(await signalsOf(study)).toHaveLength(1);
    await association.release();
  });

  test('is taken of the peers that are listed for it, and of nobody else', async () => {
    association = await open('CT1');
    const study = nextUid();
    const answer = await notify(notification(study, [item(CT, '1.2.3.1', 'ONLINE')]));
    expect(answer.status).toBe(0x0124);
    expect(await signalsOf(study)).toEqual([]);
    await association.release();
  });
});

test('neither is offered unless the site names who may use it', async () => {
  const { database } = intake.db;
  const { blobStore, config } = intake;
  const dicom = { ...config.dicom, services: { mpps: [], instanceAvailability: ['PACS'] } };
  const services = startDimseServices({
    ...{ database, blobStore, logger: silent, config: { ...config, dicom } },
  });
  expect(services.offered.flatMap(({ sopClassUids }) => sopClassUids)).toEqual([AVAILABILITY]);
  await services.close();
});
