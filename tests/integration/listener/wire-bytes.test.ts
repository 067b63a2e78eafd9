import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BytePeer, dataPdus, pdu, pdv, storeCommand } from '#tests/support/byte-peer.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { propertyRun } from '#tests/support/property-run.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';

const UID = '1.2.3.4.5.6.7';

let door: TestListener;
beforeAll(async () => {
  door = await startTestListener();
});
afterAll(async () => {
  await door.listener.close({ graceMs: 0 });
});

describe.each(sampleDataSets(UID))('what is kept, $name', ({ transferSyntaxUid, bytes }) => {
  const options = { contexts: { 1: [CT_CLASS, transferSyntaxUid] } };

  test('is the bytes of the wire, private elements included, in PDUs of any size', async () => {
    const hash = createHash('sha256').update(bytes).digest('hex');
    for (const fragmentBytes of [1, 7, 64, 16_372, 131_066]) {
      door.receiver.kept.length = 0;
      const peer = await BytePeer.associate(door.port, options);
      peer.send(
        dataPdus(storeCommand({ sopInstanceUid: UID }), { contextId: 1, command: true }),
        dataPdus(bytes, { contextId: 1 }, fragmentBytes),
      );
      expect(await peer.nextResponse()).toMatchObject({ status: 0 });
      await peer.release();
      const kept = door.receiver.kept.map(({ dataSet }) =>
        createHash('sha256').update(dataSet).digest('hex'),
      );
      expect(kept).toEqual([hash]);
    }
  });
});

test('values, PDUs and packets cut anywhere make no difference', async () => {
  const { bytes, transferSyntaxUid } = sampleDataSets(UID)[1] ?? { bytes: Buffer.alloc(0) };
  const contexts = { 1: [CT_CLASS, transferSyntaxUid ?? ''] };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(200), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 30 }),
      fc.boolean(),
      async (valueSizes, packetSizes, oneCommandByteAtATime) => {
        door.receiver.kept.length = 0;
        const values: Buffer[] = [];
        let offset = 0;
        for (const size of valueSizes) {
          values.push(pdv(bytes.subarray(offset, offset + size), { contextId: 1, last: false }));
          offset += size;
        }
        values.push(pdv(bytes.subarray(offset), { contextId: 1 }));
        const command = storeCommand({ sopInstanceUid: UID });
        const stream = Buffer.concat([
          dataPdus(command, { contextId: 1, command: true }, oneCommandByteAtATime ? 1 : 4096),
          pdu(4, Buffer.concat(values)),
        ]);
        const peer = await BytePeer.associate(door.port, { contexts });
        let sent = 0;
        for (const size of [...packetSizes, stream.length]) {
          peer.send(stream.subarray(sent, sent + size));
          sent += size;
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect(await peer.nextResponse()).toMatchObject({ status: 0 });
        expect(door.receiver.kept[0]?.dataSet.equals(bytes)).toBe(true);
        await peer.release();
      },
    ),
    propertyRun({ numRuns: 40 }),
  );
});
