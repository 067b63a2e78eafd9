/**
 * From the last image of a radiograph received to its result on the worklist, beyond the quiet time:
 * `npx --no-install node tests/bench/latency.ts [studies]`. Each study is sent when the one before has its result.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInstance } from '../support/instance.ts';
import { readStudy, sendWithStorescu, writeStudy } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';

const STUDIES = Number(process.argv[2] ?? 20);
const QUIET_SECONDS = 0.5;

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

const folder = mkdtempSync(join(tmpdir(), 'radtriage-latency-'));
const instance = await startInstance({ environment: { RADTRIAGE_LOG_LEVEL: 'error' } });
try {
  const times: number[] = [];
  for (let index = 0; index <= STUDIES; index += 1) {
    const study = writeStudy(folder, {
      kind: index % 2 === 0 ? 'DX' : 'CR',
      seed: `latency-${index}`,
      lesion: null,
    });
    await sendWithStorescu(instance.dicom, study.folder);
    const done = await waitFor(
      async () => {
        const now = await readStudy(instance, study.studyInstanceUid);
        return now?.status === 'analysed' ? now : undefined;
      },
      { what: 'the result', deadlineMs: 60_000 },
    );
    const elapsed = Date.parse(done.analysedAt ?? '') - Date.parse(done.lastImageAt ?? '');
    // The first one warms up.
    if (index > 0) times.push(elapsed / 1000 - QUIET_SECONDS);
  }
  process.stdout.write('| radiographs | median s | p95 s | maximum s |\n|---|---|---|---|\n');
  const cells = [quantile(times, 0.5), quantile(times, 0.95), Math.max(...times)].map((value) =>
    value.toFixed(2),
  );
  process.stdout.write(`| ${[times.length, ...cells].join(' | ')} |\n`);
} finally {
  await instance.stop();
  rmSync(folder, { recursive: true, force: true });
}
