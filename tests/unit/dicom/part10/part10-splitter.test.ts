import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePart10Header } from '#dicom/part10/encode-header.ts';
import { Part10Splitter, type SplitPart10 } from '#dicom/part10/part10-splitter.ts';
import { MAX_META_BYTES } from '#dicom/part10/read-part10.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { propertyRun } from '#tests/support/property-run.ts';

const image = minimalImage({ modality: 'CT', seed: 'split' });
const header = encodePart10Header({
  sopClassUid: image.sopClassUid,
  sopInstanceUid: image.sopInstanceUid,
  transferSyntaxUid: '1.2.840.10008.1.2.1',
});

/** Feeds chunks that end at the cuts; gives what was found, and the data set put together again. */
function split(bytes: Buffer, cuts: readonly number[]): { found: SplitPart10; dataSet: Buffer } {
  const splitter = new Part10Splitter();
  const ends = [...new Set(cuts)].filter((cut) => cut < bytes.length).sort((a, b) => a - b);
  let found: SplitPart10 | undefined;
  const parts: Buffer[] = [];
  let start = 0;
  for (const end of [...ends, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(start, end));
    start = end;
    if (found !== undefined) {
      parts.push(chunk);
      continue;
    }
    found = splitter.write(chunk);
    // The caller may write over a chunk once it is taken.
    chunk.fill(0xaa);
  }
  found ??= splitter.end();
  return { found, dataSet: Buffer.concat([found.rest, ...parts]) };
}

describe('splitting a Part 10 file that streams by', () => {
  it('finds the same data set however the file is cut', () => {
    const dataSets = [Buffer.alloc(0), Buffer.alloc(9, 1), image.bytes.subarray(400)];
    const chunks = fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(...dataSets), chunks, (dataSet, cuts) => {
        const { found, dataSet: rest } = split(Buffer.concat([header, dataSet]), cuts);
        expect(found.meta.sopInstanceUid).toBe(image.sopInstanceUid);
        expect(rest.equals(dataSet)).toBe(true);
      }),
      propertyRun({ numRuns: 500 }),
    );
  });

  it('takes single bytes', () => {
    const whole = Buffer.concat([header, Buffer.alloc(3000, 7)]);
    const { dataSet } = split(whole, [...whole.keys()]);
    expect(dataSet.equals(Buffer.alloc(3000, 7))).toBe(true);
  });

  it('drops whatever the preamble holds', () => {
    const hidden = Buffer.from(header);
    hidden.write('MZ executable', 0, 'latin1');
    const { found, dataSet } = split(Buffer.concat([hidden, Buffer.alloc(20, 3)]), []);
    expect(found.meta.sopClassUid).toBe(image.sopClassUid);
    expect(dataSet.equals(Buffer.alloc(20, 3))).toBe(true);
  });

  it('refuses what is no DICOM file as soon as it can be seen', () => {
    expect(() => new Part10Splitter().write(Buffer.alloc(132))).toThrow(
      expect.objectContaining({ code: 'DICOM_NOT_PART10' }),
    );
    expect(() => new Part10Splitter().end()).toThrow(
      expect.objectContaining({ code: 'DICOM_NOT_PART10' }),
    );
  });

  it('says when the file ends within its file meta', () => {
    const splitter = new Part10Splitter();
    splitter.write(header.subarray(0, header.length - 5));
    expect(() => splitter.end()).toThrow(expect.objectContaining({ code: 'DICOM_TRUNCATED' }));
  });

  it('holds no more than the longest file meta that is taken', () => {
    const splitter = new Part10Splitter();
    const filler = Buffer.alloc(12 + 0xfff0);
    filler.writeUInt16LE(0x0002, 0);
    filler.writeUInt16LE(0x0102, 2);
    filler.write('OB', 4, 'latin1');
    filler.writeUInt32LE(0xfff0, 8);
    splitter.write(header);
    const endless = (): void => {
      for (let bytes = 0; bytes < 4 * MAX_META_BYTES; bytes += filler.length) {
        if (splitter.write(filler) !== undefined) throw new Error('found an end');
      }
    };
    expect(endless).toThrow(expect.objectContaining({ code: 'DICOM_STRUCTURE' }));
  });
});
