import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectDatabase, type Database } from '#platform/database/connect.ts';
import type { Instance } from '../support/instance.ts';
import { readRunState } from '../support/studies.ts';
import type { Tally } from './senders.ts';

export interface Verdict {
  /** What is wrong, one line each; empty when nothing was lost. */
  readonly faults: string[];
  /** Below `instances/` and `quarantine/` of the archive. */
  readonly files: number;
  readonly quarantined: number;
}

/** Without one study more analysed, or one row more written, for this long, nothing more is expected. */
const STANDSTILL_MS = 90_000;
const LOOK_MS = 500;

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function readRows(database: Database) {
  return database
    .selectFrom('instance')
    .select(['sopInstanceUid', 'sha256', 'blobPath', 'dataSetOffset', 'fileBytes'])
    .execute();
}

/** Waits until every study has been analysed with all its images, and every acknowledged image has its row. */
async function waitUntilSettled(database: Database, tally: Tally): Promise<string[]> {
  const unfinished = async (): Promise<string[]> => {
    const rows = new Set((await readRows(database)).map((row) => row.sopInstanceUid));
    const missing = [...tally.acknowledged.keys()].filter((uid) => !rows.has(uid));
    const studies = await database
      .selectFrom('study')
      .select(['studyInstanceUid', 'status', 'imageCount'])
      .execute();
    const waiting = studies.filter(({ status }) => status !== 'analysed');
    return [
      ...missing.map((uid) => `not indexed: ${uid}`),
      ...waiting.map(
        (study) => `${study.status}, ${study.imageCount} images: ${study.studyInstanceUid}`,
      ),
    ];
  };
  let left = await unfinished();
  let movedAt = Date.now();
  while (left.length > 0 && Date.now() - movedAt < STANDSTILL_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = await unfinished();
    if (now.length < left.length) movedAt = Date.now();
    left = now;
  }
  return left;
}

async function compare(database: Database, archive: string, tally: Tally): Promise<string[]> {
  const faults: string[] = [];
  const rows = Map.groupBy(await readRows(database), (row) => row.sopInstanceUid);
  for (const [uid, { sha256 }] of tally.acknowledged) {
    const [row, ...more] = rows.get(uid) ?? [];
    if (row === undefined) continue;
    if (more.length > 0) faults.push(`indexed ${more.length + 1} times: ${uid}`);
    const path = join(archive, row.blobPath);
    if (!existsSync(path)) {
      faults.push(`no file: ${uid}`);
      continue;
    }
    const bytes = readFileSync(path);
    const kept = createHash('sha256').update(bytes.subarray(row.dataSetOffset)).digest('hex');
    const isWhole =
      kept === sha256 && row.sha256 === sha256 && bytes.length === Number(row.fileBytes);
    if (!isWhole) faults.push(`not identical: ${uid}`);
  }
  return faults;
}

/** Looks at what is there after all kills: files, rows, studies, and what was left behind. Stops the instance. */
export async function judge(instance: Instance, tally: Tally): Promise<Verdict> {
  const archive = join(instance.dataDirectory, 'archive');
  const database = connectDatabase(readRunState(instance).databaseUrl, { poolSize: 2 });
  const faults = await waitUntilSettled(database, tally);
  faults.push(...(await compare(database, archive, tally)));
  const rows = await readRows(database);
  await database.destroy();
  await instance.stop();
  const named = new Set(rows.map((row) => join(archive, row.blobPath)));
  const files = filesBelow(join(archive, 'instances'));
  for (const path of files) if (!named.has(path)) faults.push(`a file without a row: ${path}`);
  for (const folder of ['journal', 'incoming']) {
    for (const path of filesBelow(join(archive, folder))) faults.push(`left behind: ${path}`);
  }
  const quarantined = filesBelow(join(archive, 'quarantine')).length;
  return { faults, files: files.length, quarantined };
}
