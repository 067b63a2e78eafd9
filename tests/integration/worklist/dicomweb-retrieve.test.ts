import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toDicomJson } from '#dicom/attributes/dicom-json.ts';
import { parseFileMeta } from '#dicom/part10/read-part10.ts';
import { minimalImage, minimalObject } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { DicomTools } from '#tests/support/dicom-tools.ts';
import { splitParts } from '#tests/support/multipart.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { seedFiles, seedStudy } from '#tests/support/seed-studies.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { type Caller, callerFor, startTestWeb } from '#tests/support/web-server.ts';
import type { Web } from '#worklist/start-web.ts';

const EXPLICIT = '1.2.840.10008.1.2.1';
const OCTETS = 'application/octet-stream';
const GREY_BYTES = 64 * 64 * 2;
const COLOR_BYTES = 16 * 18 * 3;
const DICOM_PARTS = 'multipart/related; type="application/dicom"';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** What a file says apart from how its pixels are described, by tag. */
function contentOf(file: Buffer) {
  const found = parseFileMeta(file, true);
  if (found === undefined) throw new Error('no DICOM file');
  const { transferSyntaxUid } = found.meta;
  const json = toDicomJson(file.subarray(found.dataSetOffset), transferSyntaxUid);
  return { transferSyntaxUid, json };
}

describe('WADO-RS', () => {
  const directory = temporaryDirectory();
  const tools = new DicomTools();
  let server: TestDatabase;
  let web: Web;
  let call: Caller;

  const keep = async (files: readonly Buffer[], kind?: 'object'): Promise<string> => {
    const [file = Buffer.alloc(0)] = files;
    const uid = String(contentOf(file).json['0020000D']?.Value?.[0]);
    const { database } = server;
    const known = await database
      .selectFrom('study')
      .select(['studyKey', 'studyInstanceUid'])
      .where('studyInstanceUid', '=', uid)
      .executeTakeFirst();
    const study = known ?? (await seedStudy(database, { studyInstanceUid: uid }));
    const place = { directory: directory.path, files };
    await seedFiles(database, study, kind === undefined ? place : { ...place, kind });
    return `/dicomweb/studies/${uid}`;
  };
  const addressOf = (file: Buffer): string => {
    const { json } = contentOf(file);
    const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map(
      (tag) => json[tag]?.Value?.[0],
    );
    return `/dicomweb/studies/${study}/series/${series}/instances/${instance}`;
  };
  const get = async (path: string, accept?: string): Promise<Answer> => {
    const response = await call(path, { headers: accept === undefined ? {} : { accept } });
    const body = Buffer.from(await response.arrayBuffer());
    const { status, headers } = response;
    return { status, headers, body, type: headers.get('content-type') ?? '' };
  };

  beforeAll(async () => {
    server = await startTestDatabase();
    const place = { database: server.database, databaseUrl: server.url, directory: directory.path };
    web = await startTestWeb(place);
    call = await callerFor(web, server.database, { role: 'service', name: 'viewer' });
  });
  afterAll(async () => {
    await web.close();
    await server.stop();
    directory.remove();
    tools[Symbol.dispose]();
  });

  describe('a study of two series', () => {
    const first = [1, 2, 3].map((instanceNumber) =>
      minimalImage({ modality: 'CT', seed: 'two', instanceNumber }),
    );
    const second = [1, 2].map((instanceNumber) =>
      minimalImage({
        ...{ modality: 'CT', seed: 'other', instanceNumber, seriesInstanceUid: '2.25.4711' },
        ...{ studyInstanceUid: first[0]?.studyInstanceUid ?? '', attributes: { SeriesNumber: 2 } },
      }),
    );
    const files = [...first, ...second].map(({ bytes }) => bytes);
    let root: string;

    beforeAll(async () => {
      root = await keep(files);
    });

    it('comes whole, each instance as it was received', async () => {
      const study = await get(root, DICOM_PARTS);
      expect(study.status).toBe(200);
      expect(study.type).toMatch(
        /^multipart\/related; type="application\/dicom"; transfer-syntax=1\.2\.840\.10008\.1\.2\.1; boundary=/,
      );
      expect(Number(study.headers.get('content-length'))).toBe(study.body.length);
      const parts = splitParts(study.type, study.body);
      expect(parts.map(({ bytes }) => bytes)).toEqual(files);
      expect(parts[0]?.head).toContain(
        `Content-Type: application/dicom; transfer-syntax=${EXPLICIT}`,
      );
      expect(parts[0]?.head).toContain(
        `Content-Location: ${web.url}${addressOf(files[0] ?? Buffer.alloc(0))}`,
      );
      const series = await get(`${root}/series/2.25.4711`, '*/*');
      expect(splitParts(series.type, series.body).map(({ bytes }) => bytes)).toEqual(
        files.slice(3),
      );
      const etag = series.headers.get('etag') ?? '';
      const again = await call(`${root}/series/2.25.4711`, {
        headers: { 'if-none-match': etag, accept: '*/*' },
      });
      expect([again.status, await again.text()]).toEqual([304, '']);
    });

    it('cannot come bare, nor in a syntax that nobody has', async () => {
      const bare = await get(root, 'application/dicom');
      const jpeg = await get(root, `${DICOM_PARTS}; transfer-syntax=1.2.840.10008.1.2.4.50`);
      for (const { status, body } of [bare, jpeg]) {
        expect([status, JSON.parse(body.toString())]).toMatchObject([
          406,
          { code: 'NOT_ACCEPTABLE', message: expect.stringContaining(EXPLICIT) },
        ]);
      }
      expect((await get('/dicomweb/studies/1.2.3', DICOM_PARTS)).status).toBe(404);
      expect((await get(`${root}/series/1.2.3`, DICOM_PARTS)).status).toBe(404);
    });

    it('is one entry of the audit log for each time it is taken, and one for all looks', async () => {
      const caller = await callerFor(web, server.database, { role: 'service', name: 'copies' });
      const address = addressOf(files[0] ?? Buffer.alloc(0));
      for (const path of [root, root, address, `${address}/frames/1`, `${address}/metadata`]) {
        await (await caller(path)).arrayBuffer();
      }
      const entries = await server.database
        .selectFrom('auditLog')
        .select(['action', 'details'])
        .where('actor', '=', 'token:copies')
        .orderBy('sequence')
        .execute();
      expect(entries).toEqual([
        { action: 'images.retrieved', details: { instances: 5 } },
        { action: 'images.retrieved', details: { instances: 5 } },
        { action: 'images.read', details: {} },
      ]);
    });
  });

  describe('an object of five frames', () => {
    const pixels = Buffer.from(Uint8Array.from({ length: 5 * 256 }, (_, at) => at >> 8));
    const image = minimalImage({
      ...{ modality: 'US', seed: 'frames' },
      attributes: { NumberOfFrames: 5, PixelData: pixels },
    });
    const address = addressOf(image.bytes);
    const frame = (number: number) => pixels.subarray((number - 1) * 256, number * 256);

    beforeAll(async () => {
      await keep([image.bytes]);
    });

    it('gives the frames of a list, in its order', async () => {
      const { status, type, body } = await get(`${address}/frames/2,5,1`, '*/*');
      expect(status).toBe(200);
      const parts = splitParts(type, body);
      expect(parts.map(({ bytes }) => bytes)).toEqual([frame(2), frame(5), frame(1)]);
    });

    it('gives all frames as the value that the metadata points to', async () => {
      const { type, body } = await get(`${address}/frames`, '*/*');
      expect(splitParts(type, body).map(({ bytes }) => bytes)).toEqual([pixels]);
    });

    it('refuses a list with a frame that there is not, and one that is none', async () => {
      const statusOf = async (list: string, accept = '*/*') =>
        (await get(`${address}/frames/${list}`, accept)).status;
      expect(await statusOf('1,6')).toBe(404);
      expect(await statusOf('1,')).toBe(400);
      expect(await statusOf('1,0')).toBe(400);
      expect(await statusOf('1,2', OCTETS)).toBe(406);
      expect(await statusOf(Array.from({ length: 600 }, () => 3).join(','))).toBe(200);
    });

    it('is rendered frame by frame', async () => {
      const { type, body } = await get(
        `${address}/rendered?window=2,4,linear-exact`,
        'image/png;q=0.1, */*;q=0.5',
      );
      expect(type).toMatch(/^multipart\/related; type="image\/jpeg"; boundary=/);
      expect(splitParts(type, body)).toHaveLength(5);
      expect((await get(`${address}/rendered`, 'image/png')).status).toBe(406);
      const one = await get(`${address}/frames/4/rendered?window=2,4,linear-exact`, 'image/png');
      expect(one.type).toBe('image/png');
      const raw = await sharp(one.body).raw().toBuffer({ resolveWithObject: true });
      expect(raw.info).toMatchObject({ width: 16, height: 16 });
      // Frame 4 holds threes: 3 lies at 3/4 between 0 and 4.
      expect([...new Set(raw.data)]).toEqual([191]);
      const small = await get(`${address}/thumbnail?viewport=8,8`, 'image/*');
      expect(small.type).toBe('image/jpeg');
      expect(await sharp(small.body).metadata()).toMatchObject({ width: 8, height: 8 });
    });
  });

  describe('rendered images', () => {
    const study = generateStudy({ kind: 'DX', seed: 8, lesion: null });
    const file = study.files[0]?.bytes ?? Buffer.alloc(0);
    const address = addressOf(file);
    const sizeOf = async (path: string) => {
      const { body } = await get(path, 'image/jpeg');
      const { width, height, format } = await sharp(body).metadata();
      return { width, height, format };
    };

    beforeAll(async () => {
      const image = minimalImage({ modality: 'DX', seed: 'report' });
      const report = minimalObject({ kind: 'SR', seed: 'report', of: image });
      await keep([image.bytes]);
      await keep([report.bytes], 'object');
      await keep([file]);
    });

    it('fit the viewport, show a region of it, and say what was not followed', async () => {
      const { json } = contentOf(file);
      const [rows, columns] = ['00280010', '00280011'].map((tag) => Number(json[tag]?.Value?.[0]));
      expect(await sizeOf(`${address}/rendered`)).toEqual({
        ...{ width: columns, height: rows, format: 'jpeg' },
      });
      const fitted = await sizeOf(`${address}/rendered?viewport=100,100`);
      expect(Math.max(fitted.width ?? 0, fitted.height ?? 0)).toBe(100);
      expect(await sizeOf(`${address}/rendered?viewport=40,20,10,10,80,40`)).toMatchObject({
        ...{ width: 40, height: 20 },
      });
      const small = await sizeOf(`/dicomweb/studies/${study.studyInstanceUid}/thumbnail`);
      expect(Math.max(small.width ?? 0, small.height ?? 0)).toBe(256);
      const noted = await get(`${address}/rendered?annotation=patient&quality=20`, 'image/jpeg');
      expect(noted.headers.get('warning')).toMatch(/annotation is not supported/);
      const fine = await get(`${address}/rendered?quality=95`, 'image/jpeg');
      expect(fine.body.length).toBeGreaterThan(noted.body.length);
      expect(noted.headers.get('etag')).not.toBe(fine.headers.get('etag'));
      expect((await get(`${address}/rendered?viewport=0,1`)).status).toBe(400);
      expect((await get(`${address}/rendered?viewport=9,9,0,0,99999,1`)).status).toBe(400);
    });

    it('can be asked for by a query parameter, and not of what is no image', async () => {
      expect((await get(`${address}/rendered?accept=image/png`, 'text/html')).type).toBe(
        'image/png',
      );
      const image = minimalImage({ modality: 'DX', seed: 'report' });
      const report = minimalObject({ kind: 'SR', seed: 'report', of: image });
      expect((await get(`${addressOf(report.bytes)}/rendered`)).status).toBe(406);
      const whole = await get(`/dicomweb/studies/${image.studyInstanceUid}/rendered`);
      expect([whole.status, whole.type]).toEqual([200, 'image/jpeg']);
    });
  });

  it('gives a compressed object as it is kept when it cannot be decoded, and says why when it must be', async () => {
    const broken = minimalImage({
      ...{ modality: 'CT', seed: 'broken', transferSyntax: '1.2.840.10008.1.2.5' },
      attributes: { PixelData: undefined },
      extra: [
        { tag: 0x7fe00010, vr: 'OB', value: { fragments: [Buffer.alloc(0), Buffer.alloc(80, 1)] } },
      ],
    });
    await keep([broken.bytes]);
    const address = addressOf(broken.bytes);
    const kept = await get(address, 'application/dicom');
    expect([kept.status, kept.body]).toEqual([200, broken.bytes]);
    expect(kept.type).toContain('transfer-syntax=1.2.840.10008.1.2.5');
    const explicit = await get(address, `application/dicom; transfer-syntax=${EXPLICIT}`);
    expect([explicit.status, JSON.parse(explicit.body.toString())]).toMatchObject([
      422,
      { code: 'PIXELS_UNDECODABLE' },
    ]);
  });

  const missing = missingPeer('dcmconv', 'dcmcrle', 'dcmcjpls', 'dcmcjpeg', 'gdcmconv', 'dcmdump');
  describe.skipIf(missing)('transcoding of what dcmtk and gdcm have written', () => {
    const convert = (program: string, flags: readonly string[], file: Buffer): Buffer => {
      const meta = parseFileMeta(file, true);
      const from = tools.write(file.subarray(meta?.dataSetOffset ?? 0), EXPLICIT);
      const to = tools.convert(program, flags, from);
      if (to === undefined) throw new Error(`${program} refuses the file`);
      return readFileSync(to);
    };
    const grey = (seed: string) =>
      generateStudy({ kind: 'CT', seed, lesion: null, slices: 1, matrix: 64 }).files[0]?.bytes ??
      Buffer.alloc(0);
    const color = (seed: string) =>
      minimalImage({
        ...{ modality: 'US', seed, rows: 16, columns: 18 },
        extra: [{ tag: 0x00280006, vr: 'US', value: 0 }],
        attributes: {
          SamplesPerPixel: 3,
          PhotometricInterpretation: 'RGB',
          PixelData: Buffer.from(
            Uint8Array.from({ length: COLOR_BYTES }, (_, at) => (at * 7) % 256),
          ),
        },
      }).bytes;

    it.each([
      ['implicit VR', 'dcmconv', ['+ti'], grey],
      ['big endian', 'dcmconv', ['+tb'], grey],
      ['RLE', 'dcmcrle', [], grey],
      ['RLE in colour', 'dcmcrle', [], color],
      ['JPEG lossless', 'dcmcjpeg', ['+e1'], grey],
      ['JPEG-LS', 'dcmcjpls', [], grey],
      ['JPEG 2000', 'gdcmconv', ['-K'], grey],
    ] as const)(
      'gives %s in Explicit VR Little Endian, as before it was converted',
      async (name, program, flags, make) => {
        const original = make(name);
        const length = make === grey ? GREY_BYTES : COLOR_BYTES;
        const kept = convert(program, flags, original);
        await keep([kept]);
        const address = addressOf(kept);
        for (const accept of [
          'application/dicom',
          `application/dicom; transfer-syntax=${EXPLICIT}`,
        ]) {
          const { status, body, headers, type } = await get(address, accept);
          expect([status, type]).toEqual([200, `application/dicom; transfer-syntax=${EXPLICIT}`]);
          expect(Number(headers.get('content-length'))).toBe(body.length);
          const [made, was] = [contentOf(body), contentOf(original)];
          expect(made.transferSyntaxUid).toBe(EXPLICIT);
          // Bytes of 8 bits may be called OB or OW.
          const { '7FE00010': _, ...rest } = was.json;
          expect(made.json).toMatchObject(rest);
          expect(body.subarray(-length)).toEqual(original.subarray(-length));
          const meta = parseFileMeta(body, true);
          const written = tools.write(body.subarray(meta?.dataSetOffset ?? 0), EXPLICIT);
          expect(tools.convert('dcmconv', ['+ti'], written)).toBeDefined();
        }
        const frame = await get(`${address}/frames/1`, OCTETS);
        expect(frame.type).toBe(`${OCTETS}; transfer-syntax=${EXPLICIT}`);
        expect(frame.body).toEqual(original.subarray(-length));
        const asKept = await get(address, 'application/dicom; transfer-syntax=*');
        expect(asKept.body).toEqual(kept);
      },
    );

    it('gives what was lost in JPEG as JPEG, unless it is wanted decoded', async () => {
      const kept = convert('dcmcjpeg', ['+eb'], color('lossy'));
      await keep([kept]);
      const address = addressOf(kept);
      expect((await get(address, 'application/dicom')).body).toEqual(kept);
      const frame = await get(`${address}/frames/1`, 'image/jpeg');
      expect(frame.type).toBe('image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50');
      expect(await sharp(frame.body).metadata()).toMatchObject({ width: 18, height: 16 });
      const decoded = await get(address, `application/dicom; transfer-syntax=${EXPLICIT}`);
      expect(contentOf(decoded.body).json).toMatchObject({
        '00280004': { Value: ['RGB'] },
        '00282110': { Value: ['01'] },
      });
      const study = address.replace(/\/series.*/, '');
      const plain = minimalImage({
        ...{ modality: 'US', seed: 'plain', studyInstanceUid: study.replace(/.*\//, '') },
      });
      await keep([plain.bytes]);
      const some = await get(study, `${DICOM_PARTS}; transfer-syntax=1.2.840.10008.1.2.4.50`);
      expect(some.status).toBe(206);
      expect(some.headers.get('warning')).toMatch(/1 instances cannot be had/);
      expect(splitParts(some.type, some.body).map(({ bytes }) => bytes)).toEqual([kept]);
    });
  });
});
