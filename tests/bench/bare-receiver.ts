/**
 * The floor of a receiver that syncs, as a process: `bare-receiver.ts port file`. Our DICOM protocol, and behind it the
 * cheapest way known to make bytes durable: copied into aligned memory, written over a file made ready before, past the
 * page cache, flushed, answered. No check, no hash, no name, no index, nothing that could be found again.
 */
import { constants, openSync, writeSync } from 'node:fs';
import { startScp } from '#dicom/dimse/scp.ts';
import type { StoreSink } from '#dicom/dimse/scp-types.ts';
import { REAL_DISK } from '#platform/blob-store/journal/disk.ts';
import { BLOCK_BYTES, SLAB_BYTES, SlabPool } from '#platform/blob-store/journal/slabs.ts';

const [port = '0', file = ''] = process.argv.slice(2);
const FILE_BYTES = 512 * SLAB_BYTES;

const slabs = new SlabPool(128);
const fd = openSync(file, constants.O_CREAT | constants.O_RDWR | constants.O_DIRECT, 0o600);
const zeros = slabs.take() ?? Buffer.alloc(0);
for (let at = 0; at < FILE_BYTES; at += SLAB_BYTES) writeSync(fd, zeros, 0, SLAB_BYTES, at);
let next = 0;

function takePlace(): number {
  const place = next;
  next = (next + SLAB_BYTES) % FILE_BYTES;
  return place;
}

function openStore(): StoreSink {
  let slab = slabs.take();
  let filled = 0;
  const underWay = new Set<Promise<void>>();
  const send = (): void => {
    const full = slab;
    if (full === undefined) throw new Error('no memory');
    const length = Math.ceil(filled / BLOCK_BYTES) * BLOCK_BYTES;
    const written = REAL_DISK.write(fd, full.subarray(0, length), takePlace()).then(() => {
      slabs.giveBack(full);
      underWay.delete(written);
    });
    underWay.add(written);
    slab = slabs.take();
    filled = 0;
  };
  const fill = (chunk: Buffer): Buffer | undefined => {
    let rest = chunk;
    while (rest.length > 0) {
      if (slab === undefined) throw new Error('no memory');
      const taken = rest.copy(slab, filled);
      filled += taken;
      rest = rest.subarray(taken);
      if (filled === SLAB_BYTES) send();
      if (underWay.size >= 4) return rest.length > 0 ? Buffer.from(rest) : Buffer.alloc(0);
    }
    return undefined;
  };
  const wait = async (rest: Buffer): Promise<void> => {
    await Promise.race(underWay);
    const more = fill(rest);
    if (more !== undefined) await wait(more);
  };
  return {
    write: (chunk) => {
      const rest = fill(chunk);
      return rest === undefined ? undefined : wait(rest);
    },
    finish: async () => {
      send();
      await Promise.all(underWay);
      await REAL_DISK.syncFile(fd);
      if (slab !== undefined) slabs.giveBack(slab);
    },
    abort: async () => undefined,
  };
}

await startScp({
  host: '127.0.0.1',
  port: Number(port),
  policy: { judgeAssociation: () => ({ accepted: true }) },
  handlers: { openStore },
});
