import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { doorSchema } from '#contracts/site-status.ts';
import { reviewResponseSchema } from '#contracts/study.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type Orthanc, startOrthanc } from '../../support/orthanc.ts';
import { missingPeer } from '../../support/peers.ts';
import { addUser, PASSWORD } from '../../support/reader.ts';
import { sayingsOf } from '../../support/report-sayings.ts';
import { readStudy, writeStudy } from '../../support/studies.ts';
import { waitFor } from '../../support/wait-for.ts';

/** How long the two send each other everything, seconds; the long form: RADTRIAGE_LOOP_SECONDS=600. */
const LOOP_SECONDS = Number(process.env['RADTRIAGE_LOOP_SECONDS'] ?? 4);

/** Orthanc sends whatever comes in on to us, also what came from us. */
const FORWARD_ALL = `function OnStoredInstance(id, tags, metadata) SendToModality(id, 'RADTRIAGE') end`;

const instancesSchema = z.array(
  z.object({ ID: z.string(), MainDicomTags: z.looseObject({ SOPInstanceUID: z.string() }) }),
);

describe.skipIf(missingPeer('Orthanc'))(
  'a PACS that sends us everything and gets everything',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'radtriage-pacs-'));
    const study = writeStudy(folder, {
      kind: 'DX',
      seed: 'to-the-pacs',
      lesion: { subtlety: 'obvious' },
    });
    let pacs: Orthanc;
    let instance: Instance;

    beforeAll(async () => {
      const lua = join(folder, 'forward.lua');
      writeFileSync(lua, FORWARD_ALL);
      pacs = await startOrthanc({}, { LuaScripts: [lua], OverwriteInstances: true });
      const file = join(folder, 'site.json');
      const send = ['sr', 'seg', 'sc', 'ko', 'gsps', 'rejection'];
      const place = { host: '127.0.0.1', port: pacs.dicomPort, calledAe: 'ORTHANC' };
      const destinations = [{ name: 'pacs', kind: 'C-STORE', ...place, send }];
      writeFileSync(file, JSON.stringify({ destinations }));
      instance = await startInstance({ environment: { RADTRIAGE_CONFIG: file } });
      const { port, aeTitle } = instance.dicom;
      const modality = JSON.stringify({ AET: aeTitle, Host: '127.0.0.1', Port: port });
      await fetch(`${pacs.httpUrl}/modalities/RADTRIAGE`, { method: 'PUT', body: modality });
      for (const name of readdirSync(study.folder)) {
        await pacs.request('POST', '/instances', readFileSync(join(study.folder, name)));
      }
    });
    afterAll(async () => {
      await instance?.stop();
      await pacs?.stop();
      rmSync(folder, { recursive: true });
    });

    const inPacs = async () =>
      instancesSchema.parse(JSON.parse(await pacs.request('GET', '/instances?expand')));
    const tagsOf = async (id: string) =>
      z
        .looseObject({ Modality: z.string(), StudyInstanceUID: z.string() })
        .parse(JSON.parse(await pacs.request('GET', `/instances/${id}/simplified-tags`)));
    const modalities = async () => {
      const found = await inPacs();
      const tags = await Promise.all(found.map(({ ID }) => tagsOf(ID)));
      return tags.map(({ Modality }) => Modality).toSorted();
    };
    const results = () =>
      waitFor(
        async () => {
          const found = await modalities();
          return found.length >= 6 ? found : undefined;
        },
        { what: 'the results in the PACS', deadlineMs: 90_000 },
      );

    it('has report, segmentation, picture, key objects and boxes beside the image', async () => {
      expect(await results()).toEqual(['DX', 'KO', 'OT', 'PR', 'SEG', 'SR']);
      for (const { ID } of await inPacs()) {
        expect((await tagsOf(ID)).StudyInstanceUID).toBe(study.studyInstanceUid);
      }
    });

    it('is never answered by another result, however long each sends the other everything', async () => {
      const before = await results();
      const end = Date.now() + LOOP_SECONDS * 1000;
      await waitFor(() => Date.now() > end, {
        what: 'the end of the loop',
        deadlineMs: (LOOP_SECONDS + 60) * 1000,
        everyMs: 500,
      });
      const door = doorSchema.parse(await (await instance.api('/api/admin/door')).json());
      const orthanc = door.peers.find(({ aeTitle }) => aeTitle === 'ORTHANC');
      // The image, and each of our own objects come back.
      expect(orthanc?.stored).toBeGreaterThanOrEqual(6);
      const series = await instance.api(`/dicomweb/studies/${study.studyInstanceUid}/series`);
      expect(await series.json()).toHaveLength(6);
      expect(await modalities()).toEqual(before);
      const detail = await readStudy(instance, study.studyInstanceUid);
      expect(detail?.imageRevisions).toHaveLength(1);
      expect(detail?.analysisRuns).toHaveLength(1);
      expect(detail?.imageCount).toBe(1);
    });

    it('gets the word of the radiologist, signed and readable', async () => {
      await addUser(instance, 'ada', 'radiologist');
      const { origin } = new URL(instance.http.url);
      const login = await fetch(new URL('/api/session', instance.http.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body: JSON.stringify({ username: 'ada', password: PASSWORD }),
      });
      expect(login.ok).toBe(true);
      const cookie = login.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const detail = await readStudy(instance, study.studyInstanceUid);
      const verdicts = detail?.findings.map(({ id }) => ({ verdict: 'confirm', findingId: id }));
      const signed = await fetch(
        new URL(`/api/studies/${study.studyInstanceUid}/reviews`, instance.http.url),
        {
          method: 'POST',
          headers: { 'content-type': 'application/json', origin, cookie },
          body: JSON.stringify({ version: detail?.version, verdicts, comment: 'as marked' }),
        },
      );
      reviewResponseSchema.parse(await signed.json());
      const report = await waitFor(
        async () => {
          const found = await inPacs();
          const tags = await Promise.all(found.map(({ ID }) => tagsOf(ID)));
          return tags.find((one) => one['VerificationFlag'] === 'VERIFIED');
        },
        { what: 'the signed report in the PACS', deadlineMs: 60_000, everyMs: 250 },
      );
      expect(report).toMatchObject({ Modality: 'SR', CompletionFlag: 'COMPLETE' });
      expect(JSON.stringify(report['VerifyingObserverSequence'])).toContain('ada');
      expect(report['PredecessorDocumentsSequence']).toHaveLength(1);
      const said = sayingsOf(report);
      expect(said.some((saying) => /accept|confirm/i.test(saying))).toBe(true);
      expect(said).toContain('Comment: as marked');
      // The pictures stand as they were: nothing of them was changed.
      expect(await modalities()).toEqual(['DX', 'KO', 'OT', 'PR', 'SEG', 'SR', 'SR']);
    });
  },
);
