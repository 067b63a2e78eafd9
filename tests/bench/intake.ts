/**
 * How fast a study is taken in, against Debian's storescp (which does not sync to disk), Orthanc, and a bare receiver
 * that syncs, interleaved in one run: `npx --no-install node tests/bench/intake.ts [rounds] [slices] [frames]`. Prints a
 * table for BENCHMARKS.md. The sender is storescu with TCP_NODELAY=1.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, printTable, secondsOf } from './measure.ts';
import {
  type Receiver,
  startBareReceiver,
  startOrthanc,
  startOurs,
  startStorescp,
} from './receivers.ts';
import { sendWithStorescu, writeMultiframe } from './senders.ts';
import { writeSlices } from './slices.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const SLICES = Number(process.argv[3] ?? 300);
const FRAMES = Number(process.argv[4] ?? 600);
const ASSOCIATIONS = 8;
const LOADS = ['one', 'eight', 'large'] as const;
type Load = (typeof LOADS)[number];

const folder = mkdtempSync(join(tmpdir(), 'radtriage-bench-'));
const storescp = await startStorescp(folder, false);
const forked = await startStorescp(folder, true);
const bare = await startBareReceiver(folder);
const orthanc = await startOrthanc(folder);
const ours = await startOurs();
const receivers: readonly Receiver[] = [storescp, forked, bare, orthanc, ours];
const multiframe = writeMultiframe(join(folder, 'multi-frame'), FRAMES);
const seconds = new Map<string, number[]>();

function keyOf(receiver: Receiver, load: Load): string {
  return `${receiver.name} ${load}`;
}

/** Seconds of each round, in order. */
function timesOf(receiver: Receiver, load: Load): readonly number[] {
  return seconds.get(keyOf(receiver, load)) ?? [];
}

/** The median over the rounds of how many times faster than another in the same round. */
function ratioOf(receiver: Receiver, base: Receiver, load: Load): string {
  const others = timesOf(base, load);
  const ratios = timesOf(receiver, load).map((own, round) => (others[round] ?? Number.NaN) / own);
  return median(ratios).toFixed(2);
}

async function measure(receiver: Receiver, round: number): Promise<void> {
  const place = join(folder, 'slices');
  // New UIDs in every run: a duplicate would be cheaper than a first receipt.
  const seed = `${round}-${receiver.name}`;
  const parts = writeSlices({ folder: place, slices: SLICES, parts: ASSOCIATIONS, seed });
  multiframe.renew();
  const work: Record<Load, () => Promise<unknown>> = {
    one: () => sendWithStorescu(receiver.port, parts.whole),
    eight: () => Promise.all(parts.split.map((part) => sendWithStorescu(receiver.port, part))),
    large: () => sendWithStorescu(receiver.port, multiframe.folder),
  };
  for (const load of LOADS) {
    const taken = await secondsOf(work[load]);
    await receiver.settle();
    if (round === 0) continue; // warm-up
    const key = keyOf(receiver, load);
    seconds.set(key, [...(seconds.get(key) ?? []), taken]);
  }
  rmSync(place, { recursive: true });
}

try {
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const receiver of receivers) await measure(receiver, round);
  }
  process.stdout.write(
    `${ROUNDS} rounds, ${SLICES} slices of 526 KB, multi-frame of ${multiframe.megabytes.toFixed(0)} MB\n`,
  );
  printTable(
    [
      'receiver',
      '1 association, images/s',
      'x storescp',
      '8 associations, images/s',
      'x storescp --fork',
      'multi-frame, MB/s',
      'x storescp',
      'peak RSS MB',
    ],
    receivers.map((receiver) => [
      receiver.name,
      (SLICES / median(timesOf(receiver, 'one'))).toFixed(0),
      ratioOf(receiver, storescp, 'one'),
      (SLICES / median(timesOf(receiver, 'eight'))).toFixed(0),
      ratioOf(receiver, forked, 'eight'),
      (multiframe.megabytes / median(timesOf(receiver, 'large'))).toFixed(0),
      ratioOf(receiver, storescp, 'large'),
      String(receiver.memory()),
    ]),
  );
  const against = (other: Receiver): string =>
    LOADS.map((load) => `${load} ${ratioOf(ours, other, load)}`).join(', ');
  process.stdout.write(`RadTriage x Orthanc: ${against(orthanc)}\n`);
  process.stdout.write(`RadTriage x the bare receiver: ${against(bare)}\n`);
} finally {
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  rmSync(folder, { recursive: true, force: true });
}
