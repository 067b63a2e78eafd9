import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { createLogger } from '#platform/logger/logger.ts';
import { addToOutbox } from '#platform/outbox/outbox.ts';
import type { JobPayload } from '#queue/contracts.ts';
import type { JobContext, JobHandler } from '#queue/handlers.ts';
import { type OpenedQueue, openQueue } from '#queue/open-queue.ts';
import { startOutboxPump } from '#queue/outbox-pump.ts';
import type { QueueWorker } from '#queue/worker.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { waitFor } from '#tests/support/wait-for.ts';

interface QueueServer {
  readonly url: string;
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** Where the jobs live; undefined: in the database of everything else, as by default. */
export type StartServer = (() => Promise<QueueServer>) | undefined;

const logger = createLogger({ level: 'silent', process: 'test' });

function payload(studyKey = '1'): JobPayload<'triage'> {
  return { studyKey, imageRevision: 'a'.repeat(64), runKey: '1', traceId: randomUUID() };
}

interface Seen {
  readonly runs: string[];
  readonly gaveUp: string[];
}

function handler(
  seen: Seen,
  run: (context: JobContext) => Promise<void> | void = () => undefined,
): JobHandler<'triage'> {
  return {
    job: 'triage',
    run: async (_payload, context) => {
      seen.runs.push(context.jobId);
      await run(context);
    },
    giveUp: async (_payload, error, context) => {
      seen.gaveUp.push(`${context.jobId} ${error.code}`);
    },
  };
}

/** What every place for jobs has to do. The same tests run on each. */
export function describeQueue(name: string, startServer: StartServer): void {
  describe(`queue on ${name}`, () => {
    let db: TestDatabase;
    let server: QueueServer;
    let queue: OpenedQueue;
    const workers: QueueWorker[] = [];

    beforeAll(async () => {
      db = await startTestDatabase();
      server = startServer === undefined ? db : await startServer();
      queue = await openQueue({ queueUrl: server.url, databaseUrl: db.url, logger });
    });
    afterEach(async () => {
      for (const worker of workers.splice(0)) await worker.close(2_000);
    });
    afterAll(async () => {
      await queue.close();
      if (startServer !== undefined) await server.stop();
      await db.stop();
    });

    const work = (with_: JobHandler, concurrency = 4): QueueWorker => {
      const { database } = db;
      const worker = queue.createWorker([with_], {
        jobs: [with_.job],
        concurrency,
        database,
        logger,
        reconcileMs: 500,
      });
      workers.push(worker);
      return worker;
    };
    const add = async (jobId: string, priority = 0): Promise<void> =>
      queue.producer.enqueue({ job: 'triage', jobId, payload: payload(), priority });
    const seenBy = (): Seen => ({ runs: [], gaveUp: [] });

    it('runs a job once and knows it, running and afterwards', async () => {
      const seen = seenBy();
      expect(await queue.producer.isKnown('triage', 'once_1')).toBe(false);
      await add('once_1');
      expect(await queue.producer.standingOf('triage', 'once_1')).toBe('open');
      await add('once_1');
      work(handler(seen));
      await waitFor(
        async () => (await queue.producer.standingOf('triage', 'once_1')) === 'completed',
        { what: 'the job to complete' },
      );
      await add('once_1');
      await add('once_2');
      await waitFor(() => seen.runs.includes('once_2'), { what: 'the next job' });
      expect(seen.runs).toEqual(['once_1', 'once_2']);
    });

    it('is taken up by a process that started before its server was there', async () => {
      const opened = await openQueue({
        queueUrl: server.url,
        databaseUrl: db.url,
        logger,
        inBackground: true,
      });
      await waitFor(async () => (await opened.health()).status === 'ok', { what: 'the queue' });
      expect(await opened.producer.isKnown('triage', 'once_1')).toBe(true);
      await opened.close();
    });

    it('takes the most urgent job first', async () => {
      const seen = seenBy();
      await add('low', 3);
      await add('medium', 2);
      await add('stat', 0);
      await add('high', 1);
      work(handler(seen), 1);
      await waitFor(() => seen.runs.length === 4, { what: 'four jobs' });
      expect(seen.runs).toEqual(['stat', 'high', 'medium', 'low']);
    });

    it('gives up sooner on what took all its time twice', async () => {
      const seen = seenBy();
      work(
        handler(seen, () => {
          throw new RadTriageError('ANALYSIS_TIMEOUT', 'too long');
        }),
      );
      await add('slow');
      await waitFor(() => seen.gaveUp.length > 0, { what: 'the job to be given up' });
      expect(seen.runs).toEqual(['slow', 'slow']);
      expect(seen.gaveUp).toEqual(['slow ANALYSIS_TIMEOUT']);
    });

    it('tries a retryable failure again, later each time', async () => {
      const seen = seenBy();
      const times: number[] = [];
      work(
        handler(seen, ({ attempt }) => {
          times.push(Date.now());
          if (attempt < 3) throw new RadTriageError('MODEL_FAILED', 'not yet');
        }),
      );
      await add('again');
      await waitFor(
        async () => (await queue.producer.standingOf('triage', 'again')) === 'completed',
        { deadlineMs: 20_000, what: 'the third try' },
      );
      expect(seen.runs).toEqual(['again', 'again', 'again']);
      const [first = 0, second = 0, third = 0] = times;
      expect(second - first).toBeGreaterThanOrEqual(950);
      expect(third - second).toBeGreaterThanOrEqual(1_900);
      expect(seen.gaveUp).toEqual([]);
    });

    it('gives up at once on what cannot be retried, and shows a dead letter', async () => {
      const seen = seenBy();
      work(
        handler(seen, () => {
          throw new RadTriageError('PIXELS_MISSING', 'no pixel data');
        }),
      );
      await add('dead');
      const letter = await waitFor(
        () =>
          db.database
            .selectFrom('deadLetter')
            .selectAll()
            .where('jobId', '=', 'dead')
            .executeTakeFirst(),
        { what: 'the dead letter' },
      );
      expect(letter).toMatchObject({ job: 'triage', code: 'PIXELS_MISSING', attempts: 1 });
      expect(seen.gaveUp).toEqual(['dead PIXELS_MISSING']);
      // The letter is written before the queue hears of it.
      const isFailed = async () => (await queue.producer.standingOf('triage', 'dead')) === 'failed';
      await waitFor(isFailed, { what: 'the failed job' });
      expect((await queue.counts()).triage.failed).toBeGreaterThanOrEqual(1);
      await Promise.all(workers.splice(0).map((worker) => worker.close()));

      const healed = seenBy();
      work(handler(healed));
      expect(await queue.producer.retry('triage', 'dead')).toBe(true);
      await waitFor(() => healed.runs.includes('dead'), { what: 'the retried job' });
      expect(await queue.producer.retry('triage', 'nobody')).toBe(false);
    });

    it('waits for a database that is away without using up a try', async () => {
      const attempts: number[] = [];
      work(
        handler(seenBy(), ({ attempt }) => {
          attempts.push(attempt);
          if (attempts.length < 3) throw new RadTriageError('DATABASE_UNAVAILABLE', 'away');
        }),
      );
      await add('patient');
      await waitFor(
        async () => (await queue.producer.standingOf('triage', 'patient')) === 'completed',
        { deadlineMs: 20_000, what: 'the job to complete' },
      );
      expect(attempts).toEqual([1, 1, 1]);
    });

    it('shows a job as dead even when it could not be written down as it died', async () => {
      const seen = seenBy();
      let fails = 4;
      work({
        ...handler(seen, () => {
          throw new RadTriageError('MODEL_FAILED', 'never');
        }),
        giveUp: async (_payload, error, context) => {
          fails -= 1;
          if (fails >= 3) throw new Error('the books are closed');
          seen.gaveUp.push(`${context.jobId} ${error.message}`);
        },
      });
      await add('unseen');
      const letter = await waitFor(
        () =>
          db.database
            .selectFrom('deadLetter')
            .selectAll()
            .where('jobId', '=', 'unseen')
            .executeTakeFirst(),
        { deadlineMs: 30_000, what: 'the dead letter' },
      );
      expect(letter.attempts).toBe(4);
      expect(seen.runs).toHaveLength(4);
      expect(seen.gaveUp).toEqual(['unseen the books are closed']);
    });

    it('refuses what breaks the contract', async () => {
      const bad = { job: 'triage', jobId: 'bad', payload: { studyKey: 1 } };
      await expect(queue.producer.enqueue(bad)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      const none = { job: 'unheard-of', jobId: 'x', payload: {} };
      await expect(queue.producer.enqueue(none)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
      expect(() =>
        queue.createWorker([], { concurrency: 1, database: db.database, logger }),
      ).toThrow(/no handler/);
    });

    it('gets from the outbox exactly what was committed', async () => {
      const seen = seenBy();
      work(handler(seen));
      const pump = startOutboxPump({
        database: db.database,
        databaseUrl: db.url,
        producer: queue.producer,
        logger,
        pollMs: 60_000,
      });
      try {
        const entry = { job: 'triage', jobId: 'out_1', payload: payload() };
        await db.database.transaction().execute((trx) => addToOutbox(trx, entry));
        const lost = db.database.transaction().execute(async (trx) => {
          await addToOutbox(trx, { ...entry, jobId: 'out_2' });
          throw new Error('rolled back');
        });
        await expect(lost).rejects.toThrow('rolled back');
        const invalid = { job: 'triage', jobId: 'out_3', payload: {} };
        await db.database.transaction().execute((trx) => addToOutbox(trx, invalid));
        // Told by NOTIFY: the poll is a minute away.
        await waitFor(() => seen.runs.includes('out_1'), { what: 'the job from the outbox' });
        const unsent = db.database.selectFrom('outbox').selectAll().where('sentAt', 'is', null);
        await waitFor(async () => (await unsent.execute()).length === 0, { what: 'the marks' });
        const letter = await db.database
          .selectFrom('deadLetter')
          .select('code')
          .where('jobId', '=', 'out_3')
          .executeTakeFirst();
        expect(letter).toEqual({ code: 'REQUEST_INVALID' });
        expect(seen.runs).toEqual(['out_1']);
      } finally {
        await pump.close();
      }
    });

    it('loses nothing when its server is killed in the middle', async () => {
      const seen = seenBy();
      work(
        handler(seen, async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }),
        2,
      );
      const pump = startOutboxPump({
        database: db.database,
        databaseUrl: db.url,
        producer: queue.producer,
        logger,
        pollMs: 200,
      });
      const committed: string[] = [];
      const commit = async (jobId: string): Promise<void> => {
        await waitFor(
          async () => {
            await db.database
              .transaction()
              .execute((trx) => addToOutbox(trx, { job: 'triage', jobId, payload: payload() }));
            return true;
          },
          { deadlineMs: 30_000, what: 'the database' },
        );
        committed.push(jobId);
      };
      try {
        for (let index = 0; index < 20; index += 1) await commit(`kill_${index}`);
        await waitFor(() => seen.runs.length >= 3, { what: 'some jobs to have run' });
        const restarted = server.killAndRestart();
        for (let index = 20; index < 40; index += 1) await commit(`kill_${index}`);
        await restarted;
        const standing = async (): Promise<string[]> =>
          Promise.all(committed.map((jobId) => queue.producer.standingOf('triage', jobId)));
        await waitFor(async () => (await standing()).every((state) => state === 'completed'), {
          deadlineMs: 60_000,
          everyMs: 250,
          what: 'all forty jobs to complete',
        });
        expect(new Set(seen.runs)).toEqual(new Set(committed));
        expect((await queue.health()).status).toBe('ok');
      } finally {
        await pump.close();
      }
    });

    it('takes over the job of a worker that vanished', async () => {
      const seen = seenBy();
      await add('orphan');
      const script = fileURLToPath(new URL('./stuck-worker.ts', import.meta.url));
      const urls = { queueUrl: server.url, databaseUrl: db.url };
      const child = spawn(process.execPath, [script, JSON.stringify(urls)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [said]: unknown[] = await Promise.race([
        once(child.stdout, 'data'),
        once(child, 'exit').then(([code]) => [`ended with ${code}`]),
      ]);
      expect(String(said)).toBe('orphan');
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await queue.producer.standingOf('triage', 'orphan')).toBe('open');
      work(handler(seen));
      await waitFor(() => seen.runs.includes('orphan'), {
        deadlineMs: 45_000,
        what: 'the stalled job to be taken over',
      });
    });
  });

  describe(`queue on ${name}, unreachable at start`, () => {
    const unreachable = {
      queueUrl: startServer === undefined ? undefined : 'redis://127.0.0.1:1',
      databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
      logger,
    };

    it('says so', async () => {
      const attempt = openQueue({ ...unreachable, openDeadlineMs: 300 });
      await expect(attempt).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    });

    it('lets a process that does not depend on it start all the same', async () => {
      const opened = await openQueue({ ...unreachable, inBackground: true });
      expect((await opened.health()).status).toBe('down');
      const job = { job: 'triage', jobId: 'early', payload: payload() };
      await expect(opened.producer.enqueue(job)).rejects.toMatchObject({
        code: 'QUEUE_UNAVAILABLE',
        retryable: true,
      });
      await opened.close();
    });
  });
}
