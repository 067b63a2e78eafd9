/** A process that takes one job, says its id and never ends it: to be killed. */
import { z } from 'zod';
import { connectDatabase } from '#platform/database/connect.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { openQueue } from '#queue/open-queue.ts';

const urlsSchema = z.object({ queueUrl: z.string(), databaseUrl: z.string() });
const urls = urlsSchema.parse(JSON.parse(process.argv[2] ?? ''));
const logger = createLogger({ level: 'silent', process: 'stuck-worker' });
const queue = await openQueue({ ...urls, logger });
queue.createWorker(
  [
    {
      job: 'triage',
      run: async (_payload, { jobId }) => {
        process.stdout.write(jobId);
        await new Promise(() => undefined);
      },
      giveUp: async () => undefined,
    },
  ],
  { jobs: ['triage'], concurrency: 1, database: connectDatabase(urls.databaseUrl), logger },
);
