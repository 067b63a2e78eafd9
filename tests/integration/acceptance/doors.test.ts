import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateStudy } from '#test-data/study.ts';
import { type Instance, startInstance } from '#tests/support/instance.ts';
import { postStow, readStowAnswer, stowBody } from '#tests/support/stow.ts';
import { readStudy } from '#tests/support/studies.ts';
import { waitFor } from '#tests/support/wait-for.ts';

describe('the doors beside DICOM, while the system runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'radtriage-doors-'));
  let instance: Instance;

  beforeAll(async () => {
    instance = await startInstance();
  });
  afterAll(async () => {
    await instance?.stop();
    rmSync(folder, { recursive: true });
  });

  const untilAnalysed = (studyInstanceUid: string, images: number) =>
    waitFor(
      async () => {
        const study = await readStudy(instance, studyInstanceUid);
        return study?.status === 'analysed' && study.imageCount === images ? study : undefined;
      },
      { what: 'the study to be analysed', deadlineMs: 60_000 },
    );

  it('take a study over STOW-RS, analyse it, and give the very files back', async () => {
    const study = generateStudy({ kind: 'CT', seed: 901, lesion: null, slices: 6, matrix: 64 });
    const made = await instance.cli(['token', 'create', 'GATEWAY', '--role', 'service']);
    const files = study.files.map(({ bytes }) => bytes);
    const answer = await postStow({
      url: `${instance.http.url}/dicomweb/studies/${study.studyInstanceUid}`,
      token: made.stdout.trim(),
      body: stowBody('BOUNDARY', files),
    });
    expect(answer.status).toBe(200);
    await untilAnalysed(study.studyInstanceUid, files.length);
    const byUid = new Map(study.files.map((file) => [file.sopInstanceUid, file.bytes]));
    for (const { sopInstanceUid, url } of readStowAnswer(answer).stored) {
      const { pathname } = new URL(String(url));
      const back = await instance.api(pathname, { headers: { accept: 'application/dicom' } });
      const bytes = Buffer.from(await back.arrayBuffer());
      const sent = byUid.get(String(sopInstanceUid)) ?? Buffer.alloc(0);
      const pixels = 64 * 64 * 2;
      expect(bytes.subarray(-pixels).equals(sent.subarray(-pixels))).toBe(true);
    }
  });

  it('import a folder, analyse it, and know on a second run that it is done', async () => {
    const study = generateStudy({ kind: 'CT', seed: 902, lesion: null, slices: 6, matrix: 64 });
    for (const file of study.files) writeFileSync(join(folder, file.name), file.bytes);
    const first = await instance.cli(['import', folder]);
    expect(first).toMatchObject({ code: 0, stdout: '6 stored\n' });
    await untilAnalysed(study.studyInstanceUid, 6);
    const second = await instance.cli(['import', folder]);
    expect(second).toMatchObject({ code: 0, stdout: '0 stored, 6 imported by an earlier run\n' });
  });
});
