import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { findPeer, missingPeer } from '#tests/support/peers.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { type SeededStudy, seedFiles, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

const dicomJson = z.array(z.record(z.string(), z.looseObject({ vr: z.string() })));
const MULTIPART = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';

/** Splits multipart/related with one part, as a browser's viewer does. */
function splitPart(contentType: string, body: Buffer): { head: string; part: Buffer } {
  const boundary = /boundary=([^;]+)/.exec(contentType)?.[1] ?? 'none';
  const start = body.indexOf('\r\n\r\n');
  const end = body.indexOf(`\r\n--${boundary}--`);
  expect(body.subarray(0, boundary.length + 2).toString()).toBe(`--${boundary}`);
  return { head: body.subarray(0, start).toString(), part: body.subarray(start + 4, end) };
}

describe('DICOMweb', () => {
  const directory = temporaryDirectory();
  let server: TestDatabase;
  let web: Web;
  let call: Caller;

  const keep = async (files: readonly Buffer[], studyInstanceUid: string): Promise<SeededStudy> => {
    const study = await seedStudy(server.database, { studyInstanceUid, patientId: 'PID-7' });
    await seedFiles(server.database, study, { directory: directory.path, files });
    return study;
  };
  const bytesOf = async (path: string, accept: string) => {
    const response = await call(path, { headers: { accept } });
    expect([path, response.status]).toEqual([path, 200]);
    const contentType = response.headers.get('content-type') ?? '';
    return { contentType, body: Buffer.from(await response.arrayBuffer()) };
  };
  const addressOf = async (study: SeededStudy, index = 0): Promise<string> => {
    const row = await server.database
      .selectFrom('instance')
      .select(['seriesInstanceUid', 'sopInstanceUid'])
      .where('studyKey', '=', study.studyKey)
      .orderBy('instanceNumber')
      .offset(index)
      .executeTakeFirstOrThrow();
    return `/dicomweb/studies/${study.studyInstanceUid}/series/${row.seriesInstanceUid}/instances/${row.sopInstanceUid}`;
  };

  beforeAll(async () => {
    server = await startTestDatabase();
    const place = { database: server.database, databaseUrl: server.url, directory: directory.path };
    web = await startTestWeb(place);
    call = await callerFor(web, server.database, { role: 'radiologist', name: 'dicomweb' });
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
  });

  describe('a CT series', () => {
    const generated = generateStudy({ kind: 'CT', seed: 31, lesion: null, slices: 4, matrix: 64 });
    let study: SeededStudy;

    beforeAll(async () => {
      study = await keep(
        generated.files.map((file) => file.bytes),
        generated.studyInstanceUid,
      );
    });

    it('gives metadata of study, series and instance, without pixels, for the asker alone to keep', async () => {
      const address = await addressOf(study);
      const root = `/dicomweb/studies/${study.studyInstanceUid}`;
      const response = await call(`${root}/metadata`);
      expect(response.headers.get('content-type')).toMatch(/^application\/dicom\+json/);
      expect(response.headers.get('cache-control')).toMatch(/^private,/);
      expect(response.headers.get('vary')).toMatch(/Cookie, Authorization/);
      const all = dicomJson.parse(await response.json());
      expect(all).toHaveLength(4);
      expect(all[0]).toMatchObject({
        '00280010': { vr: 'US', Value: [64] },
        '00080060': { vr: 'CS', Value: ['CT'] },
        '00083002': { vr: 'UI', Value: ['1.2.840.10008.1.2.1'] },
        '7FE00010': { BulkDataURI: `${web.url}${address}/frames` },
      });
      expect(all.map((instance) => instance['00200013']?.['Value'])).toEqual([[1], [2], [3], [4]]);
      const series = address.replace(/\/instances.*/, '');
      expect(await (await call(`${series}/metadata`)).json()).toEqual(all);
      expect(await (await call(`${address}/metadata`)).json()).toEqual([all[0]]);
      const etag = response.headers.get('etag') ?? '';
      const again = await call(`${root}/metadata`, { headers: { 'if-none-match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
      const stranger = await fetch(`${web.url}${root}/metadata`, {
        headers: { 'if-none-match': etag },
      });
      expect(stranger.status).toBe(401);
    });

    it('gives the frame that was sent, in one part or bare', async () => {
      const address = await addressOf(study, 2);
      const file = generated.files[2]?.bytes ?? Buffer.alloc(0);
      const pixels = file.subarray(file.length - 64 * 64 * 2);
      const multi = await bytesOf(`${address}/frames/1`, MULTIPART);
      expect(multi.contentType).toMatch(
        /^multipart\/related; type="application\/octet-stream"; transfer-syntax=1\.2\.840\.10008\.1\.2\.1; boundary=/,
      );
      const { head, part } = splitPart(multi.contentType, multi.body);
      expect(head).toContain(
        'Content-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1',
      );
      expect(part.equals(pixels)).toBe(true);
      const bare = await bytesOf(`${address}/frames/1`, 'application/octet-stream');
      expect(bare.contentType).toBe(
        'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1',
      );
      expect(bare.body.equals(pixels)).toBe(true);
    });

    it('gives the instance as it was received', async () => {
      const address = await addressOf(study, 1);
      const file = generated.files[1]?.bytes ?? Buffer.alloc(0);
      const bare = await bytesOf(address, 'application/dicom');
      expect(bare.body.equals(file)).toBe(true);
      const multi = await bytesOf(address, 'multipart/related; type="application/dicom"');
      expect(splitPart(multi.contentType, multi.body).part.equals(file)).toBe(true);
    });

    it('refuses what it has not', async () => {
      const address = await addressOf(study);
      const statusOf = async (path: string, accept = '*/*') => {
        const response = await call(path, { headers: { accept } });
        return [response.status, z.object({ code: z.string() }).parse(await response.json()).code];
      };
      expect(await statusOf(`${address}/frames/2`)).toEqual([404, 'NOT_FOUND']);
      expect(await statusOf(`${address}/frames/0`)).toEqual([400, 'REQUEST_INVALID']);
      expect(await statusOf(`${address}/frames/1`, 'image/jpeg')).toEqual([406, 'NOT_ACCEPTABLE']);
      const jpeg =
        'multipart/related; type="application/octet-stream"; transfer-syntax=1.2.840.10008.1.2.4.50';
      expect(await statusOf(`${address}/frames/1`, jpeg)).toEqual([406, 'NOT_ACCEPTABLE']);
      expect(await statusOf(`${address}/metadata`, 'text/html')).toEqual([406, 'NOT_ACCEPTABLE']);
      expect(await statusOf('/dicomweb/studies/1.2.3/metadata')).toEqual([404, 'NOT_FOUND']);
      const elsewhere = address.replace(/series\/[0-9.]+/, 'series/1.2.3');
      expect(await statusOf(`${elsewhere}/frames/1`)).toEqual([404, 'NOT_FOUND']);
    });

    it('records who looked, once for a series', async () => {
      const entries = await server.database
        .selectFrom('auditLog')
        .selectAll()
        .where('studyInstanceUid', '=', study.studyInstanceUid)
        .where('action', '=', 'images.read')
        .execute();
      expect(entries.map((entry) => entry.actor)).toEqual(['token:dicomweb']);
    });
  });

  it('gives implicit and deflated pixels as explicit little endian', async () => {
    const implicit = generateStudy({
      kind: 'DX',
      seed: 5,
      lesion: null,
      transferSyntax: 'implicit',
    });
    const file = implicit.files[0]?.bytes ?? Buffer.alloc(0);
    const study = await keep([file], implicit.studyInstanceUid);
    const frame = await bytesOf(`${await addressOf(study)}/frames/1`, 'application/octet-stream');
    expect(frame.contentType).toContain('transfer-syntax=1.2.840.10008.1.2.1');
    expect(frame.body.equals(file.subarray(file.length - frame.body.length))).toBe(true);

    const plain = minimalImage({ modality: 'DX', seed: 6 }).bytes;
    const deflated = deflate(plain);
    const second = await keep(
      [deflated],
      minimalImage({ modality: 'DX', seed: 6 }).studyInstanceUid,
    );
    const address = await addressOf(second);
    const inflated = await bytesOf(`${address}/frames/1`, 'application/octet-stream');
    expect(inflated.body.equals(plain.subarray(plain.length - 256))).toBe(true);
    expect(await (await call(`${address}/metadata`)).json()).toMatchObject([
      { '00280010': { Value: [16] }, '00083002': { Value: ['1.2.840.10008.1.2.1'] } },
    ]);
  });

  it('gives large binary values where the metadata points to', async () => {
    const table = Buffer.from(Uint8Array.from({ length: 4096 }, (_, index) => index % 251));
    const options = { modality: 'DX', seed: 77 } as const;
    const value = { tag: 0x00091010, vr: 'OB', value: table } as const;
    const object = minimalImage({ ...options, extra: [value] });
    const address = await addressOf(await keep([object.bytes], object.studyInstanceUid));
    const [json] = dicomJson.parse(await (await call(`${address}/metadata`)).json());
    const uri = z.string().parse(json?.['00091010']?.['BulkDataURI']);
    expect(uri).toBe(`${web.url}${address}/bulkdata/00091010`);
    const bare = await bytesOf(uri, 'application/octet-stream');
    expect(bare.body.equals(table)).toBe(true);
    const multi = await bytesOf(uri, MULTIPART);
    expect(splitPart(multi.contentType, multi.body).part.equals(table)).toBe(true);
    expect((await call(`${address}/bulkdata/00091011`)).status).toBe(404);
    expect((await call(`${address}/bulkdata/x%2F..%2Fy`)).status).toBe(404);
  });

  describe.skipIf(missingPeer('dcmconv', 'dcmcrle', 'dcmcjpls'))('files of dcmtk', () => {
    const run = (program: string, ...args: string[]) => execFileSync(findPeer(program) ?? '', args);
    const generated = generateStudy({ kind: 'CT', seed: 9, lesion: null, slices: 1, matrix: 64 });
    const source = generated.files[0]?.bytes ?? Buffer.alloc(0);
    const pixels = source.subarray(source.length - 64 * 64 * 2);

    const convert = async (program: string, ...options: string[]) => {
      const [from, to] = [join(directory.path, 'from.dcm'), join(directory.path, 'to.dcm')];
      writeFileSync(from, source);
      run(program, ...options, from, to);
      await server.database.deleteFrom('instance').execute();
      await server.database.deleteFrom('imageRevision').execute();
      await server.database.deleteFrom('study').execute();
      const study = await keep([readFileSync(to)], generated.studyInstanceUid);
      return addressOf(study);
    };

    it('turns big endian pixels round', async () => {
      const address = await convert('dcmconv', '+tb');
      const frame = await bytesOf(`${address}/frames/1`, 'application/octet-stream');
      expect(frame.body.equals(pixels)).toBe(true);
      const metadata = await (await call(`${address}/metadata`)).json();
      expect(metadata).toMatchObject([{ '00280010': { Value: [64] } }]);
    });

    it.each([
      ['dcmcrle', '1.2.840.10008.1.2.5'],
      ['dcmcjpls', '1.2.840.10008.1.2.4.80'],
    ])('passes frames of %s through as stored', async (program, syntax) => {
      const address = await convert(program);
      const stored = readFileSync(join(directory.path, 'to.dcm'));
      const multi = await bytesOf(`${address}/frames/1`, MULTIPART);
      const { head, part } = splitPart(multi.contentType, multi.body);
      expect(head).toContain(`transfer-syntax=${syntax}`);
      // An item of Pixel Data holds exactly these bytes, and its length stands before them.
      const at = stored.indexOf(part);
      expect(at).toBeGreaterThan(0);
      expect(stored.readUInt32LE(at - 4)).toBe(part.length);
      const metadata = await (await call(`${address}/metadata`)).json();
      expect(metadata).toMatchObject([{ '00083002': { Value: [syntax] } }]);
    });
  });
});

/** The same object in Deflated Explicit VR Little Endian; the file meta group length stays true. */
function deflate(file: Buffer): Buffer {
  const metaLength = file.readUInt32LE(140);
  const end = 144 + metaLength;
  const syntax = Buffer.from('1.2.840.10008.1.2.1');
  const at = file.indexOf(syntax, 132);
  const longer = Buffer.from('1.2.840.10008.1.2.1.99');
  const head = Buffer.concat([
    file.subarray(0, at - 2),
    Buffer.from([longer.length, 0]),
    longer,
    file.subarray(at + file.readUInt16LE(at - 2), end),
  ]);
  head.writeUInt32LE(metaLength + longer.length - file.readUInt16LE(at - 2), 140);
  const body = deflateRawSync(file.subarray(end));
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}
