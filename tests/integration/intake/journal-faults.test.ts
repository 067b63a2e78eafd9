import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAssociation } from '#dicom/dimse/scu.ts';
import { createInstanceReceiver, type RunningReceiver } from '#intake/receive-instance.ts';
import { startListener } from '#listener/start-listener.ts';
import { type BlobStore, type Journal, openBlobStore } from '#platform/blob-store/blob-store.ts';
import type { JournalDisk } from '#platform/blob-store/journal/disk.ts';
import { SLOT_BYTES } from '#platform/blob-store/journal/reserve.ts';
import { type Config, loadConfig } from '#platform/config/config.ts';
import { connectDatabase } from '#platform/database/connect.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { run } from '#tests/support/dcmtk.ts';
import { FaultyDisk } from '#tests/support/faulty-disk.ts';
import { brokenSequence, receiveFile, silent, unpack } from '#tests/support/intake.ts';
import { findPeer, missingPeer, peerPath } from '#tests/support/peers.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';

/** Between us and Postgres, so that it can be away for a while. */
class Gate {
  readonly #target: URL;
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(url: string) {
    this.#target = new URL(url);
  }

  async open(): Promise<void> {
    this.#server = createServer((socket) => {
      const onward = connect(Number(this.#target.port), this.#target.hostname);
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        this.#open.add(one);
        one.on('error', () => undefined);
        one.on('close', () => {
          this.#open.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
  }

  close(): void {
    this.#server?.close();
    for (const socket of this.#open) socket.destroy();
  }

  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }
}

let db: TestDatabase;
let gate: Gate;
let config: Config;
beforeAll(async () => {
  db = await startTestDatabase();
  gate = new Gate(db.url);
  await gate.open();
  config = loadConfig({ environment: {}, overrides: { assembly: { quietSeconds: 3600 } } });
});
afterAll(async () => {
  gate.close();
  await db.stop();
});

interface Door {
  readonly disk: FaultyDisk;
  readonly folder: string;
  readonly blobStore: BlobStore;
  readonly journal: Journal;
  readonly receiver: RunningReceiver;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const MAX_OBJECTS = 4;

/** @param slots kept ready; without any, each object makes its own while it comes in */
async function openDoor(slots = 0, directory = temporaryDirectory()): Promise<Door> {
  const disk = new FaultyDisk();
  const folder = join(directory.path, 'archive');
  const blobStore = await openBlobStore({ directory: folder });
  const journal = await blobStore.openJournal({
    maxObjects: MAX_OBJECTS,
    reserveBytes: slots * SLOT_BYTES,
    onTrouble: () => undefined,
    disk,
  });
  await waitFor(() => journal.ready === slots, { what: 'slots' });
  const database = connectDatabase(gate.url);
  const rule = loadPriorityRule();
  const receiver = createInstanceReceiver({
    database,
    blobStore,
    config,
    rule,
    logger: silent,
    journal,
  });
  cleanups.push(async () => {
    await receiver.close();
    await journal.close();
    await blobStore.close();
    await database.destroy();
    directory.remove();
  });
  return { disk, folder, blobStore, journal, receiver };
}

let number = 0;
function image(side = 60) {
  number += 1;
  return minimalImage({
    modality: 'CT',
    seed: 'faults',
    instanceNumber: number,
    rows: side,
    columns: side,
  });
}

function slotsOf(door: Door): string[] {
  return readdirSync(join(door.folder, 'journal')).filter((name) => name.endsWith('.slot'));
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

async function rowOf(sopInstanceUid: string) {
  return db.database
    .selectFrom('instance')
    .select(['blobPath', 'fileBytes'])
    .where('sopInstanceUid', '=', sopInstanceUid)
    .executeTakeFirst();
}

/** The row and the file behind it are what was sent, to the last bit. */
async function expectKept(door: Door, sent: { bytes: Buffer; sopInstanceUid: string }) {
  const row = await rowOf(sent.sopInstanceUid);
  const file = await door.blobStore.readBlob(row?.blobPath ?? '');
  expect(file.length).toBe(Number(row?.fileBytes));
  expect(unpack(file).dataSet.equals(unpack(sent.bytes).dataSet)).toBe(true);
}

/** Keeps one object, and does not wait for its row. */
async function keep(door: Door, file: Buffer): Promise<void> {
  const { instance, dataSet } = unpack(file);
  const sink = await door.receiver.open(instance);
  for (let at = 0; at < dataSet.length; at += 65_536) {
    await sink.write(dataSet.subarray(at, at + 65_536));
  }
  const { indexed } = await sink.finish();
  indexed.catch(() => undefined);
}

const FAULTS: readonly [keyof JournalDisk, string, string][] = [
  ['create', 'ENOSPC', 'STORAGE_FULL'],
  ['create', 'EROFS', 'STORAGE_FAILED'],
  ['syncDirectory', 'EIO', 'STORAGE_FAILED'],
  ['write', 'ENOSPC', 'STORAGE_FULL'],
  ['write', 'EIO', 'STORAGE_FAILED'],
  ['syncFile', 'EDQUOT', 'STORAGE_FULL'],
  ['syncFile', 'EIO', 'STORAGE_FAILED'],
];

describe('a disk that fails under the journal', () => {
  it.each(FAULTS)(
    'in %s with %s: nothing is answered for, nothing stays, and it is over when the disk is well',
    async (call, code, expected) => {
      const door = await openDoor();
      await receiveFile(door.receiver, image().bytes);
      const before = descriptors();
      door.disk.fault = { call, code };
      // More often than there is memory for objects: all of it has to come back.
      for (let time = 0; time < 40; time += 1) {
        // One that is larger than its slot, and one that fits into a single write.
        const { bytes } = image(time % 8 === 0 ? 800 : 60);
        await expect(receiveFile(door.receiver, bytes)).rejects.toMatchObject({
          code: expected,
          dimseStatus: 0xa700,
        });
      }
      expect(door.disk.failures).toBeGreaterThanOrEqual(40);
      expect(slotsOf(door)).toEqual([]);
      await waitFor(() => descriptors() <= before, { what: 'descriptors to be closed' });
      door.disk.fault = undefined;
      expect((await receiveFile(door.receiver, image().bytes)).outcome).toBe('stored');
    },
  );

  it('is told to a sender as 0xA700 by the real door, and the same association goes on after it', async () => {
    const door = await openDoor();
    const listener = await startListener({
      config: { ...config, dicom: { ...config.dicom, port: 0 } },
      receiver: door.receiver,
      logger: silent,
    });
    cleanups.push(() => listener.close());
    const first = image();
    const { instance, dataSet } = unpack(first.bytes);
    const association = await openAssociation({
      host: '127.0.0.1',
      port: listener.port,
      calledAe: listener.aeTitle,
      callingAe: 'FAULTS',
      contexts: [
        { abstractSyntax: instance.sopClassUid, transferSyntaxes: [instance.transferSyntaxUid] },
      ],
    });
    const store = () =>
      association.store({
        ...instance,
        dataSet: (async function* () {
          yield dataSet;
        })(),
      });
    door.disk.fault = { call: 'syncFile', code: 'EIO' };
    expect((await store()).status).toBe(0xa700);
    door.disk.fault = { call: 'write', code: 'ENOSPC' };
    expect((await store()).status).toBe(0xa700);
    door.disk.fault = undefined;
    expect((await store()).status).toBe(0);
    await association.release();
    await waitFor(() => rowOf(first.sopInstanceUid), { what: 'the row' });
    if (missingPeer('storescu')) return;
    const file = join(door.folder, 'again.dcm');
    writeFileSync(file, image().bytes);
    const storescu = () =>
      run('storescu', ['-v', '-aec', listener.aeTitle, '127.0.0.1', String(listener.port), file]);
    door.disk.fault = { call: 'create', code: 'ENOSPC' };
    expect((await storescu()).output).toContain('OutOfResources');
    door.disk.fault = undefined;
    expect((await storescu()).output).toContain('Received Store Response (Success)');
  });

  it('after the answer: the row waits until the file can be put in place', async () => {
    const door = await openDoor(2);
    for (const call of ['rename', 'truncate', 'syncFile'] as const) {
      const kept = image();
      const fault = { call, code: 'EIO' };
      const { instance, dataSet } = unpack(kept.bytes);
      const sink = await door.receiver.open(instance);
      await sink.write(dataSet);
      const { indexed } = await sink.finish();
      door.disk.failures = 0;
      door.disk.fault = fault;
      await waitFor(() => door.disk.failures > 1, { what: `${call} to be tried again` });
      expect(await rowOf(kept.sopInstanceUid)).toBeUndefined();
      door.disk.fault = undefined;
      await indexed;
      await expectKept(door, kept);
    }
  });

  it('that takes 200 ms for every call loses nothing and mixes nothing up', async () => {
    const door = await openDoor();
    door.disk.delayMs = 200;
    const images = Array.from({ length: 8 }, (_, index) => image(index % 2 === 0 ? 60 : 900));
    await Promise.all(images.map(({ bytes }) => receiveFile(door.receiver, bytes)));
    for (const sent of images) {
      await expectKept(door, sent);
    }
  });

  it('while a sender gives up: neither memory nor slot is used by two', async () => {
    const door = await openDoor();
    const receive = async (): Promise<void> => {
      const images = Array.from({ length: 12 }, () => image(800));
      await Promise.all(images.map(({ bytes }) => receiveFile(door.receiver, bytes)));
      for (const sent of images) await expectKept(door, sent);
    };
    await receive();
    const before = descriptors();
    door.disk.delayMs = 20;
    for (let time = 0; time < 40; time += 1) {
      const { instance, dataSet } = unpack(image(800).bytes);
      const sink = await door.receiver.open(instance);
      // In the middle of a write that has to wait for its slot.
      const writing = Promise.resolve(sink.write(dataSet)).catch(() => undefined);
      await sink.abort();
      await writing;
    }
    door.disk.delayMs = 0;
    await receive();
    expect(slotsOf(door)).toEqual([]);
    await waitFor(() => descriptors() <= before + 2, { what: 'descriptors to be closed' });
  });
});

/** A file system of 8 MB, where this process may mount one. */
function smallDisk(): { path: string; remove: () => void } | undefined {
  if (userInfo().uid !== 0 || findPeer('mount') === undefined) return undefined;
  const directory = temporaryDirectory();
  const options = ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory.path];
  if (spawnSync(peerPath('mount'), options).status !== 0) {
    directory.remove();
    return undefined;
  }
  const remove = (): void => {
    spawnSync(peerPath('umount'), [directory.path]);
    directory.remove();
  };
  return { path: directory.path, remove };
}

describe('a disk that is really full', () => {
  it('refuses what does not fit, keeps what was answered for, and goes on when there is room', async (context) => {
    const small = smallDisk();
    if (small === undefined) return context.skip('this process may not mount a file system');
    const door = await openDoor(2, small);
    const kept: ReturnType<typeof image>[] = [];
    const refused = async (): Promise<boolean> => {
      const next = image(1000);
      try {
        await receiveFile(door.receiver, next.bytes);
        kept.push(next);
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: 'STORAGE_FULL', dimseStatus: 0xa700 });
        return true;
      }
    };
    await waitFor(refused, { what: 'the disk to be full', everyMs: 0 });
    expect(kept.length).toBeGreaterThan(3);
    for (const sent of kept) await expectKept(door, sent);
    const [first] = kept;
    const row = await rowOf(first?.sopInstanceUid ?? '');
    await door.blobStore.removeBlob(row?.blobPath ?? '');
    await waitFor(async () => !(await refused()), { what: 'room' });
    for (const sent of kept.slice(1)) await expectKept(door, sent);
  });
});

describe('a header that is found broken only when it is read', () => {
  it('is refused, leaves nothing behind, and the next object is kept', async () => {
    const door = await openDoor();
    await expect(keep(door, brokenSequence())).rejects.toMatchObject({ code: 'DICOM_STRUCTURE' });
    expect(slotsOf(door)).toEqual([]);
    expect(door.receiver.backlog().instances).toBe(0);
    const next = image();
    await receiveFile(door.receiver, next.bytes);
    await expectKept(door, next);
  });
});

describe('a database that takes no rows', () => {
  it('holds nobody up to a limit, then all, and every row follows when it is back', async () => {
    const door = await openDoor();
    gate.close();
    const limit = 2_000;
    const answered: string[] = [];
    let last: Promise<unknown> | undefined;
    for (let count = 0; count <= limit; count += 1) {
      const { bytes, sopInstanceUid } = image(4);
      const done = keep(door, bytes).then(() => answered.push(sopInstanceUid));
      if (count < limit) await done;
      else last = done;
    }
    await waitFor(() => door.receiver.backlog().instances === limit + 1, { what: 'the last one' });
    expect(answered).toHaveLength(limit);
    await gate.open();
    await last;
    await waitFor(() => door.receiver.backlog().instances === 0, {
      what: 'the rows to follow',
      deadlineMs: 60_000,
    });
    const rows = await db.database
      .selectFrom('instance')
      .select('sopInstanceUid')
      .where('sopInstanceUid', 'in', answered)
      .execute();
    expect(new Set(rows.map((row) => row.sopInstanceUid)).size).toBe(limit + 1);
    expect(slotsOf(door)).toEqual([]);
  });

  it('but refuses one keeps its file, gives the others their rows, and closes no file twice', async () => {
    const door = await openDoor(8);
    const images = Array.from({ length: 6 }, () => image(500));
    const refused = images[2];
    const refuse = `RAISE EXCEPTION 'no' USING ERRCODE = '22000'`;
    await sql`CREATE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS ${sql.lit(
      `BEGIN IF NEW.sop_instance_uid = '${refused?.sopInstanceUid}' THEN ${refuse}; END IF; RETURN NEW; END`,
    )}`.execute(db.database);
    await sql`CREATE TRIGGER refuse_one BEFORE INSERT ON instance FOR EACH ROW EXECUTE FUNCTION refuse_one()`.execute(
      db.database,
    );
    cleanups.push(() => sql`DROP FUNCTION refuse_one CASCADE`.execute(db.database));
    const results = await Promise.allSettled(
      images.map(({ bytes }) => receiveFile(door.receiver, bytes)),
    );
    expect(results.map(({ status }) => status)).toEqual(
      images.map((each) => (each === refused ? 'rejected' : 'fulfilled')),
    );
    // A number that was closed twice would be one of these by now.
    const more = Array.from({ length: 8 }, () => image(500));
    await Promise.all(more.map(({ bytes }) => receiveFile(door.receiver, bytes)));
    for (const sent of [...images, ...more]) {
      if (sent === refused) continue;
      await expectKept(door, sent);
    }
    const files: string[] = [];
    for await (const { path } of door.blobStore.listBlobs('instances')) files.push(path);
    expect(files).toHaveLength(images.length + more.length);
  });
});
