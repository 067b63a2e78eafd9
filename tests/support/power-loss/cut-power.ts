import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '#test-data/random.ts';
import type { DiskEvent, RecordedDisk, RecordedFile } from './recorded-disk.ts';

/** The unit that a disk writes whole or not at all. */
const SECTOR_BYTES = 512;

/** How much of what was not synced made it all the same; drawn anew for each cut, the extremes often. */
interface Luck {
  readonly data: number;
  readonly names: number;
  readonly lengths: number;
  /** What stands where nothing was ever written: zeros, or what another file left there. */
  readonly leftover: Buffer | undefined;
}

function drawLuck(disk: RecordedDisk, random: Random): Luck {
  const share = (): number => random.pick([0, 0, 0.1, 0.5, 0.9, 1, 1]);
  const written = disk.events.filter((event) => event.kind === 'write');
  const leftover = random.chance(0.3) ? written[random.integer(0, written.length - 1)] : undefined;
  return {
    data: share(),
    names: share(),
    lengths: share(),
    leftover: leftover?.bytes.subarray(-SECTOR_BYTES * 8),
  };
}

/** Whether a sync that was over by then began after the event was over. */
function isForced(event: DiskEvent, syncs: readonly DiskEvent[]): boolean {
  return syncs.some((sync) => sync.start > event.done);
}

interface Cut {
  readonly disk: RecordedDisk;
  readonly random: Random;
  readonly luck: Luck;
  /** What had begun by then. */
  readonly begun: readonly DiskEvent[];
  readonly nameSyncs: ReadonlyMap<string, DiskEvent[]>;
  readonly fileSyncs: ReadonlyMap<RecordedFile, DiskEvent[]>;
}

/**
 * Names as they may be: a change is there for good once its directory was synced after it, and without that it may be
 * there or not, each on its own. Renaming adds the new name no later than it takes the old one away, which is the least
 * that journaling file systems promise: both may be there, never none.
 */
function decideNames(cut: Cut): Map<string, RecordedFile> {
  const { disk, random, luck, begun, nameSyncs } = cut;
  const names = new Map(disk.names);
  const directories = new Set(disk.directories).add('.').add('');
  const happens = (event: DiskEvent, path: string): boolean =>
    isForced(event, nameSyncs.get(folderOf(path)) ?? []) || random.chance(luck.names);
  for (const event of begun) {
    if (event.kind === 'makeDirectory' && happens(event, event.path)) directories.add(event.path);
    if (event.kind === 'create' && happens(event, event.path)) names.set(event.path, event.file);
    if (event.kind === 'remove' && happens(event, event.path)) names.delete(event.path);
    if (event.kind === 'rename') {
      const gone = happens(event, event.from);
      if (happens(event, event.to) || gone) names.set(event.to, event.file);
      if (gone) names.delete(event.from);
    }
  }
  for (const path of names.keys()) {
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) {
      if (!directories.has(folder)) names.delete(path);
    }
  }
  return names;
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}

/** A file's length as it may be: what was synced, and of later changes the first few, in their order. */
function decideLength(file: RecordedFile, cut: Cut): number {
  let length = file.base?.length ?? 0;
  let lost = false;
  for (const event of cut.begun) {
    if (!('file' in event) || event.file !== file) continue;
    if (event.kind !== 'write' && event.kind !== 'resize') continue;
    const after =
      event.kind === 'resize' ? event.bytes : Math.max(length, event.position + event.bytes.length);
    if (after === length) continue;
    const forced = isForced(event, cut.fileSyncs.get(file) ?? []);
    lost ||= !forced && !cut.random.chance(cut.luck.lengths);
    if (forced || !lost) length = after;
  }
  return length;
}

/** A file's bytes as they may be: of a write that was not synced, each sector on its own. */
function decideContent(file: RecordedFile, cut: Cut): Buffer {
  const content = Buffer.alloc(decideLength(file, cut));
  const { leftover, data } = cut.luck;
  if (leftover !== undefined) {
    for (let at = 0; at < content.length; at += leftover.length) leftover.copy(content, at);
  }
  file.base?.copy(content);
  for (const event of cut.begun) {
    if (event.kind !== 'write' || event.file !== file) continue;
    const { bytes, position } = event;
    if (isForced(event, cut.fileSyncs.get(file) ?? []) || data === 1) {
      bytes.copy(content, position);
      continue;
    }
    for (let at = 0; at < bytes.length; at += SECTOR_BYTES) {
      const sector = bytes.subarray(at, at + SECTOR_BYTES);
      if (cut.random.chance(data)) sector.copy(content, position + at);
    }
  }
  return content;
}

function bySubject<K>(
  syncs: readonly DiskEvent[],
  subject: (sync: DiskEvent) => K | undefined,
): Map<K, DiskEvent[]> {
  const found = new Map<K, DiskEvent[]>();
  for (const sync of syncs) {
    const key = subject(sync);
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), sync]);
  }
  return found;
}

/** Writes into `folder` what the disk may hold when the power goes at `moment`. */
export function cutPower(
  disk: RecordedDisk,
  options: { moment: number; random: Random; folder: string },
): void {
  const { moment, random, folder } = options;
  const over = disk.events.filter((event) => event.done <= moment);
  const cut: Cut = {
    disk,
    random,
    luck: drawLuck(disk, random),
    begun: disk.events.filter((event) => event.start <= moment),
    nameSyncs: bySubject(over, (sync) => (sync.kind === 'syncDirectory' ? sync.path : undefined)),
    fileSyncs: bySubject(over, (sync) => (sync.kind === 'syncFile' ? sync.file : undefined)),
  };
  const written = new Map<RecordedFile, string>();
  for (const [name, file] of decideNames(cut)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    const first = written.get(file);
    if (first === undefined) writeFileSync(path, decideContent(file, cut));
    else linkSync(first, path);
    written.set(file, path);
  }
}
