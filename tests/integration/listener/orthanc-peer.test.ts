import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openAssociation } from '#dicom/dimse/scu.ts';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { CT_CLASS, sampleDataSets } from '#tests/support/data-set-samples.ts';
import { BitPreservingPeer } from '#tests/support/dcmtk.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { sharedData } from '#tests/support/shared-data.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';

const REAL_FILES = [
  'dicom-parser/CT1_UNC.explicit_little_endian.dcm',
  'dicom-parser/CT1_UNC.implicit_little_endian.dcm',
  'cornerstone3d/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm',
  'pydicom-data/MR-SIEMENS-DICOM-WithOverlays.dcm',
].flatMap((name) => sharedData('dicom', name) ?? []);

describe.skipIf(missingPeer('Orthanc', 'storescp', 'echoscu'))('Orthanc', () => {
  let door: TestListener;
  let other: BitPreservingPeer;
  let orthanc: Orthanc;
  beforeAll(async () => {
    door = await startTestListener();
    other = await BitPreservingPeer.start(await mkdtemp(join(tmpdir(), 'radtriage-scp-')));
    orthanc = await startOrthanc({
      triage: ['RADTRIAGE', '127.0.0.1', door.port],
      storescp: ['RADTRIAGE', '127.0.0.1', other.port],
    });
  });
  afterAll(async () => {
    await orthanc.stop();
    other.stop();
    await door.listener.close({ graceMs: 0 });
    await rm(other.folder, { recursive: true });
  });

  /** Has Orthanc send one file to both, and compares. */
  async function expectSame(file: Uint8Array): Promise<void> {
    door.receiver.kept.length = 0;
    const id =
      /"ID" : "([^"]+)"/.exec(await orthanc.request('POST', '/instances', file))?.[1] ?? '';
    for (const modality of ['triage', 'storescp']) {
      await orthanc.request('POST', `/modalities/${modality}/store`, id);
    }
    await orthanc.request('DELETE', `/instances/${id}`);
    const theirs = await other.takeDataSet();
    expect(door.receiver.kept).toHaveLength(1);
    expect(door.receiver.kept[0]?.dataSet.equals(theirs)).toBe(true);
  }

  test('its C-ECHO is answered', async () => {
    await orthanc.request('POST', '/modalities/triage/echo', '{}');
  });

  const native = sampleDataSets('1.2.3.4.5.6.7').filter(({ name }) => /plicit/.test(name));
  test.each(native)('what it sends in $name is kept as storescp +B keeps it', async (sample) => {
    const header = encodePart10Header({
      sopClassUid: CT_CLASS,
      sopInstanceUid: '1.2.3.4.5.6.7',
      transferSyntaxUid: sample.transferSyntaxUid,
    });
    await expectSame(Buffer.concat([header, sample.bytes]));
  });

  test.each(REAL_FILES)('what it sends of %s is kept as storescp +B keeps it', async (path) => {
    await expectSame(await readFile(path));
  });

  test('it takes what we send', async () => {
    const [sample] = native;
    if (sample === undefined) throw new Error('no sample');
    const { transferSyntaxUid, bytes } = sample;
    const association = await openAssociation({
      host: '127.0.0.1',
      port: orthanc.dicomPort,
      callingAe: 'RADTRIAGE',
      calledAe: 'ORTHANC',
      contexts: [{ abstractSyntax: CT_CLASS, transferSyntaxes: [transferSyntaxUid] }],
    });
    async function* whole(): AsyncGenerator<Buffer> {
      yield bytes;
    }
    const answer = await association.store({
      sopClassUid: CT_CLASS,
      sopInstanceUid: '1.2.3.4.5.6.7',
      transferSyntaxUid,
      dataSet: whole(),
    });
    expect(answer.status).toBe(0);
    await association.release();
    const [id] = z.array(z.string()).parse(JSON.parse(await orthanc.request('GET', '/instances')));
    const tags = await orthanc.request('GET', `/instances/${id}/simplified-tags`);
    expect(tags).toContain('"SOPInstanceUID" : "1.2.3.4.5.6.7"');
  });
});
