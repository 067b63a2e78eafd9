import { writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { IMAGE_SOP_CLASSES, type MinimalObject, minimalImage } from '#test-data/minimal-objects.ts';
import {
  COMMITMENT_INSTANCE,
  commitmentRequest,
  openModality,
  type Reference,
  STORAGE_COMMITMENT,
} from '#tests/support/commitment-peer.ts';
import { CommitmentSite } from '#tests/support/commitment-site.ts';
import { receiveFile, type TestIntake } from '#tests/support/intake.ts';
import { waitFor } from '#tests/support/wait-for.ts';

let site: CommitmentSite;
let intake: TestIntake;
beforeAll(async () => {
  site = await CommitmentSite.start();
  ({ intake } = site);
});
afterEach(() => site.closeAll());
afterAll(() => intake.stop());

describe('storage commitment', () => {
  test('is not offered unless the site turns it on', async () => {
    const door = await site.openDoor({ commitment: { enabled: false } });
    await expect(site.ask(door, [[IMAGE_SOP_CLASSES.CR, '1.2.3']])).rejects.toMatchObject({
      code: 'DICOM_UNSUPPORTED',
    });
  });

  test('of what is kept is reported as a success, on an association to the peer', async () => {
    const door = await site.openDoor();
    const peer = await site.openReports();
    const [one, two] = [await site.keep('one'), await site.keep('two')];
    const { status, transactionUid } = await site.ask(door, [one.reference, two.reference]);
    expect(status).toBe(0);
    const row = await site.waitForState(transactionUid, 'delivered');
    expect(row).toMatchObject({ callingAe: 'MODALITY', attempts: 1, lastError: null });
    expect(peer.reports).toEqual([
      {
        eventTypeId: 1,
        transactionUid,
        kept: [one.sopInstanceUid, two.sopInstanceUid],
        failed: {},
        from: 'RADTRIAGE',
      },
    ]);
    const audit = await intake.db.database
      .selectFrom('auditLog')
      .select(['actor', 'details'])
      .where('action', '=', 'storage-commitment.decided')
      .orderBy('sequence', 'desc')
      .executeTakeFirst();
    expect(audit).toEqual({
      actor: 'MODALITY',
      details: { transactionUid, kept: 2, refused: 0 },
    });
  });

  test('names each object that it cannot promise, and why', async () => {
    const door = await site.openDoor();
    const peer = await site.openReports();
    const kept = await site.keep('partly');
    const [altered, gone] = [await site.keep('altered'), await site.keep('gone')];
    const fileOf = async (object: MinimalObject): Promise<string> => {
      const { blobPath } = await intake.db.database
        .selectFrom('instance')
        .select('blobPath')
        .where('sopInstanceUid', '=', object.sopInstanceUid)
        .executeTakeFirstOrThrow();
      return intake.blobStore.locate(blobPath);
    };
    const bytes = await readFile(await fileOf(altered));
    // One bit of the last pixel: size and header stay as they were.
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    writeFileSync(await fileOf(altered), bytes);
    await rm(await fileOf(gone));
    const conflicting = await site.keep('conflict');
    const { transactionUid } = await site.ask(door, [
      kept.reference,
      [IMAGE_SOP_CLASSES.CR, '1.2.3.404'],
      [IMAGE_SOP_CLASSES.CT, conflicting.sopInstanceUid],
      ['1.2.3.4.5.6.7', '1.2.3.405'],
      altered.reference,
      gone.reference,
    ]);
    await site.waitForState(transactionUid, 'delivered');
    expect(peer.reports).toEqual([
      {
        eventTypeId: 2,
        transactionUid,
        kept: [kept.sopInstanceUid],
        failed: {
          '1.2.3.404': 0x0112,
          [conflicting.sopInstanceUid]: 0x0119,
          '1.2.3.405': 0x0122,
          [altered.sopInstanceUid]: 0x0110,
          [gone.sopInstanceUid]: 0x0110,
        },
        from: 'RADTRIAGE',
      },
    ]);
  });

  test('promises no content of the peer that is held back, whatever others have sent', async () => {
    const door = await site.openDoor();
    const peer = await site.openReports();
    const [disputed, own] = [await site.keep('disputed'), await site.keep('own')];
    const otherPixels = async (image: MinimalObject, callingAe: string): Promise<void> => {
      const other = Buffer.from(image.bytes);
      other.writeUInt8(other.readUInt8(other.length - 1) ^ 1, other.length - 1);
      const { outcome } = await receiveFile(intake.receiver, other, { callingAe });
      expect(outcome).toBe('conflict');
    };
    await otherPixels(disputed, 'NOWHERE');
    await otherPixels(own, 'MODALITY');
    const { transactionUid } = await site.ask(door, [disputed.reference, own.reference]);
    await site.waitForState(transactionUid, 'delivered');
    expect(peer.reports[0]).toMatchObject({
      kept: [disputed.sopInstanceUid],
      failed: { [own.sopInstanceUid]: 0x0110 },
    });
    expect((await site.rowOf(transactionUid))?.refusals).toEqual({ 'held-back': 1 });
  });

  test.each([
    ['nothing is declared to be kept', {}, {}],
    ['it is kept for less than what is asked for', { minimumDays: 60 }, { keepAtLeastDays: 30 }],
  ])('promises nothing when %s', async (_when, settings, retention) => {
    const door = await site.openDoor({ commitment: settings, retention });
    const peer = await site.openReports();
    const image = await site.keep('unkept');
    const { transactionUid } = await site.ask(door, [image.reference]);
    await site.waitForState(transactionUid, 'delivered');
    expect(peer.reports[0]).toMatchObject({
      eventTypeId: 2,
      kept: [],
      failed: { [image.sopInstanceUid]: 0x0110 },
    });
  });

  test('waits for an object that is kept but not in the index yet', async () => {
    const door = await site.openDoor({ commitment: { waitSeconds: 60 } });
    const peer = await site.openReports();
    const late = minimalImage({ modality: 'CR', seed: 'late' });
    const { transactionUid } = await site.ask(door, [[late.sopClassUid, late.sopInstanceUid]]);
    // Looked for once at least, and put off.
    await waitFor(
      async () => {
        const row = await site.rowOf(transactionUid);
        return row !== undefined && row.nextAttemptAt > row.requestedAt;
      },
      { what: 'a first look' },
    );
    expect(peer.reports).toEqual([]);
    await receiveFile(intake.receiver, late.bytes);
    await site.waitForState(transactionUid, 'delivered');
    expect(peer.reports[0]).toMatchObject({ eventTypeId: 1, kept: [late.sopInstanceUid] });
  });

  test('is reported on the very association while the peer keeps it', async () => {
    const door = await site.openDoor();
    const image = await site.keep('same');
    const modality = await openModality({ port: door.port, callingAe: 'NOWHERE' });
    const transactionUid = site.nextUid();
    expect((await modality.ask(transactionUid, [image.reference])).status).toBe(0);
    await waitFor(() => modality.reports.length > 0, { what: 'a report on the same association' });
    await modality.release();
    expect(modality.reports).toMatchObject([{ eventTypeId: 1, transactionUid }]);
    await site.waitForState(transactionUid, 'delivered');
  });

  test('is told a peer that was away, once it is back', async () => {
    const door = await site.openDoor();
    const image = await site.keep('away');
    const { status, transactionUid } = await site.ask(door, [image.reference]);
    expect(status).toBe(0);
    const waiting = await waitFor(
      async () => {
        const row = await site.rowOf(transactionUid);
        return row !== undefined && row.attempts >= 2 ? row : undefined;
      },
      { what: 'two tries' },
    );
    expect(waiting.lastError).toContain('ASSOCIATION_FAILED');
    // It refuses the first report, and takes the next.
    const peer = await site.openReports({ answers: [0x0110, 0x0000] });
    await site.waitForState(transactionUid, 'delivered');
    expect(peer.reports.map(({ eventTypeId }) => eventTypeId)).toEqual([1, 1]);
  });

  test('is told once, however many processes have it to tell', async () => {
    const doors = [await site.openDoor(), await site.openDoor()];
    const image = await site.keep('doors');
    const asked = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        site.ask({ port: doors[index % 2]?.port ?? 0 }, [image.reference]),
      ),
    );
    const uids = asked.map(({ transactionUid }) => transactionUid);
    const rows = () =>
      intake.db.database
        .selectFrom('commitment')
        .select(['state', 'attempts'])
        .where('transactionUid', 'in', uids)
        .execute();
    await waitFor(async () => (await rows()).every(({ attempts }) => attempts >= 2), {
      what: 'two tries for each',
    });
    const peer = await site.openReports();
    await waitFor(async () => (await rows()).every(({ state }) => state === 'delivered'), {
      what: 'all to be delivered',
    });
    expect(peer.reports.map(({ transactionUid }) => transactionUid).sort()).toEqual(uids.sort());
  });

  test('is given up for all to see when the peer never comes back', async () => {
    const door = await site.openDoor({ commitment: { giveUpHours: 0.0001 } });
    const image = await site.keep('never');
    const { transactionUid } = await site.ask(door, [image.reference]);
    const row = await site.waitForState(transactionUid, 'given-up');
    // How many tries fit into the time is up to the machine.
    expect(row.attempts).toBeGreaterThan(0);
    expect(row.lastError).toContain('ASSOCIATION_FAILED');
    expect(row.settledAt).not.toBeNull();
  });

  test('of a peer without an address says so', async () => {
    const door = await site.openDoor({ commitment: { waitSeconds: 60, giveUpHours: 0.00001 } });
    const late = minimalImage({ modality: 'CR', seed: 'nowhere' });
    const modality = await openModality({ port: door.port, callingAe: 'NOWHERE' });
    const transactionUid = site.nextUid();
    await modality.ask(transactionUid, [[late.sopClassUid, late.sopInstanceUid]]);
    await modality.release();
    // Decided only now that its association is over.
    await receiveFile(intake.receiver, late.bytes);
    const row = await site.waitForState(transactionUid, 'given-up');
    expect(row.lastError).toContain('no host and port for NOWHERE');
  });

  test('goes on after a stop where it was', async () => {
    const first = await site.openDoor();
    const image = await site.keep('restart');
    const { transactionUid } = await site.ask(first, [image.reference]);
    await site.waitForState(transactionUid, 'reporting');
    await first.close({ graceMs: 0 });
    await first.stopServices();
    const peer = await site.openReports();
    await site.openDoor();
    await site.waitForState(transactionUid, 'delivered');
    expect(peer.reports).toMatchObject([{ eventTypeId: 1, transactionUid }]);
  });

  test('calls nothing unknown right after a start, however old the request is', async () => {
    const first = await site.openDoor({ commitment: { waitSeconds: 60 } });
    const late = minimalImage({ modality: 'CR', seed: 'after-start' });
    const { transactionUid } = await site.ask(first, [[late.sopClassUid, late.sopInstanceUid]]);
    await first.close({ graceMs: 0 });
    await first.stopServices();
    const past = new Date(Date.now() - 3_600_000);
    await intake.db.database
      .updateTable('commitment')
      .set({ checkUntil: past, nextAttemptAt: past })
      .where('transactionUid', '=', transactionUid)
      .execute();
    const peer = await site.openReports();
    await site.openDoor({ commitment: { waitSeconds: 60 } });
    await waitFor(async () => ((await site.rowOf(transactionUid))?.nextAttemptAt ?? past) > past, {
      what: 'a look after the start',
    });
    await receiveFile(intake.receiver, late.bytes);
    await site.waitForState(transactionUid, 'delivered');
    expect(peer.reports).toMatchObject([{ eventTypeId: 1, kept: [late.sopInstanceUid] }]);
  });

  test('asked for twice under one UID is told twice, and is one request', async () => {
    const door = await site.openDoor();
    const peer = await site.openReports();
    const [one, two] = [await site.keep('twice'), await site.keep('twice-too')];
    const { transactionUid } = await site.ask(door, [one.reference, two.reference]);
    await site.waitForState(transactionUid, 'delivered');
    const again = await site.ask(door, [two.reference, one.reference], transactionUid);
    expect(again.status).toBe(0);
    await waitFor(() => peer.reports.length === 2, { what: 'a second report' });
    await site.waitForState(transactionUid, 'delivered');
    const rows = await intake.db.database
      .selectFrom('commitment')
      .select('state')
      .where('transactionUid', '=', transactionUid)
      .execute();
    expect(rows).toEqual([{ state: 'delivered' }]);
    const other = await site.ask(door, [one.reference], transactionUid);
    expect(other.status).toBe(0x0131);
  });

  test('takes no more than a peer may have open', async () => {
    const door = await site.openDoor({ commitment: { waitSeconds: 60 } });
    const { transactionUid } = await site.ask(door, [[IMAGE_SOP_CLASSES.CR, '1.2.3.407']]);
    const open = intake.db.database
      .updateTable('commitment')
      .where('transactionUid', '=', transactionUid);
    await open.set({ referenceCount: 499_999 }).execute();
    const one: Reference = [IMAGE_SOP_CLASSES.CR, '1.2.3.408'];
    expect((await site.ask(door, [one, one])).status).toBe(0x0213);
    await open.set({ state: 'given-up', settledAt: new Date() }).execute();
    expect((await site.ask(door, [one, one])).status).toBe(0);
  });

  test('refuses what it cannot understand, and who is not listed', async () => {
    const door = await site.openDoor();
    const modality = await openModality({ port: door.port });
    const asked = {
      operation: 'n-action',
      sopClassUid: STORAGE_COMMITMENT,
      sopInstanceUid: COMMITMENT_INSTANCE,
      typeId: 1,
    } as const;
    const reference: Reference = [IMAGE_SOP_CLASSES.CR, '1.2.3'];
    const dataSet = commitmentRequest(site.nextUid(), [reference]);
    const statusOf = async (over: Record<string, unknown>): Promise<number> =>
      (await modality.request({ ...asked, dataSet, ...over })).status;
    expect(await statusOf({ sopInstanceUid: '1.2.3' })).toBe(0x0112);
    expect(await statusOf({ typeId: 2 })).toBe(0x0123);
    expect(await statusOf({ operation: 'n-set' })).toBe(0x0211);
    expect(await statusOf({ dataSet: commitmentRequest(site.nextUid(), []) })).toBe(0x0115);
    expect(await statusOf({ dataSet: commitmentRequest('../x', [reference]) })).toBe(0x0115);
    expect(await statusOf({ dataSet: commitmentRequest(site.nextUid(), [['1.2', 'x']]) })).toBe(
      0x0115,
    );
    expect(await statusOf({ dataSet: dataSet.subarray(0, 40) })).toBe(0x0110);
    await modality.release();
    const before = await intake.db.database
      .selectFrom('commitment')
      .select('commitmentKey')
      .execute();
    expect(before.length).toBeGreaterThan(0);
    await expect(openModality({ port: door.port, callingAe: 'STRANGER' })).rejects.toMatchObject({
      code: 'ASSOCIATION_REJECTED',
    });
  });
});
