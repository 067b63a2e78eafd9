/**
 * Runs under strace: an embedded Postgres, a receiver, and a word on standard output where a listener would answer
 * Success. `without` takes one of the syncs out.
 */
import { mkdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createInstanceReceiver } from '#intake/receive-instance.ts';
import { DURABLE_SYNCS, openBlobStore } from '#platform/blob-store/blob-store.ts';
import { loadConfig } from '#platform/config/config.ts';
import { connectDatabase } from '#platform/database/connect.ts';
import { startEmbeddedPostgres } from '#platform/embedded-postgres/embedded-postgres.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { receiveFile } from '#tests/support/intake.ts';

const optionsSchema = z.object({
  directory: z.string(),
  without: z.enum(['nothing', 'file', 'directory', 'parent', 'commit']),
  senders: z.number().int(),
  objects: z.number().int(),
});
const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const nothing = async (): Promise<void> => undefined;

const postgres = await startEmbeddedPostgres(join(options.directory, 'data'));
const url = new URL(postgres.url);
if (options.without === 'commit') url.searchParams.set('options', '-c synchronous_commit=off');
const database = connectDatabase(url.href);
const blobDirectory = join(options.directory, `blobs-${options.without}-${options.senders}`);
mkdirSync(blobDirectory);
const blobStore = await openBlobStore({
  directory: blobDirectory,
  syncs: {
    syncFile: options.without === 'file' ? nothing : DURABLE_SYNCS.syncFile,
    syncDirectory: options.without === 'directory' ? nothing : DURABLE_SYNCS.syncDirectory,
    syncParent: options.without === 'parent' ? nothing : DURABLE_SYNCS.syncParent,
  },
});
const logger = createLogger({ level: 'warn', process: 'traced' });
const config = loadConfig({ environment: {} });

async function send(sender: number): Promise<void> {
  for (let number = 0; number < options.objects; number += 1) {
    let path = '';
    const receiver = createInstanceReceiver({
      database,
      config,
      rule: loadPriorityRule(),
      logger,
      blobStore: {
        ...blobStore,
        createBlob: () => {
          const writer = blobStore.createBlob();
          const finish = async (): Promise<{ path: string; bytes: number }> => {
            const finished = await writer.finish();
            path = finished.path;
            return finished;
          };
          return {
            write: (chunk) => writer.write(chunk),
            abort: () => writer.abort(),
            finish,
          };
        },
      },
    });
    const seed = `${options.without} ${options.senders} ${sender}`;
    // Several buffers long, so that more than one write has to be synced.
    const size = { rows: 1500, columns: 1500 };
    const image = minimalImage({ modality: 'CT', seed, instanceNumber: number, ...size });
    await receiveFile(receiver, image.bytes);
    writeSync(1, `SUCCESS ${path}\n`);
  }
}
await Promise.all(Array.from({ length: options.senders }, (_, sender) => send(sender)));
await blobStore.close();
await database.destroy();
await postgres.stop();
