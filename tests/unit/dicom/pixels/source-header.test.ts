import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openByteSource } from '#dicom/pixels/byte-source.ts';
import {
  readSourceAttributes,
  readSourceBulkData,
  readSourceJson,
} from '#dicom/pixels/source-header.ts';
import { text } from '#tests/support/data-set-bytes.ts';
import { nativeImage } from '#tests/support/test-image.ts';

const EXPLICIT_UID = '1.2.840.10008.1.2.1';
const FIRST_READ = 64 * 1024;

const folder = mkdtempSync(join(tmpdir(), 'radtriage-header-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An image whose private element makes the next one begin at the given place. */
function imageWithElementAt(position: number): Buffer {
  const build = (length: number) =>
    nativeImage(
      {
        more: [
          { tag: 0x00090001, vr: 'OB', value: new Uint8Array(length) },
          text(0x00100010, 'PN', 'Late^Name'),
        ],
      },
      new Uint8Array(8),
    );
  const without = Buffer.from(build(0)).indexOf('\x10\0\x10\0PN', 'latin1');
  return Buffer.from(build(position - without));
}

describe('reading the header of a kept object', () => {
  it.each([0, -8, 4, 1_000_000])(
    'is whole though the first read ends %i bytes from an element',
    (shift) => {
      const image = imageWithElementAt(FIRST_READ + shift);
      const path = join(folder, `${shift}.dcm`);
      writeFileSync(path, Buffer.concat([Buffer.alloc(132), image]));
      const source = { path, dataSetOffset: 132, transferSyntaxUid: EXPLICIT_UID };
      expect(readSourceAttributes(source)).toMatchObject({ patientName: 'Late^Name', rows: 2 });
      expect(readSourceJson(source, { bulkDataUri: '/x' })).toMatchObject({
        '00100010': { Value: [{ Alphabetic: 'Late^Name' }] },
        '7FE00010': { BulkDataURI: '/x/frames' },
      });
    },
  );

  it('gives bulk data by the path that the metadata names', () => {
    const inner = { tag: 0x00091002, vr: 'OB', value: new Uint8Array(2_000).fill(7) };
    const more = [{ tag: 0x00400275, vr: 'SQ', value: [[], [inner]] }];
    const source = {
      bytes: nativeImage({ more }, new Uint8Array(8)),
      transferSyntaxUid: EXPLICIT_UID,
    };
    const json = readSourceJson(source, { bulkDataUri: '/x' });
    const uri = '/x/bulkdata/00400275/2/00091002';
    expect(JSON.stringify(json)).toContain(uri);
    const path = uri.replace('/x/bulkdata/', '');
    expect(Buffer.from(readSourceBulkData(source, path))).toEqual(Buffer.alloc(2_000, 7));
    for (const wrong of ['', '00400275', '00400275/3/00091002', '../x', '00091002']) {
      expect(() => readSourceBulkData(source, wrong)).toThrow('no such bulk data');
    }
  });

  it('inflates no more of a deflated object than its header takes', () => {
    const pixels = Buffer.from(
      Uint16Array.from({ length: 250_000 }, (_, i) => i * 7 + (i >> 5)).buffer,
    );
    const deflated = deflateRawSync(nativeImage({ rows: 500, columns: 500 }, pixels));
    const damagedBehindHeader = Buffer.concat([
      deflated.subarray(0, -40_000),
      Buffer.alloc(40_000, 0xff),
    ]);
    expect(deflated.length).toBeGreaterThan(120_000);
    const source = { bytes: damagedBehindHeader, transferSyntaxUid: '1.2.840.10008.1.2.1.99' };
    expect(readSourceAttributes(source).rows).toBe(500);
    expect(() => openByteSource(source)).toThrow('cannot be inflated');
  });

  it('reads objects without pixel data', () => {
    const bytes = nativeImage({}, new Uint8Array(8), { tag: 0x7fe10010, vr: 'OB' });
    const source = { bytes, transferSyntaxUid: EXPLICIT_UID };
    expect(readSourceAttributes(source).sopInstanceUid).toBe('1.2.3.4');
  });
});
