/**
 * A CT of 2,000 images and a multi-frame object of 300 MB, sent by storescu and by Orthanc, kept to the last bit:
 * `npx --no-install node tests/bench/large-studies.ts [images] [frames]`. Prints a table for BENCHMARKS.md; exits with 1
 * when anything kept is not what was sent.
 */
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { startOrthanc } from '../support/orthanc.ts';
import { printTable, secondsOf } from './measure.ts';
import { CALLED, startOurs } from './receivers.ts';
import { sendWithStorescu, writeMultiframe } from './senders.ts';
import { writeSlices } from './slices.ts';

const IMAGES = Number(process.argv[2] ?? 2_000);
const FRAMES = Number(process.argv[3] ?? 600);
const PREFIX_BYTES = 4_096;

const folder = mkdtempSync(join(tmpdir(), 'radtriage-large-'));
const ours = await startOurs();
const orthanc = await startOrthanc({ ours: [CALLED, '127.0.0.1', ours.port] });
const rows: string[][] = [];
let wrong = 0;

interface Sent {
  readonly sopInstanceUid: string;
  readonly sha256: string;
}

async function describeFile(path: string): Promise<Sent> {
  const parsed = parseFileMeta(readFileSync(path).subarray(0, PREFIX_BYTES), false);
  if (parsed === undefined) throw new Error(`${path} is no DICOM file`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { start: parsed.dataSetOffset })) {
    hash.update(chunk);
  }
  return { sopInstanceUid: parsed.meta.sopInstanceUid, sha256: hash.digest('hex') };
}

function pathsIn(place: string): string[] {
  return readdirSync(place).map((name) => join(place, name));
}

/** How many of the files are in the index, once, with the very bytes of their data sets. */
async function countKept(paths: readonly string[]): Promise<number> {
  const sent = await Promise.all(paths.map(describeFile));
  const kept = await ours.database
    .selectFrom('instance')
    .select(['sopInstanceUid', 'sha256'])
    .where(
      'sopInstanceUid',
      'in',
      sent.map((file) => file.sopInstanceUid),
    )
    .execute();
  const byUid = new Map(kept.map((row) => [row.sopInstanceUid, row.sha256]));
  if (kept.length !== byUid.size) return 0;
  return sent.filter((file) => byUid.get(file.sopInstanceUid) === file.sha256).length;
}

async function run(
  what: { sender: string; study: string; megabytes: number },
  place: string,
  send: () => Promise<unknown>,
): Promise<void> {
  const seconds = await secondsOf(send);
  await ours.settle();
  const paths = pathsIn(place);
  const identical = await countKept(paths);
  wrong += paths.length - identical;
  rows.push([
    what.sender,
    what.study,
    seconds.toFixed(1),
    (what.megabytes / seconds).toFixed(0),
    `${identical} of ${paths.length}`,
    String(ours.memory()),
  ]);
}

const answerSchema = z.object({ ID: z.string() });

async function loadIntoOrthanc(place: string): Promise<string[]> {
  const ids: string[] = [];
  for (const path of pathsIn(place)) {
    const answer = await orthanc.request('POST', '/instances', readFileSync(path));
    ids.push(answerSchema.parse(JSON.parse(answer)).ID);
  }
  return ids;
}

try {
  for (const sender of ['storescu', 'Orthanc']) {
    const place = join(folder, sender);
    const { whole } = writeSlices({ folder: place, slices: IMAGES, parts: 1, seed: sender });
    const multiframe = writeMultiframe(join(place, 'multi-frame'), FRAMES);
    if (sender === 'Orthanc') multiframe.renew();
    const loads = [
      { study: `CT of ${IMAGES} images`, place: whole, megabytes: IMAGES * 0.526 },
      { study: 'multi-frame', place: multiframe.folder, megabytes: multiframe.megabytes },
    ];
    for (const { study, place: from, megabytes } of loads) {
      const ids = sender === 'Orthanc' ? await loadIntoOrthanc(from) : [];
      await run({ sender, study, megabytes }, from, () =>
        sender === 'Orthanc'
          ? orthanc.request('POST', '/modalities/ours/store', JSON.stringify(ids))
          : sendWithStorescu(ours.port, from),
      );
    }
    rmSync(place, { recursive: true });
  }
  printTable(['sender', 'study', 's', 'MB/s', 'kept identical', 'peak RSS MB so far'], rows);
} finally {
  await orthanc.stop();
  await ours.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (wrong > 0) process.exitCode = 1;
