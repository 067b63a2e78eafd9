import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseLabels } from '#test-data/labels-csv.ts';
import { wrapImages } from '#test-data/wrap.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wrap-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function writeGrey(name: string, pixels: Uint8Array, width: number): Promise<void> {
  const raw = { width, height: pixels.length / width, channels: 1 as const };
  await sharp(pixels, { raw }).toColourspace('b-w').png().toFile(join(folder, name));
}

describe('labels', () => {
  it('reads quoted cells, commas and quotes within them, CRLF and a BOM', () => {
    const rows = parseLabels(
      '\uFEFFview,file,boxes,patient,age,sex\nAP,a.png,"[[""x"", 1]]",007,54,F\n',
    );
    expect(rows).toEqual([{ file: 'a.png', patient: '007', age: 54, sex: 'F', view: 'AP' }]);
  });

  it('names every missing column at once', () => {
    expect(() => parseLabels('file,age\n')).toThrow('patient, sex, view');
  });

  it('names the record of a bad value, not the value', () => {
    expect(() => parseLabels('file,patient,age,sex,view\na,p,old,F,AP\n')).toThrow('record 2: age');
  });
});

describe('wrap', () => {
  it('writes the same pixels and the labels as attributes, twice the same bytes', async () => {
    const pixels = Uint8Array.from({ length: 6 * 4 }, (_, i) => i * 9);
    await writeGrey('a.png', pixels, 6);
    const labels = join(folder, 'labels.csv');
    await writeFile(labels, 'file,patient,age,sex,view\na.png,P-7,5,F,AP\n');
    const seen: number[] = [];
    const result = await wrapImages({
      images: folder,
      labels,
      out: join(folder, 'out'),
      onProgress: ({ done, total }) => seen.push(done, total),
    });
    expect(result).toEqual({ written: 1, failures: [] });
    expect(seen).toEqual([1, 1]);
    const bytes = await readFile(join(folder, 'out', 'a.dcm'));
    expect(bytes.subarray(-24)).toEqual(Buffer.from(pixels));
    for (const text of ['005Y', 'P-7', 'FOR PRESENTATION', 'MONOCHROME2', 'AP']) {
      expect(bytes.includes(text)).toBe(true);
    }
    await wrapImages({ images: folder, labels, out: join(folder, 'again') });
    expect(await readFile(join(folder, 'again', 'a.dcm'))).toEqual(bytes);
  });

  it('reports what is not an image, is missing or lies outside, and wraps the rest', async () => {
    await writeGrey('good.png', new Uint8Array(16), 4);
    await writeFile(join(folder, 'bad.jpg'), 'no image');
    const labels = join(folder, 'labels.csv');
    const files = ['bad.jpg', 'missing.png', '../outside.png', 'good.png'];
    const rows = files.map((file) => `${file},P,30,M,PA`).join('\n');
    await writeFile(labels, `file,patient,age,sex,view\n${rows}\n`);
    const result = await wrapImages({ images: folder, labels, out: join(folder, 'out') });
    expect(result.written).toBe(1);
    expect(result.failures.map(({ file, error }) => [file, error.code])).toEqual([
      ['bad.jpg', 'PIXELS_UNDECODABLE'],
      ['missing.png', 'NOT_FOUND'],
      ['../outside.png', 'REQUEST_INVALID'],
    ]);
    expect(await readdir(join(folder, 'out'))).toEqual(['good.dcm']);
  });

  it('turns colour into ITU-R 601 luma', async () => {
    const raw = { width: 1, height: 1, channels: 3 as const };
    await sharp(Uint8Array.from([200, 100, 50]), { raw })
      .png()
      .toFile(join(folder, 'c.png'));
    const labels = join(folder, 'labels.csv');
    await writeFile(labels, 'file,patient,age,sex,view\nc.png,P,,,\n');
    await wrapImages({ images: folder, labels, out: folder });
    const bytes = await readFile(join(folder, 'c.dcm'));
    expect(bytes.at(-2)).toBe(Math.round(0.299 * 200 + 0.587 * 100 + 0.114 * 50));
  });
});
