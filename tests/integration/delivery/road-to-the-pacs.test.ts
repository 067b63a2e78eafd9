import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Instance, startInstance } from '#tests/support/instance.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { findFreePort } from '#tests/support/ports.ts';
import { readStudy, sendWithStorescu, writeStudy } from '#tests/support/studies.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const series = z.array(z.object({ MainDicomTags: z.object({ Modality: z.string() }) }));
const found = z.array(z.object({ ID: z.string(), Type: z.string() }));

describe.skipIf(missingPeer('Orthanc', 'storescu'))('from an image to the PACS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-road-'));
  let orthanc: Orthanc;
  let instance: Instance;

  beforeAll(async () => {
    const port = await findFreePort();
    orthanc = await startOrthanc({ triage: ['RADTRIAGE', '127.0.0.1', port] });
    const pacs = {
      ...{ name: 'pacs', kind: 'C-STORE', host: '127.0.0.1', port: orthanc.dicomPort },
      ...{ calledAe: 'ORTHANC', send: ['sr', 'seg', 'sc', 'ko', 'gsps'], storageCommitment: true },
    };
    const config = join(folder, 'radtriage.yaml');
    const peers = [{ aeTitle: 'ORTHANC' }, { aeTitle: 'STORESCU' }];
    writeFileSync(config, stringify({ dicom: { peers }, destinations: [pacs] }));
    instance = await startInstance({
      environment: { RADTRIAGE_CONFIG: config },
      args: ['--activate-models', '--dicom-port', String(port)],
    });
  });
  afterAll(async () => {
    await instance?.stop();
    await orthanc?.stop();
    rmSync(folder, { recursive: true });
  });

  it('a flagged study has its objects there once, and the PACS has promised to keep them', async () => {
    const lesion = { subtlety: 'obvious' } as const;
    const study = writeStudy(folder, { kind: 'CR', seed: 'road-to-the-pacs', lesion });
    expect((await sendWithStorescu(instance.dicom, study.folder)).code).toBe(0);
    await waitFor(
      async () => (await readStudy(instance, study.studyInstanceUid))?.status === 'analysed',
      { what: 'the analysis', deadlineMs: 60_000 },
    );
    const lines = await waitFor(
      async () => {
        const { stdout } = await instance.cli(['deliveries', 'list', '--all']);
        const rows = stdout.trim().split('\n').slice(1);
        const done = rows.length > 0 && rows.every((row) => / sent .* committed /.test(row));
        return done ? rows : undefined;
      },
      { what: 'everything to be sent and committed to', deadlineMs: 60_000, everyMs: 500 },
    );
    const [held] = found
      .parse(JSON.parse(await orthanc.request('POST', '/tools/lookup', study.studyInstanceUid)))
      .filter(({ Type }) => Type === 'Study');
    const statistics = await orthanc.request('GET', `/studies/${held?.ID}/statistics`);
    const { CountInstances } = z
      .object({ CountInstances: z.union([z.string(), z.number()]) })
      .parse(JSON.parse(statistics));
    expect(Number(CountInstances)).toBe(lines.length);
    const modalities = series
      .parse(JSON.parse(await orthanc.request('GET', `/studies/${held?.ID}/series`)))
      .map(({ MainDicomTags }) => MainDicomTags.Modality);
    expect(modalities).toContain('SR');
    expect(modalities).toContain('KO');
    const doctor = await instance.cli(['doctor']);
    expect(doctor.stdout).toMatch(
      /destination pacs \(ORTHANC@127\.0\.0\.1:\d+\).*C-ECHO answered 0000H/,
    );
  });
});
