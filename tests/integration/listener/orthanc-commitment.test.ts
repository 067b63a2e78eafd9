import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { IMAGE_SOP_CLASSES, type MinimalObject, minimalImage } from '#test-data/minimal-objects.ts';
import { openModality, type Reference, startReportDoor } from '#tests/support/commitment-peer.ts';
import { type ListenerProcess, startListenerProcess } from '#tests/support/listener-process.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const failure = z.object({
  SOPInstanceUID: z.string(),
  Code: z.number().optional(),
  Description: z.string().optional(),
});
const reportSchema = z.object({
  Status: z.enum(['Pending', 'Success', 'Failure']),
  Success: z.array(z.object({ SOPInstanceUID: z.string() })).optional(),
  Failures: z.array(failure).optional(),
});
type Report = z.output<typeof reportSchema>;

describe.skipIf(missingPeer('Orthanc'))('storage commitment for Orthanc', () => {
  const directory = temporaryDirectory();
  const image = (seed: string): MinimalObject => minimalImage({ modality: 'CR', seed });
  let db: TestDatabase;
  let orthanc: Orthanc;
  let listener: ListenerProcess;
  let config: Record<string, unknown>;
  let modalityPort: number;

  const start = () =>
    startListenerProcess({ directory: directory.path, databaseUrl: db.url, config });

  beforeAll(async () => {
    const port = await findFreePort();
    modalityPort = await findFreePort();
    [db, orthanc] = await Promise.all([
      startTestDatabase(),
      startOrthanc({ triage: ['RADTRIAGE', '127.0.0.1', port] }),
    ]);
    const host = '127.0.0.1';
    config = {
      dicom: {
        port,
        peers: [
          { aeTitle: 'ORTHANC', host, port: orthanc.dicomPort },
          { aeTitle: 'MODALITY', host, port: modalityPort },
        ],
        storageCommitment: { enabled: true, waitSeconds: 1.5, retrySeconds: 0.5 },
      },
      retention: { keepAtLeastDays: 30 },
    };
    listener = await start();
  });
  afterAll(async () => {
    await listener.end('SIGTERM');
    await orthanc.stop();
    await db.stop();
    directory.remove();
  });

  /** Orthanc keeps the image, and sends it to us. */
  async function send(object: MinimalObject): Promise<Reference> {
    const kept = await orthanc.request('POST', '/instances', object.bytes);
    const { ID } = z.object({ ID: z.string() }).parse(JSON.parse(kept));
    await orthanc.request('POST', '/modalities/triage/store', ID);
    return [object.sopClassUid, object.sopInstanceUid];
  }

  /** @returns where Orthanc will have the report */
  async function ask(references: readonly Reference[]): Promise<string> {
    const body = JSON.stringify({ DicomInstances: references });
    const answer = await orthanc.request('POST', '/modalities/triage/storage-commitment', body);
    return z.object({ Path: z.string() }).parse(JSON.parse(answer)).Path;
  }

  const reportAt = async (path: string): Promise<Report> =>
    reportSchema.parse(JSON.parse(await orthanc.request('GET', path)));

  const settled = (path: string): Promise<Report> =>
    waitFor(
      async () => {
        const report = await reportAt(path);
        return report.Status === 'Pending' ? undefined : report;
      },
      { what: 'a report in Orthanc', deadlineMs: 30_000 },
    );

  test('what it has sent is committed to', async () => {
    const references = [await send(image('first')), await send(image('second'))];
    const report = await settled(await ask(references));
    expect(report.Status).toBe('Success');
    const uids = report.Success?.map(({ SOPInstanceUID }) => SOPInstanceUID);
    expect(uids?.sort()).toEqual(references.map(([, uid]) => uid).sort());
  });

  test('what is not here, or is something else, is named with its reason', async () => {
    const kept = await send(image('third'));
    const other = await send(image('fourth'));
    const conflict: Reference = [IMAGE_SOP_CLASSES.MG, other[1]];
    const unknown: Reference = [IMAGE_SOP_CLASSES.CR, '1.2.3.404'];
    const report = await settled(await ask([kept, conflict, unknown]));
    expect(report.Status).toBe('Failure');
    expect(report.Success?.map(({ SOPInstanceUID }) => SOPInstanceUID)).toEqual([kept[1]]);
    const reasons = report.Failures?.map((each) => [each.SOPInstanceUID, each.Description]);
    expect(Object.fromEntries(reasons ?? [])).toMatchObject({
      [other[1]]: expect.stringMatching(/did not correspond to the SOP class/),
      '1.2.3.404': expect.stringMatching(/not available/),
    });
  });

  test('a request outlives kill -9, and is reported after the next start', async () => {
    const kept = await send(image('killed'));
    // Something unknown holds the report up until well after the kill.
    const path = await ask([kept, [IMAGE_SOP_CLASSES.CR, '1.2.3.405']]);
    expect((await reportAt(path)).Status).toBe('Pending');
    const modality = await openModality({ port: listener.port });
    expect((await modality.ask('1.2.3.4.5.1', [kept])).status).toBe(0);
    await modality.release();
    await listener.end('SIGKILL');
    expect((await reportAt(path)).Status).toBe('Pending');
    const door = await startReportDoor(modalityPort);
    listener = await start();
    const report = await settled(path);
    expect(report.Status).toBe('Failure');
    expect(report.Success?.map(({ SOPInstanceUID }) => SOPInstanceUID)).toEqual([kept[1]]);
    await waitFor(() => door.reports.length > 0, { what: 'the report to the modality' });
    await door.close();
    expect(door.reports).toMatchObject([
      { eventTypeId: 1, transactionUid: '1.2.3.4.5.1', kept: [kept[1]], failed: {} },
    ]);
  });
});
