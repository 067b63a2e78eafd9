import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { generateStudy } from '#test-data/study.ts';
import { type Orthanc, startOrthanc } from '#tests/support/orthanc.ts';
import { missingPeer, peerPath } from '#tests/support/peers.ts';
import { startTestDatabase, type TestDatabase } from '#tests/support/postgres.ts';
import { postStow, readStowAnswer, stowBody, stowPart } from '#tests/support/stow.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';
import { waitFor } from '#tests/support/wait-for.ts';
import { createToken } from '#worklist/accounts/tokens.ts';

const CLI = resolve(import.meta.dirname, '../../../services/cli/radtriage.ts');
const MEGABYTE = 1024 * 1024;
/** Megabytes; bodies of 200 and 300 are sent. Most of it is what V8 has not yet thrown away. */
const MAX_GROWTH = 150;
const readyLine = z.object({ ready: z.literal(true), http: z.object({ url: z.string() }) });

/** An Orthanc that knows us twice: with our token, and without. */
function startSender(url: string, token: string): Promise<Orthanc> {
  const Url = `${url}/dicomweb/`;
  const triage = { Url, HttpHeaders: { Authorization: `Bearer ${token}` } };
  const DicomWeb = { Enable: true, Servers: { triage, stranger: { Url } } };
  return startOrthanc({}, { Plugins: [peerPath('libOrthancDicomWeb.so')], DicomWeb });
}

/** `radtriage web` as a process of its own, so that its memory is its own. */
describe('STOW-RS of the web process', () => {
  const data = temporaryDirectory();
  let server: TestDatabase;
  let child: ChildProcess;
  let url: string;
  let token: string;

  beforeAll(async () => {
    server = await startTestDatabase();
    token = await createToken(server.database, { name: 'PACS', roles: ['service'] });
    const inherited = Object.entries(process.env).filter(
      ([name]) => !name.startsWith('RADTRIAGE_'),
    );
    const env = {
      ...Object.fromEntries(inherited),
      RADTRIAGE_DATABASE_URL: server.url,
      RADTRIAGE_HTTP_PORT: '0',
      RADTRIAGE_LOG_LEVEL: 'warn',
    };
    const started = spawn(process.execPath, [CLI, 'web', '--data', data.path], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    url = await new Promise((found, fail) => {
      createInterface({ input: started.stdout }).on('line', (line) => {
        const ready = readyLine.safeParse(JSON.parse(line));
        if (ready.success) found(ready.data.http.url);
      });
      started.once('exit', (code) => fail(new Error(`web ended with ${code}`)));
    });
  });
  afterAll(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
    await server.stop();
    data.remove();
  });

  const instancesOf = (studyInstanceUid: string) =>
    server.database
      .selectFrom('instance')
      .innerJoin('study', 'study.studyKey', 'instance.studyKey')
      .select(['sopInstanceUid', 'fileBytes', 'callingAe', 'standing'])
      .where('studyInstanceUid', '=', studyInstanceUid)
      .execute();

  /** How much the process grew at its largest while the work ran, megabytes. */
  async function growthDuring(work: () => Promise<void>): Promise<number> {
    const status = (): number[] => {
      const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return ['VmRSS', 'VmHWM'].map((name) =>
        Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]),
      );
    };
    // Resets the high water mark (proc(5)).
    writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
    const [before = 0] = status();
    await work();
    const [, peak = 0] = status();
    process.stdout.write(`resident before ${before >> 10} MB, at most ${peak >> 10} MB\n`);
    return (peak - before) / 1024;
  }

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
    const growth = await growthDuring(async () => {
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
    const growth = await growthDuring(async () => {
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
    const incoming = () => readdirSync(join(data.path, 'archive', 'incoming'));
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
      const file = join(data.path, 'body.bin');
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
