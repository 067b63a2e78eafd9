/**
 * Runs under strace: an embedded Postgres, a receiver, and a word on standard output where a listener would answer
 * Success, and where the index knows the object. `without` takes one of the syncs out.
 */
import { mkdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import {
  type BlobStore,
  DURABLE_SYNCS,
  type Journal,
  openBlobStore,
} from '#platform/blob-store/blob-store.ts';
import { type JournalDisk, REAL_DISK } from '#platform/blob-store/journal/disk.ts';
import { SLOT_BYTES } from '#platform/blob-store/journal/reserve.ts';
import { loadConfig } from '#platform/config/config.ts';
import { connectDatabase } from '#platform/database/connect.ts';
import { startEmbeddedPostgres } from '#platform/embedded-postgres/embedded-postgres.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { unpack } from '#tests/support/intake.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const optionsSchema = z.object({
  directory: z.string(),
  way: z.enum(['file', 'journal']),
  without: z.enum([
    'nothing',
    'file',
    'directory',
    'parent',
    'commit',
    'slot',
    'journal',
    'length',
  ]),
  senders: z.number().int(),
  objects: z.number().int(),
});
const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const { way, without, senders } = options;
const nothing = async (): Promise<void> => undefined;

const truncated = new Set<number>();
const disk: JournalDisk = {
  ...REAL_DISK,
  truncate: (fd, bytes) => {
    truncated.add(fd);
    return REAL_DISK.truncate(fd, bytes);
  },
  syncFile: (fd) => {
    const which = truncated.delete(fd) ? 'length' : 'slot';
    return which === without ? nothing() : REAL_DISK.syncFile(fd);
  },
  syncDirectory: (fd) => (without === 'journal' ? nothing() : REAL_DISK.syncDirectory(fd)),
};

const postgres = await startEmbeddedPostgres(join(options.directory, 'data'));
const url = new URL(postgres.url);
if (without === 'commit') url.searchParams.set('options', '-c synchronous_commit=off');
const database = connectDatabase(url.href);
const blobDirectory = join(options.directory, `blobs-${way}-${without}-${senders}`);
mkdirSync(blobDirectory);
const blobStore = await openBlobStore({
  directory: blobDirectory,
  syncs: {
    syncFile: without === 'file' ? nothing : DURABLE_SYNCS.syncFile,
    syncDirectory: without === 'directory' ? nothing : DURABLE_SYNCS.syncDirectory,
    syncParent: without === 'parent' ? nothing : DURABLE_SYNCS.syncParent,
  },
});
const logger = createLogger({ level: 'warn', process: 'traced' });
const config = loadConfig({ environment: {} });

/** Two slots are ready, for small objects; the others are made while a sender waits. */
const READY = 2;
async function openJournal(): Promise<Journal> {
  const journal = await blobStore.openJournal({
    maxObjects: senders,
    reserveBytes: READY * SLOT_BYTES,
    onTrouble: (error) => logger.error({ err: error }, 'no slots'),
    disk,
  });
  await waitFor(() => journal.ready === READY, { what: 'slots' });
  return journal;
}
const journal = way === 'journal' ? await openJournal() : undefined;

/** The names under which the next object is kept are told to `name`. */
function watchFiles(name: (names: string) => void): BlobStore {
  const createBlob: BlobStore['createBlob'] = (kind) => {
    const writer = blobStore.createBlob(kind);
    const finish = async (): Promise<{ path: string; bytes: number }> => {
      const finished = await writer.finish();
      name(finished.path);
      return finished;
    };
    return { write: (chunk) => writer.write(chunk), abort: () => writer.abort(), finish };
  };
  return { ...blobStore, createBlob };
}

function watchJournal(name: (names: string) => void): Journal | undefined {
  if (journal === undefined) return undefined;
  return {
    ...journal,
    createWriter: (header) => {
      const writer = journal.createWriter(header);
      const finish = writer.finish.bind(writer);
      writer.finish = async (receivedAt) => {
        const entry = await finish(receivedAt);
        name(`${entry.record.path} ${entry.record.slot}`);
        return entry;
      };
      return writer;
    },
  };
}

async function send(sender: number): Promise<void> {
  for (let number = 0; number < options.objects; number += 1) {
    let names = '';
    const name = (given: string): void => {
      names = given;
    };
    const receiver = createInstanceReceiver({
      database,
      config,
      rule: loadPriorityRule(),
      logger,
      blobStore: watchFiles(name),
      journal: watchJournal(name),
    });
    const seed = `${way} ${without} ${senders} ${sender}`;
    // Several buffers long, so that more than one write has to be synced; and some that fit into one.
    const side = way === 'journal' && number % 2 === 0 ? 200 : 1500;
    const size = { rows: side, columns: side };
    const image = minimalImage({ modality: 'CT', seed, instanceNumber: number, ...size });
    const { instance, dataSet } = unpack(image.bytes);
    const sink = await receiver.open(instance);
    for (let at = 0; at < dataSet.length; at += 65_536) {
      await sink.write(dataSet.subarray(at, at + 65_536));
    }
    const { indexed } = await sink.finish();
    writeSync(1, `SUCCESS ${names}\n`);
    await indexed;
    writeSync(1, `INDEXED ${names}\n`);
  }
}
await Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
await journal?.close();
await blobStore.close();
await database.destroy();
await postgres.stop();
