import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { readPart10 } from '#dicom/part10/read-part10.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { BitPreservingPeer, PROPOSALS, type Run, run } from '#tests/support/dcmtk.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { sharedData } from '#tests/support/shared-data.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';

const REAL_FILES = [
  'cornerstone3d/CTImage.dcm_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm',
  'cornerstone3d/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm',
  'cornerstone3d/CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm',
  'cornerstone3d/CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm',
  'cornerstone3d/CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm',
  'pydicom-data/MR-SIEMENS-DICOM-WithOverlays.dcm',
  'pydicom-data/emri_small_jpeg_2k_lossless.dcm',
].map((name) => sharedData('dicom', name));

describe.skipIf(missingPeer('storescu', 'echoscu', 'storescp'))('the programs of DCMTK', () => {
  let door: TestListener;
  let folder: string;
  let other: BitPreservingPeer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'radtriage-dcmtk-'));
    other = await BitPreservingPeer.start(await mkdtemp(join(tmpdir(), 'radtriage-storescp-')));
    door = await startTestListener();
  });
  afterAll(async () => {
    other.stop();
    await door.listener.close({ graceMs: 0 });
    await rm(folder, { recursive: true });
    await rm(other.folder, { recursive: true });
  });
  beforeEach(() => {
    door.receiver.kept.length = 0;
  });

  const send = (port: number, options: readonly string[], path: string): Promise<Run> =>
    run('storescu', [...options, '-aec', 'RADTRIAGE', '127.0.0.1', String(port), path]);

  async function expectSameAsStorescp(options: readonly string[], path: string): Promise<void> {
    expect(await send(door.port, options, path)).toMatchObject({ code: 0 });
    expect(await send(other.port, options, path)).toMatchObject({ code: 0 });
    const theirs = await other.takeDataSet();
    expect(door.receiver.kept).toHaveLength(1);
    const ours = door.receiver.kept[0]?.dataSet;
    expect(ours?.length).toBe(theirs.length);
    expect(ours?.equals(theirs)).toBe(true);
  }

  test('echoscu is answered, and rejected for another called AE title', async () => {
    const port = String(door.port);
    expect(await run('echoscu', ['-aec', 'RADTRIAGE', '127.0.0.1', port])).toMatchObject({
      code: 0,
    });
    const rejected = await run('echoscu', ['-aec', 'OTHER', '127.0.0.1', port]);
    expect(rejected.code).not.toBe(0);
    expect(rejected.output).toContain('Called AE Title Not Recognized');
  });

  test('echoscu proposes every transfer syntax and many contexts', async () => {
    const options = ['-pts', '38', '-ppc', '128', '-aec', 'RADTRIAGE'];
    const echo = await run('echoscu', [...options, '127.0.0.1', String(door.port)]);
    expect(echo).toMatchObject({ code: 0 });
  });

  test.each(sampleDataSets().filter((sample) => PROPOSALS[sample.transferSyntaxUid] !== undefined))(
    'storescu in $name: the bytes kept are those that storescp +B keeps',
    async ({ transferSyntaxUid, bytes }) => {
      const path = join(folder, 'sample.dcm');
      const sopInstanceUid = '1.2.3.4.5.6.7';
      await writeFile(
        path,
        Buffer.concat([
          encodePart10Header({ sopClassUid: CT_CLASS, sopInstanceUid, transferSyntaxUid }),
          bytes,
        ]),
      );
      await expectSameAsStorescp([PROPOSALS[transferSyntaxUid] ?? ''], path);
      expect(door.receiver.kept[0]?.instance).toMatchObject({
        sopClassUid: CT_CLASS,
        sopInstanceUid,
        transferSyntaxUid,
        callingAe: 'STORESCU',
        calledAe: 'RADTRIAGE',
        peerAddress: '127.0.0.1',
        via: 'dimse',
      });
    },
  );

  test.each(REAL_FILES.filter((path) => path !== undefined))(
    'storescu of %s: the bytes kept are those that storescp +B keeps',
    async (path) => {
      const { meta } = await readPart10(path);
      await expectSameAsStorescp([PROPOSALS[meta.transferSyntaxUid] ?? ''], path);
    },
  );

  test('storescu with small and with large PDUs', async () => {
    const path = REAL_FILES[0];
    if (path === undefined) return;
    for (const options of [
      ['-pdu', '4096'],
      ['-pdu', '131072'],
      ['--max-send-pdu', '131072'],
    ]) {
      door.receiver.kept.length = 0;
      await expectSameAsStorescp(['-xb', ...options], path);
    }
  });

  test('storescu that aborts instead of releasing', async () => {
    const path = join(folder, 'sample.dcm');
    expect(await send(door.port, ['--abort', '-xw'], path)).toMatchObject({ code: 0 });
    expect(door.receiver.kept).toHaveLength(1);
  });
});
