import { basename, dirname } from 'node:path';
import type { SystemCall } from '#tests/support/system-calls.ts';

const WRITES = new Set(['write', 'writev', 'pwrite64', 'pwritev']);

/** The first call after a moment that fits, or a fault with the name of what is missing. */
class Timeline {
  private readonly calls: readonly SystemCall[];
  readonly faults: string[] = [];

  constructor(calls: readonly SystemCall[]) {
    this.calls = calls.filter((call) => !call.failed);
  }

  all(fits: (call: SystemCall) => boolean): SystemCall[] {
    return this.calls.filter(fits);
  }

  between(
    span: { after: number; before: number; what: string },
    fits: (call: SystemCall) => boolean,
  ): SystemCall | undefined {
    const found = this.calls.find(
      (call) => call.start >= span.after && call.end <= span.before && fits(call),
    );
    if (found === undefined) this.faults.push(span.what);
    return found;
  }

  report(answers: number): Faults {
    return { answers, faults: [...new Set(this.faults)].sort() };
  }
}

export interface Faults {
  readonly answers: number;
  /** One name per thing that was missing at least once. */
  readonly faults: string[];
}

interface Span {
  readonly after: number;
  readonly before: number;
}

/** The rename to `path`, the sync of its directory, and of every directory above one that was made. */
function findName(timeline: Timeline, path: string, { after, before }: Span): number {
  const renamed = timeline.between(
    { after, before, what: 'rename' },
    (call) => call.name.startsWith('rename') && call.arguments.includes(`${path}"`),
  );
  const named = timeline.between(
    { after: renamed?.end ?? after, before, what: 'directory sync' },
    (call) => call.name === 'fsync' && call.arguments.includes(`/${dirname(path)}>`),
  );
  const made = timeline.all((call) => call.name === 'mkdir' && call.end <= before);
  for (const folder of made) {
    const name = /"([^"]+)"/.exec(folder.arguments)?.[1] ?? '';
    const relative = name.slice(name.indexOf('instances'));
    if (!name.includes('/instances') || !path.startsWith(relative)) continue;
    timeline.between(
      { after: folder.end, before, what: 'parent sync' },
      (call) => call.name === 'fsync' && call.arguments.includes(`${dirname(name)}>`),
    );
  }
  return named?.end ?? renamed?.end ?? after;
}

/** The row that names `path`, its commit, and the flush of Postgres' log. */
function findRow(timeline: Timeline, path: string, { after, before }: Span): void {
  const namesFile = (call: SystemCall): boolean =>
    call.arguments.includes('TCP') && call.arguments.includes(path);
  const row = timeline.between({ after, before, what: 'row' }, namesFile);
  const [first] = timeline.all(namesFile);
  if (first !== undefined && first.start < after) timeline.faults.push('row too early');
  const commit = timeline.between(
    { after: row?.end ?? after, before, what: 'commit' },
    (call) => call.arguments.includes('TCP') && /commit/i.test(call.arguments),
  );
  timeline.between(
    { after: commit?.start ?? after, before, what: 'log flush' },
    (call) => call.name === 'fdatasync' && call.arguments.includes('/pg_wal/'),
  );
}

/**
 * Where a file is kept without a journal, what has to have happened, in this order, before each Success: the bytes
 * synced, the file renamed, its directory synced (and every directory made above it), the row sent, the commit flushed.
 */
export function findFileFaults(calls: readonly SystemCall[]): Faults {
  const timeline = new Timeline(calls);
  const answers = timeline.all((call) => call.arguments.includes('"SUCCESS instances/'));
  for (const answer of answers) {
    const path = /SUCCESS (instances\/[\w/.]+)/.exec(answer.arguments)?.[1] ?? '';
    const id = basename(path, '.dcm');
    const before = answer.start;
    const ofFile = (call: SystemCall): boolean => call.arguments.includes(`/incoming/${id}~`);
    const writes = timeline.all((call) => WRITES.has(call.name) && ofFile(call));
    const written = Math.max(...writes.map((call) => call.end));
    if (writes.length < 2) timeline.faults.push('several writes');
    const synced = timeline.between(
      { after: written, before, what: 'file sync' },
      (call) => call.name === 'fdatasync' && ofFile(call),
    );
    const named = findName(timeline, path, { after: synced?.end ?? written, before });
    findRow(timeline, path, { after: named, before });
  }
  return timeline.report(answers.length);
}

const BLOCK_BYTES = 4096;

/** Whether a write to the slot ends with the block behind the file's bytes: the record's. */
function holdsRecord(writes: readonly SystemCall[], cut: SystemCall | undefined): boolean {
  const ends = writes.map((call) => {
    const [, length = '', position = ''] = /, (\d+), (\d+)$/.exec(call.arguments) ?? [];
    return Number(position) + Number(length);
  });
  const [, fileBytes = ''] = /, (\d+)$/.exec(cut?.arguments ?? '') ?? [];
  const behind = (Math.ceil(Number(fileBytes) / BLOCK_BYTES) + 1) * BLOCK_BYTES;
  return fileBytes !== '' && ends.includes(behind);
}

function writesTo(timeline: Timeline, slot: string): SystemCall[] {
  return timeline.all(
    (call) => WRITES.has(call.name) && call.arguments.includes(`/journal/${slot}`),
  );
}

/** Before Success: the name of the slot on disk, all its bytes written, and then synced. @returns when it was synced */
function findSlot(timeline: Timeline, slot: string, before: number): number {
  const ofSlot = (call: SystemCall): boolean => call.arguments.includes(`/journal/${slot}`);
  const [created] = timeline.all((call) => call.name === 'openat' && ofSlot(call));
  if (created === undefined) timeline.faults.push('slot');
  timeline.between(
    { after: created?.end ?? 0, before, what: 'journal folder sync' },
    (call) => call.name === 'fsync' && call.arguments.includes('/journal>'),
  );
  const written = Math.max(...writesTo(timeline, slot).map((call) => call.end));
  if (written > before) timeline.faults.push('written too late');
  const synced = timeline.between(
    { after: written, before, what: 'slot sync' },
    (call) => call.name === 'fdatasync' && ofSlot(call),
  );
  return synced?.end ?? written;
}

/**
 * With the journal: before each Success the slot, its bytes and its record are on disk. Before a row names the file:
 * its name in its place is on disk, then the record is cut off, and that is on disk; then the row, flushed by Postgres.
 */
export function findJournalFaults(calls: readonly SystemCall[]): Faults {
  const timeline = new Timeline(calls);
  const answers = timeline.all((call) => call.arguments.includes('"SUCCESS instances/'));
  const indexed = timeline.all((call) => call.arguments.includes('"INDEXED instances/'));
  if (indexed.length !== answers.length) timeline.faults.push('indexed');
  for (const answer of answers) {
    const names = /SUCCESS (instances\/[\w/.]+) ([\w.]+)/.exec(answer.arguments);
    const [, path = '', slot = ''] = names ?? [];
    const kept = findSlot(timeline, slot, answer.start);
    const end = indexed.find((call) => call.arguments.includes(path));
    const before = end?.start ?? 0;
    const ofFile = (call: SystemCall): boolean => call.arguments.includes(`/${path}>`);
    const named = findName(timeline, path, { after: kept, before });
    const cut = timeline.between(
      { after: named, before, what: 'cut' },
      (call) => call.name === 'ftruncate' && ofFile(call),
    );
    if (!holdsRecord(writesTo(timeline, slot), cut)) timeline.faults.push('record');
    const synced = timeline.between(
      { after: cut?.end ?? named, before, what: 'length sync' },
      (call) => call.name === 'fdatasync' && ofFile(call),
    );
    findRow(timeline, path, { after: synced?.end ?? cut?.end ?? named, before });
  }
  return timeline.report(answers.length);
}
