import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { indexFiles, reindexBlobs } from '#intake/reindex-blobs.ts';
import { openBlobStore } from '#platform/blob-store/blob-store.ts';
import { loadPriorityRule } from '#platform/priority-rule/load-rule.ts';
import { createRandom } from '#test-data/random.ts';
import { silent, startTestIntake } from '#tests/support/intake.ts';
import { cutPower } from '#tests/support/power-loss/cut-power.ts';
import {
  findFaults,
  findRowsWithoutFile,
  recoverImage,
  trimFiles,
} from '#tests/support/power-loss/inspect-image.ts';
import { RecordedDisk, type SyncName } from '#tests/support/power-loss/recorded-disk.ts';
import { runWorkload, type SentObject } from '#tests/support/power-loss/workload.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

/** Set RADTRIAGE_POWER_CUTS for more: each takes some 50 ms. */
const CUTS = Number(process.env['RADTRIAGE_POWER_CUTS'] ?? 200);
const CUTS_EACH = 25;
const SEED = Number(process.env['RADTRIAGE_PROPERTY_SEED'] ?? Date.now() & 0x7fffffff);
process.stdout.write(`power loss: seed ${SEED}, ${CUTS} cuts (RADTRIAGE_PROPERTY_SEED repeats)\n`);

const directory = temporaryDirectory();
afterAll(directory.remove);

interface Counts {
  cuts: number;
  answered: number;
  recovered: number;
  quarantined: number;
  secondCuts: number;
  faults: Map<string, number>;
}

/** Cuts the power at many moments of one run, takes each image up, sometimes with another cut in the middle of that. */
async function cutOneRun(name: string, counts: Counts, without?: SyncName): Promise<void> {
  const random = createRandom(SEED, name);
  const folder = join(directory.path, name);
  const place = (part: string): string => {
    const path = join(folder, part);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const { disk, sent, end } = await runWorkload(place('run'), random, without);
  for (let number = 0; number < CUTS_EACH; number += 1) {
    const moment = random.integer(1, end);
    let image = place(`cut-${number}`);
    cutPower(disk, { moment, random, folder: image });
    const faults = findRowsWithoutFile(image, sent, moment);
    if (random.chance(0.5)) {
      const second = new RecordedDisk(image, random, without);
      const report = await recoverImage(image, second);
      counts.quarantined += report.quarantined;
      const again = place(`again-${number}`);
      cutPower(second, { moment: random.integer(0, second.now), random, folder: again });
      rmSync(image, { recursive: true });
      image = again;
      counts.secondCuts += 1;
    }
    const report = await recoverImage(image);
    await trimFiles(image);
    faults.push(...findFaults(image, sent, moment));
    for (const fault of faults) counts.faults.set(fault, (counts.faults.get(fault) ?? 0) + 1);
    counts.cuts += 1;
    counts.answered += sent.filter((object) => (object.answeredAt ?? end) < moment).length;
    counts.recovered += report.recovered.length;
    counts.quarantined += report.quarantined;
    rmSync(image, { recursive: true });
  }
  rmSync(folder, { recursive: true });
}

function newCounts(): Counts {
  return { cuts: 0, answered: 0, recovered: 0, quarantined: 0, secondCuts: 0, faults: new Map() };
}

async function cutRuns(name: string, cuts: number, without?: SyncName): Promise<Counts> {
  const counts = newCounts();
  for (let run = 0; counts.cuts < cuts; run += 1)
    await cutOneRun(`${name} ${run}`, counts, without);
  return counts;
}

/** One run and one cut near its end. */
async function cutOnce(name: string): Promise<{ folder: string; answered: SentObject[] }> {
  const random = createRandom(SEED, name);
  const [run, folder] = [join(directory.path, name, 'run'), join(directory.path, name, 'cut')];
  for (const path of [run, folder]) mkdirSync(path, { recursive: true });
  const { disk, sent, end } = await runWorkload(run, random);
  const moment = random.integer(Math.floor(end / 2), end);
  cutPower(disk, { moment, random, folder });
  return { folder, answered: sent.filter(({ answeredAt = end }) => answeredAt < moment) };
}

describe('when the power is cut at any moment', () => {
  it('all that was answered for is there, whole and once, and nothing else is', async () => {
    const { faults, ...counts } = await cutRuns('all syncs', CUTS);
    process.stdout.write(`power loss: ${JSON.stringify(counts)}\n`);
    expect([...faults]).toEqual([]);
    expect(counts.answered).toBeGreaterThan(counts.cuts);
    expect(counts.recovered).toBeGreaterThan(counts.cuts / 2);
    expect(counts.quarantined).toBeGreaterThan(0);
    expect(counts.secondCuts).toBeGreaterThan(0);
  }, 600_000);

  it('the index names each of them once, in its place', async () => {
    const intake = await startTestIntake({ overrides: { assembly: { quietSeconds: 3600 } } });
    const { database } = intake.db;
    try {
      for (let run = 0; run < 4; run += 1) {
        await database.deleteFrom('instance').execute();
        await database.deleteFrom('study').execute();
        const { folder, answered } = await cutOnce(`index ${run}`);
        const blobStore = await openBlobStore({ directory: folder });
        const rules = { config: intake.config, rule: loadPriorityRule() };
        const reindex = { database, blobStore, rules, logger: silent };
        const { recovered } = await recoverImage(folder);
        const files = recovered.map(({ path }) => ({ path, changedAt: new Date() }));
        await indexFiles(reindex, files);
        await reindexBlobs(reindex);
        const rows = await database
          .selectFrom('instance')
          .select(['sopInstanceUid', 'blobPath', 'fileBytes'])
          .execute();
        for (const object of answered) {
          const mine = rows.filter((row) => row.sopInstanceUid === object.sopInstanceUid);
          expect(mine).toHaveLength(1);
          const kept = await blobStore.readBlob(mine[0]?.blobPath ?? '');
          expect(kept.equals(object.file)).toBe(true);
        }
        await blobStore.close();
      }
    } finally {
      await intake.stop();
    }
  });

  it.each<[SyncName, string]>([
    ['slot', 'answered for and lost'],
    ['journal folder', 'answered for and lost'],
    ['folder of the place', 'answered for and lost'],
    ['parent folder', 'answered for and lost'],
    ['length', 'row names a file that is not whole'],
  ])('without the sync of the %s that is noticed', async (without, fault) => {
    const counts = newCounts();
    for (let run = 0; run < 4 && !counts.faults.has(fault); run += 1) {
      await cutOneRun(`without ${without} ${run}`, counts, without);
    }
    expect([...counts.faults.keys()]).toContain(fault);
  });
});
