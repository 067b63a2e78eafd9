import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { type Listener, startListener } from '#listener/start-listener.ts';
import { configSchema } from '#platform/config/schema.ts';
import { BytePeer, dataPdus, pdu, storeCommand } from '#tests/support/byte-peer.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { BitPreservingPeer, PROPOSALS, run } from '#tests/support/dcmtk.ts';
import { silent, startTestIntake, type TestIntake } from '#tests/support/intake.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { expectAlive } from '#tests/support/test-listener.ts';

/** What the whole way in keeps, from the socket to the disk and the database. */
let intake: TestIntake;
let listener: Listener;
beforeAll(async () => {
  intake = await startTestIntake();
  const config = configSchema.parse({ dicom: { port: 0 } });
  listener = await startListener({ config, receiver: intake.receiver, logger: silent });
});
afterAll(async () => {
  await listener.close({ graceMs: 0 });
  await intake.stop();
});

async function readKept(sopInstanceUid: string): Promise<{ file: Buffer; dataSet: Buffer }[]> {
  const rows = await intake.db.database
    .selectFrom('instance')
    .select(['blobPath', 'dataSetOffset'])
    .where('sopInstanceUid', '=', sopInstanceUid)
    .execute();
  return Promise.all(
    rows.map(async ({ blobPath, dataSetOffset }) => {
      const file = await intake.blobStore.readBlob(blobPath);
      return { file, dataSet: file.subarray(dataSetOffset) };
    }),
  );
}

test.each(sampleDataSets().map((sample, index) => ({ ...sample, uid: `1.2.3.4.5.6.8.${index}` })))(
  'a byte-level sender, $name: preamble, file meta, then the bytes of the wire',
  async ({ transferSyntaxUid, uid }) => {
    const bytes =
      sampleDataSets(uid).find((sample) => sample.transferSyntaxUid === transferSyntaxUid)?.bytes ??
      Buffer.alloc(0);
    const peer = await BytePeer.associate(listener.port, {
      contexts: { 1: [CT_CLASS, transferSyntaxUid] },
    });
    peer.send(
      dataPdus(storeCommand({ sopInstanceUid: uid }), { contextId: 1, command: true }),
      dataPdus(bytes, { contextId: 1 }, 999),
    );
    expect(await peer.nextResponse()).toMatchObject({ status: 0 });
    // Success has been answered: from here on it has to be there.
    const [kept, ...others] = await readKept(uid);
    expect(others).toEqual([]);
    expect(kept?.dataSet.equals(bytes)).toBe(true);
    expect(kept?.file.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(parseFileMeta(kept?.file ?? Buffer.alloc(0), true)?.meta).toEqual({
      sopClassUid: CT_CLASS,
      sopInstanceUid: uid,
      transferSyntaxUid,
      sendingAe: 'BYTEPEER',
    });
    await peer.release();
  },
);

test('a connection dropped in the middle of a data set leaves no row and no file', async () => {
  const uid = '1.2.3.4.5.6.9.1';
  const [, explicit] = sampleDataSets(uid);
  const bytes = explicit?.bytes ?? Buffer.alloc(0);
  const contexts = { 1: [CT_CLASS, '1.2.840.10008.1.2.1'] };
  for (const end of ['reset', 'abort'] as const) {
    const peer = await BytePeer.associate(listener.port, { contexts });
    peer.send(
      dataPdus(storeCommand({ sopInstanceUid: uid }), { contextId: 1, command: true }),
      dataPdus(bytes.subarray(0, 300), { contextId: 1, last: false }),
    );
    if (end === 'reset') peer.socket.resetAndDestroy();
    else peer.send(pdu(7, Buffer.alloc(4)));
    await expectAlive(listener.port);
    expect(await readKept(uid)).toEqual([]);
  }
  // The same object, sent again, is new: nothing of the attempts has stayed.
  const peer = await BytePeer.associate(listener.port, { contexts });
  peer.store(bytes, { contextId: 1, sopInstanceUid: uid });
  expect(await peer.nextResponse()).toMatchObject({ status: 0 });
  expect(await readKept(uid)).toHaveLength(1);
  await peer.release();
});

test('a data set under another UID than announced is refused and not kept', async () => {
  const uid = '1.2.3.4.5.6.9.2';
  const peer = await BytePeer.associate(listener.port, {
    contexts: { 1: [CT_CLASS, '1.2.840.10008.1.2'] },
  });
  const [implicit] = sampleDataSets('1.2.3.4.5.6.9.3');
  peer.store(implicit?.bytes ?? Buffer.alloc(0), { contextId: 1, sopInstanceUid: uid });
  expect(await peer.nextResponse()).toMatchObject({ status: 0xa900 });
  expect(await readKept(uid)).toEqual([]);
  await peer.release();
});

describe.skipIf(missingPeer('storescu', 'storescp', 'echoscu'))('storescu', () => {
  test('what is kept is what storescp +B keeps, in every syntax that storescu proposes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'radtriage-kept-'));
    const other = await BitPreservingPeer.start(await mkdtemp(join(tmpdir(), 'radtriage-scp-')));
    try {
      let compared = 0;
      for (const [index, { transferSyntaxUid }] of sampleDataSets().entries()) {
        const proposal = PROPOSALS[transferSyntaxUid];
        if (proposal === undefined) continue;
        const sopInstanceUid = `1.2.3.4.5.6.10.${index}`;
        const sample = sampleDataSets(sopInstanceUid)[index];
        const header = encodePart10Header({
          sopClassUid: CT_CLASS,
          sopInstanceUid,
          transferSyntaxUid,
        });
        const path = join(folder, 'sample.dcm');
        await writeFile(path, Buffer.concat([header, sample?.bytes ?? Buffer.alloc(0)]));
        for (const port of [listener.port, other.port]) {
          const args = [proposal, '-aec', 'RADTRIAGE', '127.0.0.1', String(port), path];
          expect(await run('storescu', args)).toMatchObject({ code: 0 });
        }
        const theirs = await other.takeDataSet();
        const [ours] = await readKept(sopInstanceUid);
        expect(ours?.dataSet.equals(theirs)).toBe(true);
        compared += 1;
      }
      expect(compared).toBe(12);
    } finally {
      other.stop();
      await rm(folder, { recursive: true });
      await rm(other.folder, { recursive: true });
    }
  });
});
