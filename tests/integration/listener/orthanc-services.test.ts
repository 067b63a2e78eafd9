import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { DimseService, ServiceRequest } from '#dicom/dimse/dimse-service.ts';
import { openAssociation } from '#dicom/dimse/scu.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { startTestListener, type TestListener } from '#tests/support/test-listener.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const COMMITMENT = '1.2.840.10008.1.20.1';
const COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1';
const IMPLICIT_LE = '1.2.840.10008.1.2';
const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

/** An element in Implicit VR Little Endian. */
function element(group: number, number: number, value: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(group, 0);
  header.writeUInt16LE(number, 2);
  header.writeUInt32LE(value.length, 4);
  return Buffer.concat([header, value]);
}

function uidElement(group: number, number: number, uid: string): Buffer {
  return element(group, number, Buffer.from(uid.length % 2 === 0 ? uid : `${uid}\0`));
}

function commitmentOf(transactionUid: string, sopInstanceUid: string): Buffer {
  const reference = Buffer.concat([
    uidElement(0x0008, 0x1150, CT_IMAGE),
    uidElement(0x0008, 0x1155, sopInstanceUid),
  ]);
  return Buffer.concat([
    uidElement(0x0008, 0x1195, transactionUid),
    element(0x0008, 0x1199, element(0xfffe, 0xe000, reference)),
  ]);
}

describe.skipIf(missingPeer('Orthanc'))('DIMSE-N with Orthanc', () => {
  const asked: ServiceRequest[] = [];
  const service: DimseService = {
    sopClassUids: [COMMITMENT],
    requestorRoles: ['scu', 'scp'],
    handle: async (request) => {
      asked.push(request);
      return { status: 0 };
    },
  };
  let door: TestListener;
  let orthanc: Orthanc;
  beforeAll(async () => {
    door = await startTestListener({ services: [service] });
    orthanc = await startOrthanc({ triage: ['RADTRIAGE', '127.0.0.1', door.port] });
  });
  afterAll(async () => {
    await orthanc.stop();
    await door.listener.close({ graceMs: 0 });
  });
  beforeEach(() => {
    asked.length = 0;
  });

  const open = (roles?: { scu: boolean; scp: boolean }) =>
    openAssociation({
      host: '127.0.0.1',
      port: orthanc.dicomPort,
      callingAe: 'RADTRIAGE',
      calledAe: 'ORTHANC',
      contexts: [
        { abstractSyntax: COMMITMENT, transferSyntaxes: [IMPLICIT_LE], ...(roles && { roles }) },
      ],
    });

  test('its N-ACTION is taken, and our N-EVENT-REPORT in the role of SCP on an association of our own', async () => {
    const answer = await orthanc.request(
      'POST',
      '/modalities/triage/storage-commitment',
      JSON.stringify({ DicomInstances: [[CT_IMAGE, '1.2.3.4']] }),
    );
    const { Path } = z.object({ Path: z.string() }).parse(JSON.parse(answer));
    const request = await waitFor(() => asked[0], { what: 'an N-ACTION' });
    expect(request).toMatchObject({
      operation: 'n-action',
      sopClassUid: COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      typeId: 1,
      callingAe: 'ORTHANC',
    });
    const status = async () =>
      z.object({ Status: z.string() }).parse(JSON.parse(await orthanc.request('GET', Path))).Status;
    expect(await status()).toBe('Pending');
    const association = await open({ scu: false, scp: true });
    // The report of success names the same transaction and the same instances (PS3.4 table J.3-2).
    const output = await association.request({
      operation: 'n-event-report',
      sopClassUid: COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      typeId: 1,
      transferSyntaxUid: IMPLICIT_LE,
      ...(request.dataSet === undefined ? {} : { dataSet: request.dataSet }),
    });
    expect(output.status).toBe(0);
    await association.release();
    expect(await status()).toBe('Success');
  });

  test('it answers our N-ACTION, and reports back in the role of SCP', async () => {
    const association = await open();
    const transactionUid = '1.2.3.4.5.6';
    const output = await association.request({
      operation: 'n-action',
      sopClassUid: COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      typeId: 1,
      dataSet: commitmentOf(transactionUid, '1.2.3.4.5'),
    });
    expect(output.status).toBe(0);
    await association.release();
    const report = await waitFor(() => asked[0], { what: 'an N-EVENT-REPORT' });
    // It holds no such instance: event type 2, failures exist.
    expect(report).toMatchObject({ operation: 'n-event-report', typeId: 2, callingAe: 'ORTHANC' });
    expect(report.dataSet?.includes(transactionUid)).toBe(true);
  });
});
