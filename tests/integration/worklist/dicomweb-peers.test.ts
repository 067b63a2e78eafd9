import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { launchChromium } from '#tests/support/chromium.ts';
import { installClient } from '#tests/support/client-package.ts';
import { startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { PYTHON } from '#tests/support/python.ts';
import { postStow, stowBody, stowPart } from '#tests/support/stow.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { startWebProcess, type WebProcess } from '#tests/support/web-process.ts';

/** Megabytes; answers of 200 and 300 are sent. Most of it is what V8 has not yet thrown away. */
const MAX_GROWTH = 180;
const IMAGES = 2_000;
const FRAMES = 600;
const FRAME_BYTES = 512 * 1024;
const DICOM_PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const FRAME_PARTS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';

/** A series of many images of 100 KB, and an object of many frames of 512 KB, made while they are sent. */
const pixels = { Rows: 320, Columns: 320, PixelData: Buffer.alloc(320 * 320, 0x5a) };
const imageAt = (instanceNumber: number) =>
  minimalImage({
    ...{ modality: 'CT', seed: 'many', instanceNumber },
    ...{ rows: 1, columns: 1, attributes: pixels },
  });
const multiFrame = minimalImage({
  ...{ modality: 'US', seed: 'large', rows: 512, columns: 1024 },
  attributes: { PixelData: undefined, NumberOfFrames: FRAMES },
});
const frameAt = (number: number) => Buffer.alloc(FRAME_BYTES, number % 251);

async function* seriesBody(): AsyncGenerator<Buffer> {
  for (let number = 1; number <= IMAGES; number += 1) {
    yield Buffer.concat([stowPart('BOUNDARY'), imageAt(number).bytes, Buffer.from('\r\n')]);
  }
  yield Buffer.from('--BOUNDARY--\r\n');
}

async function* multiFrameBody(): AsyncGenerator<Buffer> {
  const element = Buffer.from('e07f10004f57000000000000', 'hex');
  element.writeUInt32LE(FRAME_BYTES * FRAMES, 8);
  yield Buffer.concat([stowPart('BOUNDARY'), multiFrame.bytes, element]);
  for (let number = 1; number <= FRAMES; number += 1) yield frameAt(number);
  yield Buffer.from('\r\n--BOUNDARY--\r\n');
}

/** `radtriage web` as a process of its own, asked by clients that know nothing of us. */
describe('DICOMweb of the web process', () => {
  let web: WebProcess;

  const store = async (body: AsyncGenerator<Buffer>) => {
    const stream = Readable.from(body, { objectMode: false });
    const { token } = web;
    const answer = await postStow({ url: `${web.url}/dicomweb/studies`, token, body: stream });
    expect(answer.status).toBe(200);
  };
  /** An answer whose body nobody reads yet. */
  const open = (path: string, accept: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${web.token}`, accept };
      httpGet(`${web.url}${path}`, { headers, agent: false }, resolve).once('error', reject);
    });
  const drain = async (path: string, accept: string) => {
    const response = await open(path, accept);
    expect([path, response.statusCode]).toEqual([path, 200]);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of response) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  };
  const { studyInstanceUid, seriesInstanceUid } = imageAt(1);
  const seriesPath = `/dicomweb/studies/${studyInstanceUid}/series/${seriesInstanceUid}`;
  const objectPath = `/dicomweb/studies/${multiFrame.studyInstanceUid}/series/${multiFrame.seriesInstanceUid}/instances/${multiFrame.sopInstanceUid}`;

  beforeAll(async () => {
    web = await startWebProcess();
    await store(seriesBody());
    await store(multiFrameBody());
  });
  afterAll(() => web.stop());

  it('gives 2,000 images in one answer without keeping them', async () => {
    const growth = await web.growthDuring(async () => {
      const { bytes } = await drain(seriesPath, DICOM_PARTS);
      expect(bytes).toBeGreaterThan(IMAGES * pixels.PixelData.length);
    });
    expect(growth).toBeLessThan(MAX_GROWTH);
  });

  it('gives their metadata without keeping it', async () => {
    const growth = await web.growthDuring(async () => {
      const { bytes } = await drain(`${seriesPath}/metadata`, 'application/dicom+json');
      expect(bytes).toBeGreaterThan(IMAGES * 1000);
    });
    expect(growth).toBeLessThan(MAX_GROWTH);
  });

  it('gives an object of 300 MB, and all of its frames, without keeping them', async () => {
    const growth = await web.growthDuring(async () => {
      const object = await drain(objectPath, 'application/dicom');
      expect(object.bytes).toBeGreaterThan(FRAMES * FRAME_BYTES);
      const list = Array.from({ length: FRAMES }, (_, index) => index + 1).join(',');
      const frames = await drain(`${objectPath}/frames/${list}`, FRAME_PARTS);
      expect(frames.bytes).toBeGreaterThan(FRAMES * FRAME_BYTES);
      const last = await drain(`${objectPath}/frames/${FRAMES}`, 'application/octet-stream');
      expect(last.sha256).toBe(createHash('sha256').update(frameAt(FRAMES)).digest('hex'));
    });
    expect(growth).toBeLessThan(MAX_GROWTH);
  });

  it('reads no further than a client takes, and closes everything when it goes away', async () => {
    const before = web.openFiles();
    const idle: IncomingMessage[] = [];
    onTestFinished(() => idle.forEach((response) => void response.destroy()));
    const growth = await web.growthDuring(async () => {
      for (let client = 0; client < 10; client += 1) {
        idle.push(await open(objectPath, DICOM_PARTS));
        idle.push(await open(seriesPath, DICOM_PARTS));
      }
      // While they hold on, another one is served.
      await drain(`${objectPath}/frames/1`, FRAME_PARTS);
    });
    expect(growth).toBeLessThan(MAX_GROWTH);
    expect(web.openFiles()).toBeGreaterThan(before);
    for (const response of idle) response.destroy();
    await waitFor(() => web.openFiles() <= before, { what: 'the files to be closed' });
  });

  it('breaks off when a file is not there, instead of ending as if it were whole', async () => {
    // More than is gathered before the first byte is sent.
    const size = { rows: 1024, columns: 1024 };
    const [image, other] = [1, 2].map((instanceNumber) =>
      minimalImage({ modality: 'CR', seed: 'missing', instanceNumber, ...size }),
    );
    if (image === undefined || other === undefined) throw new Error('no images');
    const body = stowBody('BOUNDARY', [image.bytes, other.bytes]);
    await postStow({ url: `${web.url}/dicomweb/studies`, token: web.token, body });
    const { blobPath } = await web.database
      .selectFrom('instance')
      .select('blobPath')
      .where('sopInstanceUid', '=', other.sopInstanceUid)
      .executeTakeFirstOrThrow();
    rmSync(join(web.dataDirectory, 'archive', blobPath));
    const root = `/dicomweb/studies/${image.studyInstanceUid}`;
    await expect(drain(root, DICOM_PARTS)).rejects.toThrow(/aborted|closed|hang up/);
    const alone = `${root}/series/${other.seriesInstanceUid}/instances/${other.sopInstanceUid}`;
    for (const end of ['', '/frames/1', '/metadata']) {
      const response = await open(`${alone}${end}`, '*/*');
      const told = JSON.parse(Buffer.concat(await response.toArray()).toString());
      expect([end, response.statusCode, told]).toMatchObject([
        end,
        500,
        { code: 'STORAGE_FAILED' },
      ]);
    }
  });

  it('finds studies and series by what was read out of their headers when they came in', async () => {
    const image = minimalImage({
      ...{ modality: 'MR', seed: 'keys' },
      attributes: { StudyID: 'S-77', ReferringPhysicianName: 'Who^Doctor' },
      extra: [
        { tag: 0x00400244, vr: 'DA', value: '20260203' },
        {
          ...{ tag: 0x00400275, vr: 'SQ' },
          value: {
            items: [
              [
                { tag: 0x00400009, vr: 'SH', value: 'STEP-1' },
                { tag: 0x00401001, vr: 'SH', value: 'PROC-1' },
              ],
            ],
          },
        },
      ],
    });
    const body = stowBody('BOUNDARY', [image.bytes]);
    await postStow({ url: `${web.url}/dicomweb/studies`, token: web.token, body });
    const count = async (path: string) => {
      const response = await open(`/dicomweb${path}`, 'application/dicom+json');
      const text = Buffer.concat(await response.toArray()).toString();
      return z.array(z.unknown()).parse(JSON.parse(text)).length;
    };
    expect(await count('/studies?StudyID=S-77&ReferringPhysicianName=who*')).toBe(1);
    expect(await count('/studies?StudyID=S-78')).toBe(0);
    const step = 'RequestAttributesSequence.ScheduledProcedureStepID=STEP-1';
    expect(await count(`/series?${step}&PerformedProcedureStepStartDate=20260201-`)).toBe(1);
    expect(await count('/series?00400275.00401001=PROC-2')).toBe(0);
  });

  const study = generateStudy({ kind: 'CT', seed: 78, lesion: null, slices: 6, matrix: 128 });
  const keepStudy = async () => {
    const body = stowBody(
      'BOUNDARY',
      study.files.map((file) => file.bytes),
    );
    await postStow({ url: `${web.url}/dicomweb/studies`, token: web.token, body });
  };

  describe.skipIf(missingPeer('Orthanc', 'libOrthancDicomWeb.so'))('Orthanc', () => {
    it('searches here and retrieves what it found', async () => {
      await keepStudy();
      const triage = {
        Url: `${web.url}/dicomweb/`,
        HttpHeaders: { Authorization: `Bearer ${web.token}` },
      };
      const DicomWeb = { Enable: true, Servers: { triage } };
      const Plugins = [peerPath('libOrthancDicomWeb.so')];
      const orthanc = await startOrthanc({}, { Plugins, DicomWeb });
      onTestFinished(() => orthanc.stop());
      const post = (path: string, body: unknown) =>
        orthanc.request('POST', `/dicom-web/servers/triage/${path}`, JSON.stringify(body));
      const query = (Uri: string, Arguments: Record<string, string>) =>
        post('qido', { Uri, Arguments });
      const found = await query('/studies', { StudyInstanceUID: study.studyInstanceUid });
      expect(found).toContain(study.studyInstanceUid);
      expect(await query('/studies', { PatientID: 'nobody' })).not.toContain('0020000d');
      await post('retrieve', {
        Resources: [{ Study: study.studyInstanceUid }],
        Synchronous: true,
      });
      const list = z
        .array(z.string())
        .parse(JSON.parse(await orthanc.request('GET', '/instances')));
      expect(list).toHaveLength(study.files.length);
      const tags = await orthanc.request('GET', `/instances/${list[0]}/simplified-tags`);
      expect(tags).toContain(study.patientId);
    });
  });

  describe.skipIf(missingPeer('chromium'))('the client library that OHIF has', () => {
    it('searches, reads metadata, frames and pictures, and stores', async (test) => {
      const folder = temporaryDirectory();
      onTestFinished(() => folder.remove());
      if (!installClient('npm', { name: 'dicomweb-client@0.11.3', folder: folder.path })) {
        test.skip();
      }
      await keepStudy();
      const browser = await launchChromium('none');
      onTestFinished(() => browser.close());
      const page = await (await browser.newContext({ bypassCSP: true })).newPage();
      await page.goto(web.url);
      const library = 'node_modules/dicomweb-client/build/dicomweb-client.js';
      await page.addScriptTag({ path: join(folder.path, library) });
      const image = minimalImage({ modality: 'DX', seed: 'browser' });
      const told: unknown = await page.evaluate(askAsOhif, {
        url: `${web.url}/dicomweb`,
        token: web.token,
        studyInstanceUid: study.studyInstanceUid,
        file: image.bytes.toString('base64'),
      });
      expect(told).toEqual({
        studies: 1,
        none: 0,
        series: ['CT'],
        instances: 6,
        metadata: 6,
        frame: 128 * 128 * 2,
        whole: 6,
        picture: [0xff, 0xd8],
      });
      const rows = await web.database
        .selectFrom('instance')
        .select('callingAe')
        .where('sopInstanceUid', '=', image.sopInstanceUid)
        .execute();
      expect(rows).toEqual([{ callingAe: 'PACS' }]);
    });
  });

  it("is understood by Python's dicomweb-client", async (test) => {
    const folder = temporaryDirectory();
    onTestFinished(() => folder.remove());
    if (!installClient('pip', { name: 'dicomweb-client==0.61.2', folder: folder.path }))
      test.skip();
    await keepStudy();
    const script = join(import.meta.dirname, 'dicomweb-client.py');
    const { status, stdout, stderr } = spawnSync(
      PYTHON,
      [script, `${web.url}/dicomweb`, study.studyInstanceUid],
      { env: { PYTHONPATH: folder.path, TOKEN: web.token }, encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, expect.anything()]);
    expect(JSON.parse(stdout)).toEqual({
      studies: 1,
      none: 0,
      series: 1,
      metadata: 6,
      instances: 6,
      frame: [128, 128],
    });
  });
});

interface Asked {
  readonly url: string;
  readonly token: string;
  readonly studyInstanceUid: string;
  readonly file: string;
}

/** Runs in the page. What OHIF asks, in its order, by the calls that it makes of its library. */
async function askAsOhif({ url, token, studyInstanceUid, file }: Asked): Promise<unknown> {
  // biome-ignore lint/suspicious/noExplicitAny: the library has no types, and this runs in the page.
  const { DICOMwebClient } = (globalThis as any).DICOMwebClient.api;
  const headers = { Authorization: `Bearer ${token}` };
  const client = new DICOMwebClient({ url, headers });
  const queryParams = {
    ...{ StudyInstanceUID: studyInstanceUid, limit: 101, offset: 0, fuzzymatching: false },
    includefield: '00081030,00080060,00080090,00100030',
  };
  const studies = await client.searchForStudies({ queryParams });
  const none = await client.searchForStudies({ queryParams: { PatientID: 'nobody' } });
  const series = await client.searchForSeries({
    studyInstanceUID: studyInstanceUid,
    queryParams: { includefield: '0008103E,00080021' },
  });
  const seriesInstanceUID = series[0]['0020000E'].Value[0];
  const place = { studyInstanceUID: studyInstanceUid, seriesInstanceUID };
  const instances = await client.searchForInstances(place);
  const metadata = await client.retrieveSeriesMetadata(place);
  const sopInstanceUID = metadata[0]['00080018'].Value[0];
  const [frame] = await client.retrieveInstanceFrames({
    ...place,
    sopInstanceUID,
    frameNumbers: [1],
  });
  const whole = await client.retrieveSeries(place);
  // One picture, or a list with it, as the server packs it.
  const rendered = await client.retrieveInstanceRendered({
    ...{ ...place, sopInstanceUID },
    mediaTypes: [{ mediaType: 'image/jpeg' }],
  });
  const picture = new Uint8Array(Array.isArray(rendered) ? rendered[0] : rendered);
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  await client.storeInstances({ datasets: [bytes.buffer] });
  return {
    studies: studies.length,
    none: none.length,
    series: series.map((each: Record<string, { Value: string[] }>) => each['00080060']?.Value[0]),
    instances: instances.length,
    metadata: metadata.length,
    frame: frame.byteLength,
    whole: whole.length,
    picture: [...picture.subarray(0, 2)],
  };
}
