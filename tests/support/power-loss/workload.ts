import { randomFillSync } from 'node:crypto';
import { type Journal, type JournalEntry, openBlobStore } from '#platform/blob-store/blob-store.ts';
import { writeRecord } from '#platform/blob-store/journal/record-block.ts';
import { SLOT_BYTES } from '#platform/blob-store/journal/reserve.ts';
import { BLOCK_BYTES, SLAB_BYTES } from '#platform/blob-store/journal/slabs.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import type { Random } from '#test-data/random.ts';
import { waitFor } from '../wait-for.ts';
import { RecordedDisk, type SyncName } from './recorded-disk.ts';

/** One object that a sender tried to send, with the moments at which something was promised of it. */
export interface SentObject {
  /** The whole Part 10 file as it has to lie there in the end. */
  readonly file: Buffer;
  readonly sopInstanceUid: string;
  path?: string;
  /** Success would have been answered. */
  answeredAt?: number;
  /** A row may name the file. */
  settledAt?: number;
  aborted?: boolean;
}

const SENDERS = 4;
const OBJECTS_EACH = 3;
let made = 0;

/** Lengths where something changes: the record fits into the last write or not, the slot is full or has to grow. */
function drawLength(random: Random): number {
  const around = [
    0,
    2,
    -2,
    BLOCK_BYTES,
    BLOCK_BYTES - 2,
    BLOCK_BYTES + 2,
    2 * BLOCK_BYTES,
  ] as const;
  const edge = random.pick(around);
  return random.pick([
    () => random.integer(900, 15_000) * 2,
    () => random.integer(15_000, 130_000) * 2,
    () => random.integer(1, 2) * SLAB_BYTES - edge,
    () => SLOT_BYTES - edge,
    () => SLOT_BYTES - BLOCK_BYTES - edge,
    () => random.integer(300, 1500) * 1024,
  ])();
}

/** What a malicious sender would put where a record may be looked for. */
function forge(pixels: Buffer, file: { headerBytes: number }): void {
  const forged = {
    slot: '000000000000000000000000.slot',
    path: 'instances/2026/01/01/000000000000000000000000.dcm',
    fileBytes: BLOCK_BYTES,
    dataSetOffset: 340,
    headerCrc32: 0,
    sha256: '0'.repeat(64),
    receivedAt: new Date().toISOString(),
  };
  const first = BLOCK_BYTES - (file.headerBytes % BLOCK_BYTES);
  for (let at = first; at + BLOCK_BYTES <= pixels.length; at += BLOCK_BYTES) {
    writeRecord(forged, pixels.subarray(at));
  }
}

/** A DICOM image of an exact length; the length is even. */
export function makeObject(random: Random, length: number): SentObject {
  made += 1;
  const image = (pixels: Buffer) =>
    minimalImage({
      modality: 'CT',
      seed: `power ${made}`,
      attributes: { Rows: 1, Columns: 1, PixelData: pixels },
    });
  const headerBytes = image(Buffer.alloc(2)).bytes.length - 2;
  const pixels = Buffer.alloc(Math.max(2, length - headerBytes));
  if (random.chance(0.8)) randomFillSync(pixels, 0, random.integer(1, pixels.length));
  else if (random.chance(0.7)) forge(pixels, { headerBytes });
  const { bytes, sopInstanceUid } = image(pixels);
  return { file: bytes, sopInstanceUid };
}

/** Where the data set begins in what `minimalImage` writes: behind the file meta, whose length stands at 140. */
function dataSetOffset(file: Buffer): number {
  return 144 + file.readUInt32LE(140);
}

interface Run {
  readonly disk: RecordedDisk;
  readonly journal: Journal;
  readonly random: Random;
  readonly sent: SentObject[];
  /** Answered for and not settled yet. */
  readonly open: { object: SentObject; entry: JournalEntry }[];
}

async function sendOne(run: Run): Promise<void> {
  const { disk, journal, random } = run;
  const object = makeObject(random, drawLength(random));
  run.sent.push(object);
  const offset = dataSetOffset(object.file);
  const writer = journal.createWriter(object.file.subarray(0, offset));
  const chunk = random.integer(1, 128) * 1024;
  const givesUpAt = random.chance(0.1) ? random.integer(0, object.file.length) : undefined;
  for (let from = offset; from < object.file.length; from += chunk) {
    if (givesUpAt !== undefined && from >= givesUpAt) {
      object.aborted = true;
      await writer.abort();
      return;
    }
    await writer.write(object.file.subarray(from, from + chunk));
  }
  const entry = await writer.finish(new Date());
  object.answeredAt = disk.tick();
  object.path = entry.record.path;
  if (random.chance(0.75)) run.open.push({ object, entry });
}

/** As the index does: all that wait, in one batch. */
async function settle(run: Run): Promise<void> {
  const batch = run.open.splice(0);
  if (batch.length === 0) return;
  await run.journal.settle(batch.map(({ entry }) => entry));
  const settledAt = run.disk.tick();
  for (const { object } of batch) object.settledAt = settledAt;
}

/**
 * Several senders at once into a journal on a recorded disk, some giving up, some objects settled in batches and some
 * left in the journal. `without` takes one sync out.
 */
export async function runWorkload(
  root: string,
  random: Random,
  without?: SyncName,
): Promise<{ disk: RecordedDisk; sent: readonly SentObject[]; end: number }> {
  const disk = new RecordedDisk(root, random, without);
  const store = await openBlobStore({ directory: root, syncs: disk.syncs });
  const slots = random.pick([0, 3, 8]);
  const journal = await store.openJournal({
    maxObjects: 8,
    reserveBytes: slots * SLOT_BYTES,
    onTrouble: (error) => {
      throw error;
    },
    disk,
  });
  await waitFor(() => journal.ready === slots, { what: 'slots to be made ready' });
  const run: Run = { disk, journal, random, sent: [], open: [] };
  const send = async (): Promise<void> => {
    for (let number = 0; number < OBJECTS_EACH; number += 1) {
      await sendOne(run);
      if (random.chance(0.4)) await settle(run);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
  if (random.chance(0.5)) await settle(run);
  const end = disk.now;
  await journal.close();
  await store.close();
  return { disk, sent: run.sent, end };
}
