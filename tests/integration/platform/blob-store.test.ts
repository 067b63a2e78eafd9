import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import { SharedSync } from '#platform/blob-store/syncs.ts';
import { findPeer, peerPath } from '#tests/support/peers.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function temporary(): string {
  const directory = temporaryDirectory();
  cleanups.push(directory.remove);
  return join(directory.path, 'blobs');
}

async function openIn(directory: string) {
  const store = await openBlobStore({ directory });
  cleanups.push(() => store.close());
  return store;
}

describe('the blob store', () => {
  it('keeps what was written, under an internal id by day, in chunks of any size', async () => {
    const store = await openIn(temporary());
    const chunks = [10, 700_000, 1, 1_048_576, 2_500_000, 0, 999].map((size, index) =>
      Buffer.alloc(size, index + 1),
    );
    const writer = store.createBlob();
    for (const chunk of chunks) {
      const mine = Buffer.from(chunk);
      await writer.write(mine);
      // The chunk is free again: the store must not look at it any more.
      mine.fill(0xff);
    }
    const { path, bytes } = await writer.finish();
    expect(path).toMatch(/^instances\/\d{4}\/\d\d\/\d\d\/[0-9a-z]+\.dcm$/);
    const whole = Buffer.concat(chunks);
    expect(bytes).toBe(whole.length);
    expect((await store.readBlob(path)).equals(whole)).toBe(true);
    expect((await store.readRange(path, 5, 10)).equals(whole.subarray(5, 15))).toBe(true);
    expect(await store.sizeOf(path)).toBe(whole.length);
    expect(statSync(store.locate(path)).mode & 0o777).toBe(0o600);
    await store.removeBlob(path);
    await expect(store.readBlob(path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('shows nobody a file that is not whole', async () => {
    const directory = temporary();
    const store = await openIn(directory);
    const writer = store.createBlob({ folder: 'thumbnails', extension: '.jpg' });
    await writer.write(Buffer.alloc(3_000_000));
    expect(readdirSync(join(directory, 'incoming'))).toHaveLength(1);
    expect(existsSync(join(directory, 'thumbnails'))).toBe(false);
    await writer.abort();
    expect(readdirSync(join(directory, 'incoming'))).toEqual([]);
  });

  it('never leaves its own folder', async () => {
    const store = await openIn(temporary());
    for (const path of ['../secret', '/etc/passwd', 'instances/2026/01/01/../../x.dcm', '']) {
      await expect(store.readBlob(path)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('removes at the start what a dead process left half, and leaves what a live one is writing', async () => {
    const directory = temporary();
    mkdirSync(join(directory, 'incoming'), { recursive: true });
    const ended = spawnSync('true').pid;
    const half = (name: string) => join(directory, 'incoming', name);
    writeFileSync(half(`a~${ended}~${hostname()}`), 'dead');
    writeFileSync(half(`b~${process.pid}~${hostname()}`), 'alive');
    writeFileSync(half('c~1~elsewhere'), 'another machine');
    writeFileSync(half('d~1~elsewhere'), 'another machine, long ago');
    const longAgo = new Date(Date.now() - 48 * 3600 * 1000);
    utimesSync(half('d~1~elsewhere'), longAgo, longAgo);
    const store = await openIn(directory);
    expect(store.removedAtStart).toBe(2);
    expect(readdirSync(join(directory, 'incoming')).map((name) => name[0])).toEqual(['b', 'c']);
  });

  it('says why a folder is of no use', async () => {
    const file = `${temporary()}-file`;
    writeFileSync(file, '');
    await expect(openBlobStore({ directory: file })).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNUSABLE',
    });
  });
});

const canMount = (): boolean => {
  if (userInfo().uid !== 0 || findPeer('mount') === undefined) return false;
  const directory = temporaryDirectory();
  const mounted = spawnSync(peerPath('mount'), [
    '-t',
    'tmpfs',
    '-o',
    'size=4m',
    'tmpfs',
    directory.path,
  ]);
  if (mounted.status === 0) spawnSync(peerPath('umount'), [directory.path]);
  directory.remove();
  return mounted.status === 0;
};

describe.skipIf(!canMount())('on a disk that is really full', () => {
  it('says STORAGE_FULL, frees what it had taken, and goes on with what fits', async () => {
    const directory = temporaryDirectory();
    spawnSync(peerPath('mount'), ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory.path]);
    cleanups.push(() => {
      spawnSync(peerPath('umount'), [directory.path]);
      directory.remove();
    });
    const store = await openIn(join(directory.path, 'blobs'));
    const big = store.createBlob();
    const fill = async (): Promise<void> => {
      for (let index = 0; index < 8; index += 1) await big.write(Buffer.alloc(1_000_000, 1));
      await big.finish();
    };
    await expect(fill()).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(readdirSync(join(directory.path, 'blobs', 'incoming'))).toEqual([]);
    const small = store.createBlob();
    await small.write(Buffer.alloc(2_000_000, 2));
    expect((await small.finish()).bytes).toBe(2_000_000);
  });
});

describe('a shared sync', () => {
  it('serves all that ask while one runs with one more, never with one that began before', async () => {
    const releases: (() => void)[] = [];
    const shared = new SharedSync(() => new Promise<void>((resolve) => releases.push(resolve)));
    const done: string[] = [];
    const first = shared.request().then(() => done.push('first'));
    const second = shared.request().then(() => done.push('second'));
    const third = shared.request().then(() => done.push('third'));
    expect(releases).toHaveLength(1);
    releases[0]?.();
    await first;
    expect(done).toEqual(['first']);
    await expect.poll(() => releases.length).toBe(2);
    const fourth = shared.request().then(() => done.push('fourth'));
    releases[1]?.();
    await Promise.all([second, third]);
    expect(done).toEqual(['first', 'second', 'third']);
    await expect.poll(() => releases.length).toBe(3);
    releases[2]?.();
    await fourth;
  });

  it('passes a failure on to those that it concerns, and recovers', async () => {
    let runs = 0;
    const shared = new SharedSync(async () => {
      runs += 1;
      if (runs === 1) throw new Error('broken');
    });
    await expect(shared.request()).rejects.toThrow('broken');
    await expect(shared.request()).resolves.toBeUndefined();
  });
});
