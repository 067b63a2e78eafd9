import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthSchema } from '#contracts/session.ts';
import { runCli, startInstance } from '../../support/instance.ts';
import { missingPeer } from '../../support/peers.ts';
import { readStudy, readWorklist, sendWithStorescu, writeStudy } from '../../support/studies.ts';
import { waitFor } from '../../support/wait-for.ts';

describe('a start that cannot succeed says why, by code, and ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-bad-start-'));
  let taken: Server;
  let port: number;

  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const address = taken.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterAll(() => {
    taken.close();
    rmSync(folder, { recursive: true });
  });

  const up = (name: string, ...args: string[]) =>
    runCli(['up', '--data', join(folder, name), ...args]);

  it.each([
    ['the page', '--http-port', '--dicom-port'],
    ['DICOM', '--dicom-port', '--http-port'],
  ])('a port of %s that is in use', async (_name, used, other) => {
    const { code, stdout, stderr } = await up('port', used, String(port), other, '0');
    expect(code).not.toBe(0);
    expect(stderr).toContain('PORT_IN_USE');
    expect(stdout).not.toContain('"ready":true');
  });

  it('a data folder that is none', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await up('file', '--http-port', '0', '--dicom-port', '0');
    expect(code).not.toBe(0);
    expect(stderr).toContain('DATA_FOLDER_UNUSABLE');
  });

  it('a configuration with faults, all of which are named', async () => {
    const { code, stderr } = await runCli(['up'], {
      ...process.env,
      RADTRIAGE_DICOM_PORT: 'x',
      RADTRIAGE_READING_MODE: 'y',
    });
    expect(code).toBe(2);
    expect(stderr).toContain('CONFIG_INVALID');
    expect(stderr).toContain('dicom.port');
    expect(stderr).toContain('readingMode');
  });

  it('a process that needs a database and is given none', async () => {
    const { code, stderr } = await runCli(['listener', '--data', join(folder, 'none')]);
    expect(code).toBe(2);
    expect(stderr).toContain('RADTRIAGE_DATABASE_URL');
  });

  it('a path that does not exist, an address that is none, a peer that is not there', async () => {
    for (const [args, code] of [
      [['send', join(folder, 'nothing'), '--to', 'A@127.0.0.1:1'], 'REQUEST_INVALID'],
      [['send', folder, '--to', 'nonsense'], 'REQUEST_INVALID'],
      [['wrap', folder, '--labels', join(folder, 'no.csv'), '--out', folder], 'REQUEST_INVALID'],
    ] as const) {
      const result = await runCli(args);
      expect(result.code).not.toBe(0);
      expect(result.stderr).toContain(code);
    }
  });
});

describe.skipIf(missingPeer('storescu'))('a queue that is not there at the start', () => {
  it('keeps nothing from being received and listed, and the page says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'radtriage-no-queue-'));
    const study = writeStudy(folder, { kind: 'DX', seed: 'no-queue', lesion: null });
    // Port 9 (discard) is never a Redis.
    const instance = await startInstance({
      environment: { RADTRIAGE_QUEUE_URL: 'redis://127.0.0.1:9' },
    });
    try {
      expect((await readWorklist(instance)).total).toBe(0);
      expect((await sendWithStorescu(instance.dicom, study.folder)).code).toBe(0);
      const queued = await waitFor(
        async () => {
          const now = await readStudy(instance, study.studyInstanceUid);
          return now?.status === 'queued' ? now : undefined;
        },
        { what: 'the study to wait in the queue' },
      );
      expect(queued.priority).toBe(queued.basePriority);
      const health = healthSchema.parse(await (await instance.api('/api/health')).json());
      expect(health.status).toBe('degraded');
      expect(health.components.queue.status).toBe('down');
    } finally {
      await instance.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
