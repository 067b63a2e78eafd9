import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { BlobSyncs } from '#platform/blob-store/blob-store.ts';
import { DURABLE_SYNCS } from '#platform/blob-store/blob-store.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { receiveFile, startTestIntake, type TestIntake, unpack } from '#tests/support/intake.ts';

const opened: TestIntake[] = [];

async function start(options: Parameters<typeof startTestIntake>[0]): Promise<TestIntake> {
  const intake = await startTestIntake(options);
  opened.push(intake);
  return intake;
}
afterEach(async () => {
  for (const intake of opened.splice(0)) await intake.stop();
});

function filesIn(intake: TestIntake, folder: string): string[] {
  return readdirSync(join(intake.blobDirectory, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

describe('while Postgres is killed', () => {
  it('eight senders go on, and nothing acknowledged is missing', async () => {
    const intake = await start({ overrides: { assembly: { quietSeconds: 3600 } } });
    const acknowledged = new Map<string, string>();
    let kills = 0;
    const send = async (sender: number): Promise<void> => {
      for (let number = 0; number < 12; number += 1) {
        const image = minimalImage({
          modality: 'CT',
          seed: `kill ${sender}`,
          instanceNumber: number,
        });
        const { outcome } = await receiveFile(intake.receiver, image.bytes);
        // A commit whose answer was lost is found again as our own: never a duplicate of itself.
        expect(outcome).toBe('stored');
        const { dataSet } = unpack(image.bytes);
        acknowledged.set(image.sopInstanceUid, createHash('sha256').update(dataSet).digest('hex'));
      }
    };
    const kill = async (): Promise<void> => {
      for (const share of [10, 40, 70]) {
        await expect
          .poll(() => acknowledged.size, { timeout: 60_000, interval: 5 })
          .toBeGreaterThan(share);
        await intake.db.killAndRestart();
        kills += 1;
      }
    };
    await Promise.all([kill(), ...Array.from({ length: 8 }, (_, sender) => send(sender))]);
    expect(kills).toBe(3);
    expect(acknowledged.size).toBe(96);
    const rows = await intake.db.database.selectFrom('instance').selectAll().execute();
    expect(rows).toHaveLength(96);
    for (const row of rows) {
      expect(row.sha256).toBe(acknowledged.get(row.sopInstanceUid));
      const file = await intake.blobStore.readBlob(row.blobPath);
      const kept = createHash('sha256').update(file.subarray(row.dataSetOffset)).digest('hex');
      expect(kept).toBe(row.sha256);
    }
    const studies = await intake.db.database.selectFrom('study').select('imageCount').execute();
    expect(studies.map(({ imageCount }) => imageCount)).toEqual(
      Array.from({ length: 8 }, () => 12),
    );
  });

  it('a sender is told to try again when it stays away, and the second try stores', async () => {
    const intake = await start({ retryMs: 1 });
    const image = minimalImage({ modality: 'CR', seed: 'away' });
    const before = intake.db.embedded.pid() ?? 0;
    process.kill(before, 'SIGKILL');
    await expect(receiveFile(intake.receiver, image.bytes)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable: true,
      dimseStatus: 0xa700,
    });
    await expect.poll(() => intake.db.embedded.pid(), { timeout: 30_000 }).not.toBe(before);
    await expect
      .poll(() => receiveFile(intake.receiver, image.bytes).catch(() => undefined), {
        timeout: 30_000,
      })
      .toMatchObject({ outcome: 'stored' });
  });
});

describe('when the disk fails', () => {
  const failing = (
    code: string,
    which: keyof BlobSyncs,
  ): { syncs: BlobSyncs; heal: () => void } => {
    let broken = true;
    const syncs = {
      ...DURABLE_SYNCS,
      [which]: async (handle: Parameters<BlobSyncs['syncFile']>[0]) => {
        if (broken) throw systemError(code);
        await DURABLE_SYNCS[which](handle);
      },
    };
    return {
      syncs,
      heal: () => {
        broken = false;
      },
    };
  };

  it.each([
    ['ENOSPC', 'syncFile', 'STORAGE_FULL'],
    ['EDQUOT', 'syncFile', 'STORAGE_FULL'],
    ['EIO', 'syncFile', 'STORAGE_FAILED'],
  ] as const)(
    '%s in %s is %s, leaves nothing behind, and is over when the disk is well',
    async (code, which, expected) => {
      const { syncs, heal } = failing(code, which);
      const intake = await start({ syncs });
      const image = minimalImage({ modality: 'CR', seed: code });
      await expect(receiveFile(intake.receiver, image.bytes)).rejects.toMatchObject({
        code: expected,
        retryable: true,
        dimseStatus: 0xa700,
      });
      expect(filesIn(intake, 'incoming')).toEqual([]);
      expect(await intake.db.database.selectFrom('study').selectAll().execute()).toEqual([]);
      heal();
      expect((await receiveFile(intake.receiver, image.bytes)).outcome).toBe('stored');
    },
  );
});
