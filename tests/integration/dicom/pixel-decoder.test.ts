import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { createPixelDecoder } from '#dicom/pixels/pixel-decoder.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import { DicomTools } from '#tests/support/dicom-tools.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { nativeImage, words } from '#tests/support/test-image.ts';
import { waitFor } from '#tests/support/wait-for.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const UNRULY = fileURLToPath(new URL('./fixtures/unruly-child.ts', import.meta.url));
/** What the unruly child does by the number of the frame. */
const CONDUCT = { obey: 0, hang: 1, crash: 2, babble: 3, pry: 4, hoard: 5 };

const image = nativeImage({ numberOfFrames: 2 }, words(1, 2, 3, 4, 5, 6, 7, 8));
const source = { bytes: image, transferSyntaxUid: EXPLICIT_UID };

async function failure(promise: Promise<unknown>): Promise<RadTriageError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RadTriageError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const folder = mkdtempSync(join(tmpdir(), 'radtriage-decoder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('createPixelDecoder', () => {
  it('decodes from memory, and from a range of a file that holds other things too', async () => {
    await using decoder = createPixelDecoder();
    const path = join(folder, 'segment');
    writeFileSync(path, Buffer.concat([Buffer.alloc(4096, 0xff), image, Buffer.alloc(999, 0xff)]));
    const range = { path, dataSetOffset: 4096, dataSetLength: image.length };
    const [inMemory, inFile] = await Promise.all([
      decoder.decode({ ...source, frame: 1 }),
      decoder.decode({ ...range, transferSyntaxUid: EXPLICIT_UID, frame: 1 }),
    ]);
    expect([...inMemory.values]).toEqual([5, 6, 7, 8]);
    expect(inMemory.values).toBeInstanceOf(Uint16Array);
    expect(inFile).toEqual(inMemory);
  });

  it('passes the codes of errors through, and goes on with the same process', async () => {
    await using decoder = createPixelDecoder({ maxPixels: 3 });
    expect(await failure(decoder.decode(source))).toMatchObject({
      code: 'PIXELS_TOO_LARGE',
      details: { pixels: 4 },
    });
    const missing = decoder.decode({ path: join(folder, 'none'), transferSyntaxUid: EXPLICIT_UID });
    expect((await failure(missing)).code).toBe('STORAGE_FAILED');
  });

  it('kills a process that hangs, and only that frame fails', async () => {
    await using decoder = createPixelDecoder({ childPath: UNRULY, timeoutMs: 2_500 });
    const before = decoder.decode({ ...source, frame: CONDUCT.obey });
    const hanging = failure(decoder.decode({ ...source, frame: CONDUCT.hang }));
    const after = decoder.decode({ ...source, frame: CONDUCT.obey });
    expect((await before).rows).toBe(2);
    expect(await hanging).toMatchObject({
      code: 'PIXELS_UNDECODABLE',
      message: 'decoding took longer than 2500 ms',
    });
    expect((await after).rows).toBe(2);
  });

  it('replaces a process that crashes or answers nonsense, and only that frame fails', async () => {
    await using decoder = createPixelDecoder({ childPath: UNRULY });
    const crashing = failure(decoder.decode({ ...source, frame: CONDUCT.crash }));
    const between = decoder.decode({ ...source, frame: CONDUCT.obey });
    const babbling = failure(decoder.decode({ ...source, frame: CONDUCT.babble }));
    const after = decoder.decode({ ...source, frame: CONDUCT.obey });
    expect((await crashing).message).toBe('the decoder crashed');
    expect((await between).rows).toBe(2);
    expect((await babbling).message).toBe('the decoder gave no valid answer');
    expect((await after).rows).toBe(2);
  });

  it('kills a process that takes too much memory, and only that frame fails', async () => {
    await using decoder = createPixelDecoder({ childPath: UNRULY, memoryLimitMb: 400 });
    const hoarding = failure(decoder.decode({ ...source, frame: CONDUCT.hoard }));
    const after = decoder.decode({ ...source, frame: CONDUCT.obey });
    expect(await hoarding).toMatchObject({
      code: 'PIXELS_UNDECODABLE',
      message: expect.stringMatching(
        /^decoding took \d+ MB of memory, more than the 400 MB allowed$/,
      ),
    });
    expect((await after).rows).toBe(2);
  });

  it.each(['SIGSEGV', 'SIGKILL'] as const)('tries a frame again after %s', async (signal) => {
    await using decoder = createPixelDecoder({ childPath: UNRULY });
    const hanging = decoder.decode({ ...source, frame: CONDUCT.hang }).catch(() => undefined);
    const first = await waitFor(() => decoder.processIds()[0], { what: 'the decoder to start' });
    process.kill(first, signal);
    const second = await waitFor(() => decoder.processIds().find((pid) => pid !== first), {
      what: 'the decoder to be replaced',
    });
    process.kill(second, signal);
    await hanging;
    expect((await decoder.decode({ ...source, frame: CONDUCT.obey })).rows).toBe(2);
  });

  it('kills a process that is stopped', async () => {
    await using decoder = createPixelDecoder({ timeoutMs: 2_500 });
    await decoder.decode(source);
    const [pid] = decoder.processIds();
    process.kill(pid ?? 0, 'SIGSTOP');
    expect((await failure(decoder.decode(source))).message).toBe(
      'decoding took longer than 2500 ms',
    );
    expect((await decoder.decode(source)).rows).toBe(2);
  });

  it('keeps the child from writing files and from our environment', async () => {
    await using decoder = createPixelDecoder({ childPath: UNRULY });
    const { message } = await failure(decoder.decode({ ...source, frame: CONDUCT.pry }));
    expect(message.split(' ')).toEqual([
      'ERR_ACCESS_DENIED',
      expect.not.stringMatching(/PATH|HOME/),
    ]);
  });

  it('decodes in several processes at once', async () => {
    await using decoder = createPixelDecoder({ processes: 2 });
    const frames = Array.from({ length: 12 }, (_, index) => index % 2);
    const decoded = await Promise.all(frames.map((frame) => decoder.decode({ ...source, frame })));
    expect(decoded.map((frame) => frame.values[0])).toEqual(frames.map((frame) => 1 + frame * 4));
  });

  it('fails what is under way when it is closed, and takes nothing more', async () => {
    const decoder = createPixelDecoder({ childPath: UNRULY });
    const underWay = failure(decoder.decode({ ...source, frame: CONDUCT.hang }));
    const waiting = failure(decoder.decode(source));
    await decoder.close();
    expect((await underWay).message).toBe('the decoder is closed');
    expect((await waiting).code).toBe('INTERNAL');
    expect((await failure(decoder.decode(source))).message).toBe('the decoder is closed');
  });

  it.each(['', 'await decoder.close();'])(
    'lets its parent end of itself, idle or closed: %j',
    (closing) => {
      const path = join(folder, 'idle.dcm');
      writeFileSync(path, image);
      const module = new URL('../../../services/dicom/pixels/pixel-decoder.ts', import.meta.url);
      const script = `
        import { createPixelDecoder } from '${module.href}';
        const decoder = createPixelDecoder();
        const request = { path: '${path}', transferSyntaxUid: '${EXPLICIT_UID}' };
        const frame = await decoder.decode(request);
        ${closing}
        process.stdout.write(String(frame.values[3]));`;
      const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        encoding: 'utf8',
        timeout: 40_000,
      });
      expect(result).toMatchObject({ status: 0, stdout: '4' });
    },
  );
});

const missing = missingPeer('dcmcjpeg', 'dcmcjpls', 'dcmcrle', 'gdcmconv');

describe.skipIf(missing)('damaged frames', () => {
  const tools = new DicomTools();
  afterAll(() => tools[Symbol.dispose]());
  const ROUNDS = 60;

  it.each<[string, string, string[]]>([
    ['RLE', 'dcmcrle', []],
    ['JPEG lossless', 'dcmcjpeg', ['+e1']],
    ['JPEG extended', 'dcmcjpeg', ['+ee']],
    ['JPEG-LS', 'dcmcjpls', ['+el']],
    ['JPEG 2000', 'gdcmconv', ['-K']],
  ])(
    '%s: each is decoded or refused, and the next sound one is decoded',
    async (_, tool, flags) => {
      const pixels = Uint16Array.from({ length: 96 * 80 }, (_, i) => ((i * 37) % 4096) ^ (i >> 3));
      const plain = nativeImage(
        { rows: 96, columns: 80, bitsStored: 12 },
        Buffer.from(pixels.map((value) => value & 4095).buffer),
      );
      const path = tools.convert(tool, flags, tools.write(plain, EXPLICIT_UID));
      if (path === undefined) throw new Error(`${tool} refuses the image`);
      const { dataSet, transferSyntaxUid } = splitPart10(readFileSync(path));
      await using decoder = createPixelDecoder({ timeoutMs: 10_000 });
      const sound = await decoder.decode({ bytes: dataSet, transferSyntaxUid });
      const start = dataSet.indexOf(Buffer.from([0xfe, 0xff, 0x00, 0xe0]));
      let seed = 3;
      const random = (below: number) => {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
        return (seed >>> 8) % below;
      };
      let refused = 0;
      for (let round = 0; round < ROUNDS; round += 1) {
        const bytes = Buffer.from(dataSet);
        for (let hits = 0; hits <= round % 6; hits += 1) {
          bytes[start + random(Math.min(bytes.length - start, hits % 2 ? 200 : 1e9))] = random(256);
        }
        const decoded = await decoder
          .decode({ bytes, transferSyntaxUid })
          .catch((error: unknown) => {
            expect(error).toBeInstanceOf(RadTriageError);
            return undefined;
          });
        if (decoded === undefined) refused += 1;
        else expect(decoded.values).toHaveLength(96 * 80);
      }
      expect(refused).toBeGreaterThan(0);
      expect(await decoder.decode({ bytes: dataSet, transferSyntaxUid })).toEqual(sound);
    },
  );
});
