/**
 * How the cost of taking in grows: with the rows that the index holds already, with associations at once, and with the
 * images of one study. `npx --no-install node tests/bench/growth.ts [rounds] [slices]`. Prints tables for BENCHMARKS.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '#platform/database/connect.ts';
import { median, printTable, secondsOf } from './measure.ts';
import { startOurs } from './receivers.ts';
import { sendWithStorescu } from './senders.ts';
import { writeSlices } from './slices.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
const SLICES = Number(process.argv[3] ?? 300);
const ROWS = [1_000, 10_000, 100_000, 1_000_000];
const IMAGES_A_STUDY = 100;
const ASSOCIATIONS = [1, 2, 4, 8, 16];
const IMAGES = [100, 500, 2_000];

const folder = mkdtempSync(join(tmpdir(), 'radtriage-growth-'));
const ours = await startOurs();
let runs = 0;

/** Rows of an archive that has been in use: studies that were analysed and read, each of a hundred images. */
async function fillIndex(database: Database, from: number, to: number): Promise<void> {
  const [first, last] = [from / IMAGES_A_STUDY, to / IMAGES_A_STUDY];
  await sql`
    INSERT INTO study (study_instance_uid, status, reading_status, received_at, order_priority_source, reason, due_at,
      rank_at, rule_id, rule_version, patient_id, modality, image_count)
    SELECT '2.25.9' || n, 'analysed', 'reviewed', now() - n * interval '1 minute', 'none', 'filled', now(), now(),
      'rule', '1', 'P' || n % 50000, 'CT', ${sql.lit(IMAGES_A_STUDY)}
    FROM generate_series(${sql.lit(first)}::int, ${sql.lit(last - 1)}::int) n`.execute(database);
  await sql`
    INSERT INTO instance (study_key, sop_instance_uid, sop_class_uid, series_instance_uid, transfer_syntax_uid, kind,
      blob_path, sha256, file_bytes, data_set_offset, calling_ae)
    SELECT study_key, study_instance_uid || '.' || i, '1.2.840.10008.5.1.4.1.1.2', study_instance_uid || '.1',
      '1.2.840.10008.1.2.1', 'image', 'instances/2020/01/01/x' || study_key || 'y' || i || '.dcm',
      encode(sha256((study_instance_uid || '.' || i)::bytea), 'hex'), 526000, 400, 'FILLED'
    FROM study, generate_series(1, ${sql.lit(IMAGES_A_STUDY)}) i
    WHERE study_instance_uid = ANY (
      SELECT '2.25.9' || n FROM generate_series(${sql.lit(first)}::int, ${sql.lit(last - 1)}::int) n)`.execute(
    database,
  );
  await sql`ANALYZE study, instance`.execute(database);
}

/** Images a second to Success, and milliseconds an image until the index has them all, medians over the rounds. */
async function measure(slices: number, associations: number): Promise<string[]> {
  const answered: number[] = [];
  const indexed: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const place = join(folder, 'slices');
    runs += 1;
    const seed = `growth-${runs}`;
    const parts = writeSlices({ folder: place, slices, parts: associations, seed });
    const start = performance.now();
    const seconds = await secondsOf(() =>
      Promise.all(parts.split.map((part) => sendWithStorescu(ours.port, part))),
    );
    answered.push(seconds);
    await ours.indexed(slices);
    indexed.push((performance.now() - start) / 1000);
    await ours.settle();
    rmSync(place, { recursive: true });
  }
  return [
    (slices / median(answered)).toFixed(0),
    ((1000 * median(indexed)) / slices).toFixed(2),
    String(ours.memory()),
  ];
}

const HEAD = ['images/s to Success', 'ms an image until all are indexed', 'peak RSS MB so far'];
try {
  await measure(SLICES, 1); // warm-up
  const byRows: string[][] = [];
  let filled = 0;
  for (const rows of ROWS) {
    await fillIndex(ours.database, filled, rows);
    filled = rows;
    await ours.settle();
    byRows.push([rows.toLocaleString('en'), ...(await measure(SLICES, 1))]);
  }
  printTable([`rows in the index (1 association, ${SLICES} slices)`, ...HEAD], byRows);
  const byAssociations: string[][] = [];
  for (const associations of ASSOCIATIONS) {
    byAssociations.push([String(associations), ...(await measure(SLICES, associations))]);
  }
  process.stdout.write('\n');
  printTable([`associations (${SLICES} slices, a million rows)`, ...HEAD], byAssociations);
  const byImages: string[][] = [];
  for (const images of IMAGES) byImages.push([String(images), ...(await measure(images, 1))]);
  process.stdout.write('\n');
  printTable(['images in one study (a million rows)', ...HEAD], byImages);
} finally {
  await ours.stop();
  rmSync(folder, { recursive: true, force: true });
}
