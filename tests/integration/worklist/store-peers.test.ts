import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { postStow, readStowAnswer, stowBody, stowPart } from '#tests/support/stow.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { startWebProcess, type WebProcess } from '#tests/support/web-process.ts';

const MEGABYTE = 1024 * 1024;
/** Megabytes; bodies of 200 and 300 are sent. Most of it is what V8 has not yet thrown away. */
const MAX_GROWTH = 180;

/** An Orthanc that knows us twice: with our token, and without. */
function startSender(url: string, token: string): Promise<Orthanc> {
  const Url = `${url}/dicomweb/`;
  const triage = { Url, HttpHeaders: { Authorization: `Bearer ${token}` } };
  const DicomWeb = { Enable: true, Servers: { triage, stranger: { Url } } };
  return startOrthanc({}, { Plugins: [peerPath('libOrthancDicomWeb.so')], DicomWeb });
}

describe('STOW-RS of the web process', () => {
  let web: WebProcess;
  let url: string;
  let token: string;

  beforeAll(async () => {
    web = await startWebProcess();
    ({ url, token } = web);
  });
  afterAll(() => web.stop());

  const instancesOf = (studyInstanceUid: string) =>
    web.database
      .selectFrom('instance')
      .innerJoin('study', 'study.studyKey', 'instance.studyKey')
      .select(['sopInstanceUid', 'fileBytes', 'callingAe', 'standing'])
      .where('studyInstanceUid', '=', studyInstanceUid)
      .execute();

  /** A multi-frame object of 300 MB, made while it is sent. */
  function multiFrame(seed: string) {
    const frames = 600;
    const attributes = { PixelData: undefined, NumberOfFrames: frames };
    const head = minimalImage({ modality: 'US', seed, rows: 1, columns: 1, attributes });
    const pixels = 512 * 1024;
    const element = Buffer.from('e07f10004f57000000000000', 'hex');
    element.writeUInt32LE(pixels * frames, 8);
    const frame = Buffer.alloc(pixels, 0x5a);
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.concat([stowPart('BOUNDARY'), head.bytes, element]);
      for (let number = 0; number < frames; number += 1) yield frame;
      yield Buffer.from('\r\n--BOUNDARY--\r\n');
    }
    return { head, body };
  }

  it('takes 2,000 images in one request without keeping them', async () => {
    const images = 2_000;
    const pixels = { Rows: 320, Columns: 320, PixelData: Buffer.alloc(320 * 320, 0x5a) };
    const imageAt = (instanceNumber: number) =>
      minimalImage({
        ...{ modality: 'CT', seed: 'many', instanceNumber },
        ...{ rows: 1, columns: 1, attributes: pixels },
      });
    const first = imageAt(1);
    async function* body(): AsyncGenerator<Buffer> {
      for (let number = 1; number <= images; number += 1) {
        yield Buffer.concat([stowPart('BOUNDARY'), imageAt(number).bytes, Buffer.from('\r\n')]);
      }
      yield Buffer.from('--BOUNDARY--\r\n');
    }
    const growth = await web.growthDuring(async () => {
      const stream = Readable.from(body(), { objectMode: false });
      const answer = await postStow({ url: `${url}/dicomweb/studies`, token, body: stream });
      expect(answer.status).toBe(200);
      const { stored } = readStowAnswer(answer);
      expect(stored).toHaveLength(images);
      expect(stored.every(({ url: address }) => typeof address === 'string')).toBe(true);
    });
    expect(await instancesOf(first.studyInstanceUid)).toHaveLength(images);
    expect(growth).toBeLessThan(MAX_GROWTH);
  });

  it('takes a multi-frame object of 300 MB without keeping it', async () => {
    const { head, body } = multiFrame('large');
    const growth = await web.growthDuring(async () => {
      const stream = Readable.from(body(), { objectMode: false });
      const answer = await postStow({ url: `${url}/dicomweb/studies`, token, body: stream });
      expect([answer.status, readStowAnswer(answer).stored.length]).toEqual([200, 1]);
    });
    const [row] = await instancesOf(head.studyInstanceUid);
    expect(Number(row?.fileBytes)).toBeGreaterThan(300 * MEGABYTE);
    expect(growth).toBeLessThan(MAX_GROWTH);
  });

  it('leaves nothing behind of a large part that breaks off', async () => {
    const { head, body } = multiFrame('broken');
    const incoming = () => readdirSync(join(web.dataDirectory, 'archive', 'incoming'));
    const stream = Readable.from(
      (async function* () {
        let sent = 0;
        for await (const chunk of body()) {
          yield chunk;
          sent += chunk.length;
          if (sent < 20 * MEGABYTE) continue;
          await waitFor(() => incoming().length > 0, { what: 'the part to lie on disk' });
          throw new Error('enough');
        }
      })(),
      { objectMode: false },
    );
    const sent = postStow({ url: `${url}/dicomweb/studies`, token, body: stream });
    await expect(sent).rejects.toThrow('enough');
    await waitFor(() => incoming().length === 0, { what: 'the half file to be gone' });
    expect(await instancesOf(head.studyInstanceUid)).toEqual([]);
  });

  describe.skipIf(missingPeer('curl'))('curl', () => {
    it('is answered, with a body that it sends after it was told to go on', async () => {
      const image = minimalImage({ modality: 'CR', seed: 'curl', rows: 512, columns: 512 });
      const file = join(web.dataDirectory, 'body.bin');
      writeFileSync(file, stowBody('XX', [image.bytes]));
      const type = 'Content-Type: multipart/related; type="application/dicom"; boundary=XX';
      const call = (bearer: string) =>
        promisify(execFile)(peerPath('curl'), [
          ...['-sS', '-w', '\n%{http_code}', '-H', 'Expect: 100-continue', '-H', type],
          ...['-H', `Authorization: Bearer ${bearer}`, '--data-binary', `@${file}`],
          `${url}/dicomweb/studies`,
        ]);
      expect((await call(token)).stdout).toMatch(/00081199.*\n200$/s);
      expect((await call('rt_wrong')).stdout).toMatch(/UNAUTHENTICATED.*\n401$/s);
      expect(await instancesOf(image.studyInstanceUid)).toHaveLength(1);
    });
  });

  describe.skipIf(missingPeer('Orthanc', 'libOrthancDicomWeb.so'))('Orthanc', () => {
    it('stores a study with us', async () => {
      const orthanc = await startSender(url, token);
      onTestFinished(() => orthanc.stop());
      const study = generateStudy({ kind: 'CT', seed: 77, lesion: null, slices: 12, matrix: 128 });
      const ids: string[] = [];
      for (const file of study.files) {
        const answer = z.object({ ID: z.string() });
        ids.push(
          answer.parse(JSON.parse(await orthanc.request('POST', '/instances', file.bytes))).ID,
        );
      }
      const stow = (name: string) =>
        orthanc.request(
          'POST',
          `/dicom-web/servers/${name}/stow`,
          JSON.stringify({ Resources: ids, Synchronous: true }),
        );
      await stow('triage');
      const rows = await instancesOf(study.studyInstanceUid);
      expect(rows.map(({ sopInstanceUid }) => sopInstanceUid).sort()).toEqual(
        study.files.map(({ sopInstanceUid }) => sopInstanceUid).sort(),
      );
      expect(new Set(rows.map(({ callingAe }) => callingAe))).toEqual(new Set(['PACS']));
      await stow('triage');
      expect(await instancesOf(study.studyInstanceUid)).toHaveLength(study.files.length);
      await expect(stow('stranger')).rejects.toThrow();
    });
  });
});
