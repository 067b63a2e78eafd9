/**
 * From a result to its objects in the PACS: `npx --no-install node tests/bench/results.ts [studies]`. Radiographs with
 * a lesion, one after the other, sent to Orthanc as report alone and as report, segmentation, picture, key objects and
 * boxes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { studyResultsSchema } from '#contracts/results.ts';
import { startInstance } from '../support/instance.ts';
import { startOrthanc } from '../support/orthanc.ts';
import { readStudy, sendWithStorescu, writeStudy } from '../support/studies.ts';
import { waitFor } from '../support/wait-for.ts';
import { median, printTable } from './measure.ts';

const STUDIES = Number(process.argv[2] ?? 10);

const folder = mkdtempSync(join(tmpdir(), 'radtriage-results-bench-'));
const pacs = await startOrthanc();
const place = { kind: 'C-STORE', host: '127.0.0.1', port: pacs.dicomPort, calledAe: 'ORTHANC' };
const destinations = [
  { ...place, name: 'report', send: ['sr'] },
  { ...place, name: 'everything', send: ['sr', 'seg', 'sc', 'ko', 'gsps'] },
];
const file = join(folder, 'site.json');
writeFileSync(file, JSON.stringify({ destinations }));
const environment = { RADTRIAGE_LOG_LEVEL: 'error', RADTRIAGE_CONFIG: file };
const instance = await startInstance({ environment });

async function timesOf(uid: string): Promise<ReadonlyMap<string, number>> {
  const study = await waitFor(
    async () => {
      const now = await readStudy(instance, uid);
      return now?.status === 'analysed' ? now : undefined;
    },
    { what: 'the result', deadlineMs: 60_000 },
  );
  const result = await waitFor(
    async () => {
      const response = await instance.api(`/api/studies/${uid}/results`);
      const [newest] = studyResultsSchema.parse(await response.json()).results;
      const isSent = newest?.destinations.every(({ waiting }) => waiting === 0);
      return newest?.state === 'made' && isSent ? newest : undefined;
    },
    { what: 'the objects in the PACS', deadlineMs: 60_000, everyMs: 20 },
  );
  const since = Date.parse(study.analysedAt ?? '');
  return new Map([
    ['made', Date.parse(result.madeAt ?? '') - since],
    ...result.destinations.map(({ name, lastSentAt }): [string, number] => [
      name,
      Date.parse(lastSentAt ?? '') - since,
    ]),
  ]);
}

try {
  const rows = new Map<string, number[]>();
  for (let index = 0; index <= STUDIES; index += 1) {
    const study = writeStudy(folder, {
      kind: index % 2 === 0 ? 'DX' : 'CR',
      seed: `results-${index}`,
      lesion: { subtlety: 'obvious' },
    });
    await sendWithStorescu(instance.dicom, study.folder);
    const times = await timesOf(study.studyInstanceUid);
    // The first one warms up.
    if (index === 0) continue;
    for (const [name, ms] of times) rows.set(name, [...(rows.get(name) ?? []), ms / 1000]);
  }
  printTable(
    ['from the result to', 'median s', 'maximum s'],
    [...rows].map(([name, times]) => [
      name,
      median(times).toFixed(2),
      Math.max(...times).toFixed(2),
    ]),
  );
} finally {
  await instance.stop();
  await pacs.stop();
  rmSync(folder, { recursive: true, force: true });
}
