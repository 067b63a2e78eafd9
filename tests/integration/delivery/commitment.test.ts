import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startScp } from '#dicom/dimse/scp.ts';
import { openAssociation } from '#dicom/dimse/scu.ts';
import { STORAGE_COMMITMENT_PUSH_MODEL as COMMITMENT } from '#dicom/dimse/storage-commitment.ts';
import { startDimseServices } from '#listener/dimse-services.ts';
import { type Listener, startListener } from '#listener/start-listener.ts';
import {
  type CommitmentRequest,
  readCommitmentRequest,
} from '#listener/storage-commitment/read-request.ts';
import type { Config } from '#platform/config/config.ts';
import { encodeDataset } from '#test-data/part10-writer.ts';
import { COMMITMENT_INSTANCE } from '#tests/support/commitment-peer.ts';
import { DeliverySite, storeTo } from '#tests/support/delivery-site.ts';
import { HostilePacs } from '#tests/support/hostile-pacs.ts';
import { silent } from '#tests/support/intake.ts';
import { MemoryReceiver } from '#tests/support/memory-receiver.ts';
import { startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const isCommitted = ({ commitmentState }: { commitmentState: string | null }) =>
  commitmentState === 'committed';

/** The event information of a report (PS3.4 table J.3-2). */
function report(request: CommitmentRequest, reasonOf: (uid: string) => number | undefined): Buffer {
  const item = (reference: { sopClassUid: string; sopInstanceUid: string }) => [
    { tag: 0x00081150, vr: 'UI', value: reference.sopClassUid },
    { tag: 0x00081155, vr: 'UI', value: reference.sopInstanceUid },
  ];
  const kept = request.references.filter((each) => reasonOf(each.sopInstanceUid) === undefined);
  const failed = request.references.filter((each) => reasonOf(each.sopInstanceUid) !== undefined);
  const failures = failed.map((each) => [
    ...item(each),
    { tag: 0x00081197, vr: 'US', value: reasonOf(each.sopInstanceUid) ?? 0 },
  ]);
  return encodeDataset([
    { tag: 0x00081195, vr: 'UI', value: request.transactionUid },
    ...(failed.length > 0 ? [{ tag: 0x00081198, vr: 'SQ', value: { items: failures } }] : []),
    ...(kept.length > 0 ? [{ tag: 0x00081199, vr: 'SQ', value: { items: kept.map(item) } }] : []),
  ]);
}

describe('storage commitment as the user', () => {
  let site: DeliverySite;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    site = await DeliverySite.start();
  });
  afterEach(async () => {
    await site.reset();
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => site.stop());

  /** Our own door, where destinations report. */
  async function openDoor(config: Config): Promise<Listener> {
    const services = startDimseServices({
      database: site.db.database,
      blobStore: { readRange: async () => Buffer.alloc(0), sizeOf: async () => 0 },
      config,
      logger: silent,
    });
    const listener = await startListener({
      ...{ config, logger: silent, services: services.offered, receiver: new MemoryReceiver() },
    });
    closing.push(
      () => services.close(),
      () => listener.close({ graceMs: 0 }),
    );
    return listener;
  }

  /** A PACS that takes everything, and reports on the very association on which it is asked. */
  async function openArchive(
    judge: (asked: CommitmentRequest, count: number) => Buffer | undefined,
  ) {
    const stored: string[] = [];
    const asked: CommitmentRequest[] = [];
    const server = await startScp({
      host: '127.0.0.1',
      port: 0,
      policy: { judgeAssociation: () => ({ accepted: true }) },
      handlers: {
        openStore: ({ sopInstanceUid }) => ({
          write: () => undefined,
          finish: async () => stored.push(sopInstanceUid),
          abort: async () => undefined,
        }),
        services: [
          {
            sopClassUids: [COMMITMENT],
            handle: async ({
              dataSet = Buffer.alloc(0),
              transferSyntaxUid,
              association,
              typeId,
            }) => {
              expect(typeId).toBe(1);
              const request = readCommitmentRequest(dataSet, transferSyntaxUid);
              asked.push(request);
              const dataSetOfReport = judge(request, asked.length);
              if (dataSetOfReport !== undefined) {
                setImmediate(() => {
                  const event = { sopClassUid: COMMITMENT, sopInstanceUid: COMMITMENT_INSTANCE };
                  const eventTypeId = 1;
                  void association
                    .reportEvent({ ...event, eventTypeId, dataSet: dataSetOfReport })
                    .catch(() => undefined);
                });
              }
              return { status: 0 };
            },
          },
        ],
      },
    });
    closing.push(() => server.close({ graceMs: 0 }));
    return { port: server.port ?? 0, stored, asked };
  }

  it('is given by a report on the same association', async () => {
    const archive = await openArchive((request) => report(request, () => undefined));
    const config = site.configure([storeTo(archive.port, { storageCommitment: true })]);
    const { objects } = await site.plan(config.destinations, ['sr', 'sc', 'ko']);
    site.serve(config);
    await site.waitForRows('all to be committed to', isCommitted);
    expect(archive.asked).toHaveLength(1);
    expect(archive.asked[0]?.references.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(
      objects.map(({ sopInstanceUid }) => sopInstanceUid),
    );
  });

  it('that is refused for one object has that object sent again', async () => {
    let lost: string | undefined;
    const archive = await openArchive((request, count) => {
      lost ??= request.references[1]?.sopInstanceUid;
      return report(request, (uid) => (count === 1 && uid === lost ? 0x0112 : undefined));
    });
    const config = site.configure([storeTo(archive.port, { storageCommitment: true })]);
    await site.plan(config.destinations, ['sr', 'sc', 'ko']);
    site.serve(config);
    const rows = await site.waitForRows('all to be committed to', isCommitted);
    expect(rows.map(({ attempts }) => attempts)).toEqual([1, 2, 1]);
    expect(archive.stored).toHaveLength(4);
    expect(archive.stored.filter((uid) => uid === lost)).toHaveLength(2);
    expect(archive.asked.map(({ references }) => references.length)).toEqual([3, 1]);
  });

  it('that is not answered is asked for again, under another transaction UID', async () => {
    const archive = await openArchive((request, count) =>
      count < 3 ? undefined : report(request, () => undefined),
    );
    const settings = { storageCommitment: true, commitmentAnswerMinutes: 30 };
    const config = site.configure([storeTo(archive.port, settings)]);
    let ahead = 0;
    const deliveries = site.serve(config, { clock: () => new Date(Date.now() + ahead) });
    await site.plan(config.destinations, ['sr']);
    for (const count of [1, 2]) {
      await waitFor(() => archive.asked.length === count, { what: `request ${count}` });
      await waitFor(async () => (await site.destination()).leaseOwner === null, {
        what: 'its end',
      });
      ahead += 31 * 60_000;
      deliveries.wake();
    }
    await site.waitForRows('it to be committed to', isCommitted);
    expect(new Set(archive.asked.map(({ transactionUid }) => transactionUid)).size).toBe(3);
    expect(archive.stored).toHaveLength(1);
  });

  it('whose request is never answered holds up no object, and is given up in the end', async () => {
    const pacs = await HostilePacs.start({
      answer: ({ service }) => (service === 'store' ? 0 : 'silence'),
    });
    closing.push(() => pacs.close());
    const timeouts = { connectSeconds: 5, responseSeconds: 0.3 };
    const settings = { storageCommitment: true, timeouts, giveUpHours: 2 };
    const config = site.configure([storeTo(pacs.port, settings)]);
    let ahead = 0;
    const deliveries = site.serve(config, { clock: () => new Date(Date.now() + ahead) });
    await site.plan(config.destinations, ['sr']);
    await waitFor(() => pacs.requests.some(({ service }) => service === 'action'), {
      what: 'the request',
    });
    await site.plan(config.destinations, ['sr']);
    await site.waitForRows('both to be sent', ({ state }) => state === 'sent');
    ahead = 3 * 3_600_000;
    deliveries.wake();
    await site.waitForRows(
      'asking to end',
      ({ commitmentState }) => commitmentState === 'unanswered',
    );
    expect(new Set(pacs.taken).size).toBe(2);
    expect(pacs.taken).toHaveLength(2);
  });

  it('reported to our door counts from the destination that was asked, and from nobody else', async () => {
    const archive = await openArchive(() => undefined);
    const settings = { storageCommitment: true, calledAe: 'ARCHIVE' };
    const config = site.configure([storeTo(archive.port, settings)], {
      dicom: { port: 0, peers: [{ aeTitle: 'ARCHIVE' }, { aeTitle: 'STRANGER' }] },
    });
    const door = await openDoor(config);
    site.serve(config);
    await site.plan(config.destinations, ['sr']);
    const asked = await waitFor(() => archive.asked[0], { what: 'the request' });
    const tell = async (callingAe: string, request: CommitmentRequest): Promise<number> => {
      const roles = { scu: false, scp: true };
      const association = await openAssociation({
        ...{ host: '127.0.0.1', port: door.port ?? 0, callingAe, calledAe: 'RADTRIAGE' },
        contexts: [{ abstractSyntax: COMMITMENT, transferSyntaxes: [EXPLICIT_LE], roles }],
      });
      const { status } = await association.request({
        operation: 'n-event-report',
        ...{ sopClassUid: COMMITMENT, sopInstanceUid: COMMITMENT_INSTANCE, typeId: 1 },
        dataSet: report(request, () => undefined),
      });
      await association.release();
      return status;
    };
    expect(await tell('STRANGER', asked)).toBe(0x0110);
    expect(await tell('ARCHIVE', { ...asked, transactionUid: '1.2.3' })).toBe(0x0110);
    expect((await site.rows())[0]?.commitmentState).toBe('asked');
    expect(await tell('ARCHIVE', asked)).toBe(0);
    await site.waitForRows('it to be committed to', isCommitted);
  });

  it.skipIf(missingPeer('Orthanc'))(
    'is given by Orthanc, on an association of its own',
    async () => {
      const port = await findFreePort();
      const orthanc = await startOrthanc({ triage: ['RADTRIAGE', '127.0.0.1', port] });
      closing.push(() => orthanc.stop());
      const settings = { storageCommitment: true, calledAe: 'ORTHANC', retrySeconds: 0.3 };
      const config = site.configure([storeTo(orthanc.dicomPort, settings)], {
        dicom: { port, peers: [{ aeTitle: 'ORTHANC' }], storageCommitment: { enabled: true } },
      });
      await openDoor(config);
      const { objects } = await site.plan(config.destinations, ['sr', 'sc']);
      site.serve(config);
      await site.waitForRows('both to be committed to', isCommitted, { deadlineMs: 60_000 });
      // What it has lost since is found out when it is asked anew, and sent again.
      const found = await orthanc.request(
        'POST',
        '/tools/lookup',
        objects[0]?.sopInstanceUid ?? '',
      );
      const [, id] = /"ID" : "([^"]+)"/.exec(found) ?? [];
      await orthanc.request('DELETE', `/instances/${id}`);
      await site.db.database
        .updateTable('delivery')
        .set({ commitmentState: 'wanted', commitmentDueAt: new Date() })
        .execute();
      const rows = await site.waitForRows(
        'the lost one to be sent again and committed to',
        (row) => isCommitted(row) && (row.kind !== 'sr' || row.attempts === 2),
        { deadlineMs: 60_000 },
      );
      expect(rows.map(({ attempts }) => attempts)).toEqual([2, 1]);
    },
  );
});
