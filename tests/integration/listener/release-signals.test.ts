import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { InstanceReceiver } from '#intake/types.ts';
import { createReleaseSignals, type ReleaseSignals } from '#listener/release-signals.ts';
import { type Listener, startListener } from '#listener/start-listener.ts';
import { loadCompletenessRules } from '#platform/completeness-rule/load-rule.ts';
import { type MinimalObject, minimalImage } from '#test-data/minimal-objects.ts';
import { startTestAssembly, type TestAssembly } from '#tests/support/assembly.ts';
import { BytePeer, CT_IMAGE, EXPLICIT_LE } from '#tests/support/byte-peer.ts';
import { rulesOf } from '#tests/support/completeness.ts';
import { silent, unpack } from '#tests/support/intake.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const RULES = `
id: tests
version: "1"
rules:
  - { name: whole, match: { callingAe: WHOLE, studyDescription: short }, signals: { associationReleased: true }, quietSeconds: 1 }
  - { name: gateway, match: { callingAe: WHOLE }, signals: { associationReleased: true } }
`;

let house: TestAssembly;
let releases: ReleaseSignals;
let listener: Listener;
/** While set, the index stays behind: Success is answered, the row comes later. */
let lag: Promise<void> | undefined;

beforeAll(async () => {
  house = await startTestAssembly({ rules: RULES, quietSeconds: 600 });
  releases = createReleaseSignals({
    database: house.intake.db.database,
    rules: rulesOf(RULES),
    logger: silent,
  });
  const late: InstanceReceiver = {
    open: async (instance) => {
      const sink = await house.intake.receiver.open(instance);
      return {
        write: (chunk) => sink.write(chunk),
        abort: () => sink.abort(),
        finish: async () => {
          if (lag === undefined) return sink.finish();
          return { indexed: lag.then(async () => (await sink.finish()).indexed) };
        },
      };
    },
  };
  listener = await startListener({
    config: { dicom: { ...house.intake.config.dicom, port: 0 } },
    receiver: releases.watch(late),
    logger: silent,
    onEvent: (event) => releases.observe(event),
  });
  house.start();
});
afterEach(() => {
  lag = undefined;
});
afterAll(async () => {
  await listener.close({ graceMs: 0 });
  await releases.close();
  await house.stop();
});

const connect = (callingAe = 'WHOLE') =>
  BytePeer.associate(listener.port, { callingAe, contexts: { 3: [CT_IMAGE, EXPLICIT_LE] } });

const imageOf = (seed: string, instanceNumber: number, attributes = {}): MinimalObject =>
  minimalImage({ modality: 'CT', seed, instanceNumber, attributes });

async function send(peer: BytePeer, image: MinimalObject): Promise<void> {
  const { dataSet } = unpack(image.bytes);
  const { sopClassUid, sopInstanceUid } = image;
  peer.store(dataSet, { contextId: 3, sopClassUid, sopInstanceUid });
  expect(await peer.nextResponse()).toMatchObject({ status: 0 });
}

const signalsOf = ({ studyInstanceUid }: MinimalObject) =>
  house.intake.db.database
    .selectFrom('completionSignal')
    .select(['kind', 'source', 'imageCount'])
    .where('studyInstanceUid', '=', studyInstanceUid)
    .execute();

it('closes a study when its sender releases the association, long before it was quiet', async () => {
  const images = [1, 2, 3].map((number) => imageOf('released', number));
  const [image] = images;
  if (image === undefined) throw new Error('no image');
  const peer = await connect();
  for (const one of images) await send(peer, one);
  expect((await house.study(image.studyInstanceUid)).status).toBe('receiving');
  await peer.release();
  expect(await house.revision(image.studyInstanceUid)).toMatchObject({
    completedBy: 'signal',
    completionReason: 'association released by WHOLE: 3 images',
    completionRule: 'tests 1: gateway',
    imageCount: 3,
  });
});

it('waits for rows that come after the release', async () => {
  const gate = Promise.withResolvers<void>();
  const image = imageOf('behind', 1);
  const peer = await connect();
  lag = gate.promise;
  await send(peer, image);
  await peer.release();
  // Another association comes, goes and is dealt with only after the one before it.
  lag = undefined;
  const other = await connect();
  const second = imageOf('behind, the next', 1);
  await send(other, second);
  await other.release();
  expect(await signalsOf(image)).toEqual([]);
  gate.resolve();
  expect(await house.revision(image.studyInstanceUid)).toMatchObject({ completedBy: 'signal' });
  expect(await house.revision(second.studyInstanceUid)).toMatchObject({ completedBy: 'signal' });
  expect(await signalsOf(image)).toEqual([
    { kind: 'association-released', source: 'WHOLE', imageCount: 1 },
  ]);
});

it('takes the last of several associations that bring one study', async () => {
  const first = await connect();
  const second = await connect();
  const images = [1, 2, 3].map((number) => imageOf('parallel', number));
  const [one, two, three] = images;
  if (one === undefined || two === undefined || three === undefined) throw new Error('no images');
  await send(first, one);
  await send(second, two);
  await first.release();
  // The next release is dealt with after that of the first association.
  const marker = imageOf('marker', 1);
  const third = await connect();
  await send(third, marker);
  await third.release();
  await house.revision(marker.studyInstanceUid);
  expect(await signalsOf(one)).toEqual([]);
  await send(second, three);
  await second.release();
  expect(await house.revision(one.studyInstanceUid)).toMatchObject({ imageCount: 3 });
});

it('hears nothing from an association that breaks off: the quiet time decides', async () => {
  const image = imageOf('broken', 1, { StudyDescription: 'short' });
  const peer = await connect();
  await send(peer, image);
  peer.destroy();
  expect(await house.revision(image.studyInstanceUid)).toMatchObject({
    completedBy: 'quiet',
    completionReason: 'quiet for 1 s',
  });
  expect(await signalsOf(image)).toEqual([]);
});

it('closes a study by quiet when the listener died between its images and the release', async () => {
  const image = imageOf('killed', 1, { StudyDescription: 'short' });
  // A process of its own would have kept what it noted in its memory; this one forgets it all.
  const forgetful = await startListener({
    config: { dicom: { ...house.intake.config.dicom, port: 0 } },
    receiver: house.intake.receiver,
    logger: silent,
  });
  const peer = await BytePeer.associate(forgetful.port, {
    callingAe: 'WHOLE',
    contexts: { 3: [CT_IMAGE, EXPLICIT_LE] },
  });
  await send(peer, image);
  await forgetful.close({ graceMs: 0 });
  await waitFor(() => peer.closed, { what: 'the association to end' });
  expect(await house.revision(image.studyInstanceUid)).toMatchObject({ completedBy: 'quiet' });
});

it('takes no notes where no rule trusts a release', () => {
  const { database } = house.intake.db;
  const { receiver } = house.intake;
  const deaf = createReleaseSignals({ database, rules: loadCompletenessRules(), logger: silent });
  expect(deaf.watch(receiver)).toBe(receiver);
  expect(releases.watch(receiver)).not.toBe(receiver);
});
