import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import dicomParser from 'dicom-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { DataSetChecker, type DataSetLimits } from '#dicom/part10/data-set-checker.ts';
import {
  EXPLICIT,
  IMPLICIT,
  type TestElement,
  text,
  writeDataSet,
} from '#tests/support/data-set-bytes.ts';
import {
  CT_CLASS,
  fragmentedPixelData,
  nestedSequences,
  SERIES_UID,
  STUDY_UID,
  sampleDataSets,
} from '#tests/support/data-set-samples.ts';
import { propertyRun } from '#tests/support/property-run.ts';

const IMPLICIT_LE = '1.2.840.10008.1.2';
const EXPLICIT_LE = '1.2.840.10008.1.2.1';
const DEFLATED = '1.2.840.10008.1.2.1.99';
const JPEG_LS = '1.2.840.10008.1.2.4.80';
const STUDY = text(0x0020000d, 'UI', STUDY_UID);

async function check(
  transferSyntaxUid: string,
  chunks: readonly Uint8Array[],
  limits: Partial<DataSetLimits> = {},
): Promise<DataSetChecker> {
  const checker = new DataSetChecker(transferSyntaxUid, limits);
  for (const chunk of chunks) await checker.write(Buffer.from(chunk));
  await checker.end();
  return checker;
}

/** The code of the failure, or 'passed'. Anything but a RadTriageError is thrown on. */
async function verdict(transferSyntaxUid: string, chunks: readonly Uint8Array[]): Promise<string> {
  try {
    await check(transferSyntaxUid, chunks);
    return 'passed';
  } catch (error) {
    if (error instanceof RadTriageError) return error.code;
    throw error;
  }
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  chunks.push(bytes.subarray(offset));
  return chunks;
}

describe.each(sampleDataSets())(
  'a sound data set, $name',
  ({ transferSyntaxUid, bytes, boundaries }) => {
    test('passes, and gives its UIDs and a header that a parser reads', async () => {
      const checker = await check(transferSyntaxUid, [bytes]);
      expect(checker.uids).toEqual({
        sopClassUid: CT_CLASS,
        sopInstanceUid: '1.2.3.4.5.6.7',
        studyInstanceUid: STUDY_UID,
        seriesInstanceUid: SERIES_UID,
      });
      expect(checker.hasPixelData).toBe(true);
      const header = dicomParser.parseDicom(checker.header(), {
        TransferSyntaxUID: checker.headerTransferSyntaxUid,
      });
      expect(header.string('x00100010')).toBe('Sample^Odd');
      expect(header.uint16('x00280010')).toBe(16);
      expect(header.elements['x00089215']?.items).toHaveLength(3);
      expect(header.elements['x00091001']).toBeUndefined();
      expect(header.elements['x7fe00010']).toBeUndefined();
    });

    test('gives the same however it is cut into chunks', async () => {
      const whole = (await check(transferSyntaxUid, [bytes])).header();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 40 }),
          async (sizes) => {
            const checker = await check(transferSyntaxUid, cut(bytes, sizes));
            expect(checker.header()).toEqual(whole);
          },
        ),
        propertyRun({ numRuns: 60 }),
      );
      const singles = cut(bytes, new Array<number>(bytes.length).fill(1));
      expect((await check(transferSyntaxUid, singles)).header()).toEqual(whole);
    });

    test('is truncated wherever it ends early, unless between two elements', async () => {
      // Padding and the last bytes of a deflated stream that ends a few bits before them.
      const whole = transferSyntaxUid === DEFLATED ? bytes.length - 1 : bytes.length;
      for (let length = 1; length < whole; length += 1) {
        const result = await verdict(transferSyntaxUid, [bytes.subarray(0, length)]);
        const between = boundaries.includes(length);
        const expected = between ? ['passed', 'DICOM_ATTRIBUTE_MISSING'] : ['DICOM_TRUNCATED'];
        expect({ length, result, expected: expected.includes(result) }).toMatchObject({
          expected: true,
        });
      }
      expect(await verdict(transferSyntaxUid, [])).toBe('DICOM_ATTRIBUTE_MISSING');
    });

    test('with any bytes changed it passes or fails with a code, the same in any chunks', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
          fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 20 }),
          async (changes, sizes) => {
            const changed = Buffer.from(bytes);
            for (const [index, value] of changes) changed[index] = value;
            const whole = await verdict(transferSyntaxUid, [changed]);
            // What zlib makes of a broken stream before it gives up depends on the chunks.
            if (transferSyntaxUid !== DEFLATED) {
              expect(await verdict(transferSyntaxUid, cut(changed, sizes))).toBe(whole);
            }
          },
        ),
        propertyRun({ numRuns: 200 }),
      );
    });
  },
);

test('random bytes never pass', async () => {
  const syntaxes = sampleDataSets().map((sample) => sample.transferSyntaxUid);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 600 }),
      fc.constantFrom(...syntaxes),
      async (bytes, syntax) => {
        expect(await verdict(syntax, [bytes])).not.toBe('passed');
      },
    ),
    propertyRun({ numRuns: 2000 }),
  );
});

describe('faults of structure', () => {
  const explicit = (...elements: TestElement[]): Buffer =>
    Buffer.from(writeDataSet([...elements, STUDY], EXPLICIT));
  const raw = (hex: string): Buffer => Buffer.from(hex.replace(/ /g, ''), 'hex');

  test.each<[string, string, Buffer]>([
    ['an empty data set', 'DICOM_ATTRIBUTE_MISSING', Buffer.alloc(0)],
    [
      'no StudyInstanceUID',
      'DICOM_ATTRIBUTE_MISSING',
      Buffer.from(writeDataSet([text(0x00080060, 'CS', 'CT')])),
    ],
    [
      'an empty StudyInstanceUID',
      'DICOM_ATTRIBUTE_MISSING',
      Buffer.from(writeDataSet([text(0x0020000d, 'UI', '')])),
    ],
    [
      'a UID with a path in it',
      'DICOM_UID_INVALID',
      Buffer.from(writeDataSet([text(0x0020000d, 'UI', '../../etc/passwd')])),
    ],
    [
      'a UID of 70 characters',
      'DICOM_UID_INVALID',
      Buffer.from(writeDataSet([text(0x0020000d, 'UI', `1.${'2'.repeat(68)}`)])),
    ],
    ['tags that descend', 'DICOM_STRUCTURE', explicit(text(0x00300010, 'LO', 'x'))],
    ['a tag that stands twice', 'DICOM_STRUCTURE', explicit(STUDY)],
    ['an unknown VR', 'DICOM_STRUCTURE', explicit(text(0x00080060, 'ZZ', 'CT'))],
    ['a file meta element', 'DICOM_STRUCTURE', explicit(text(0x00020010, 'UI', '1.2'))],
    ['a command element', 'DICOM_STRUCTURE', explicit(text(0x00000002, 'UI', '1.2'))],
    ['an item where an element belongs', 'DICOM_STRUCTURE', raw('feff00e0 00000000 00000000')],
    [
      'an element where an item belongs',
      'DICOM_STRUCTURE',
      raw('08004011 53510000 08000000 08006000 43530000'),
    ],
    [
      'an item longer than its sequence',
      'DICOM_STRUCTURE',
      raw('08004011 53510000 08000000 feff00e0 10000000 00000000 00000000'),
    ],
    [
      'an element longer than its item',
      'DICOM_STRUCTURE',
      raw('08004011 53510000 10000000 feff00e0 08000000 08006000 43530200 4354'),
    ],
    [
      'an open item within a sequence that is over',
      'DICOM_STRUCTURE',
      raw('08004011 53510000 08000000 feff00e0 ffffffff 08006000 43530200 4354'),
    ],
    ['a text of undefined length', 'DICOM_STRUCTURE', raw('08006000 55540000 ffffffff 00000000')],
    [
      'a delimiter with a length',
      'DICOM_STRUCTURE',
      raw('08004011 53510000 ffffffff feffdde0 02000000 00000000'),
    ],
    [
      'fragments in a native syntax',
      'DICOM_STRUCTURE',
      Buffer.concat([explicit(), fragmentedPixelData([Buffer.alloc(0)])]),
    ],
    [
      'a claim of one gigabyte in a few bytes',
      'DICOM_TRUNCATED',
      Buffer.concat([explicit(), raw('e07f1000 4f570000 00000040 0000')]),
    ],
  ])('%s is refused with %s', async (_, code, bytes) => {
    expect(await verdict(EXPLICIT_LE, [bytes])).toBe(code);
    expect(await verdict(EXPLICIT_LE, cut(bytes, new Array<number>(bytes.length).fill(1)))).toBe(
      code,
    );
  });

  test.each<[string, string, Buffer]>([
    ['native pixels', 'DICOM_STRUCTURE', writePixels()],
    ['no delimiter', 'DICOM_TRUNCATED', fragmentedPixelData([Buffer.alloc(0)], false)],
    ['no offset table', 'DICOM_STRUCTURE', fragmentedPixelData([])],
    [
      'fragments of another element than Pixel Data',
      'DICOM_STRUCTURE',
      raw('e07f0800 4f420000 ffffffff feff00e0 00000000 feffdde0 00000000'),
    ],
    [
      'a fragment of undefined length',
      'DICOM_STRUCTURE',
      raw('e07f1000 4f420000 ffffffff feff00e0 ffffffff'),
    ],
    [
      'a fragment that is cut off',
      'DICOM_TRUNCATED',
      raw('e07f1000 4f420000 ffffffff feff00e0 08'),
    ],
  ])('in an encapsulated syntax, %s is refused with %s', async (_, code, pixels) => {
    expect(await verdict(JPEG_LS, [Buffer.concat([explicit(), pixels])])).toBe(code);
  });

  function writePixels(): Buffer {
    return Buffer.from(writeDataSet([{ tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(4) }]));
  }

  test('an unknown transfer syntax is not supported', () => {
    expect(() => new DataSetChecker('1.2.840.10008.1.2.4.55')).toThrowError(
      expect.objectContaining({ code: 'DICOM_UNSUPPORTED' }),
    );
  });

  test('what has failed once stays failed', () => {
    const checker = new DataSetChecker(EXPLICIT_LE);
    const fault = expect.objectContaining({ code: 'DICOM_STRUCTURE' });
    expect(() => checker.write(raw('feff00e0 00000000 00000000'))).toThrowError(fault);
    expect(() => checker.write(explicit())).toThrowError(fault);
    expect(() => checker.end()).toThrowError(fault);
  });
});

describe('hostile sizes', () => {
  test('20,000 sequences within each other are refused, 60 are not', async () => {
    const study = Buffer.from(writeDataSet([STUDY]));
    expect(await verdict(EXPLICIT_LE, [nestedSequences(20_000), study])).toBe('DICOM_STRUCTURE');
    expect(await verdict(EXPLICIT_LE, [nestedSequences(60), study])).toBe('passed');
  });

  test('20,000 sequences of defined length in Implicit VR are refused', async () => {
    // Innermost first: each level is an element around an item around the level before.
    const levels = 20_000;
    const total = levels * 16;
    const bytes = Buffer.alloc(total);
    for (let level = 0; level < levels; level += 1) {
      const at = level * 16;
      bytes.write('08004011', at, 'hex');
      bytes.writeUInt32LE(total - at - 8, at + 4);
      bytes.write('feff00e0', at + 8, 'hex');
      bytes.writeUInt32LE(total - at - 16, at + 12);
    }
    expect(await verdict(IMPLICIT_LE, [bytes])).toBe('DICOM_STRUCTURE');
  });

  test.each([
    ['an item longer than its sequence', 'feff00e020000000 00000000'],
    ['an end without an item', 'feffdde000000000 00000000'],
    ['an item of what is no element', 'feff00e004000000 ffffffff'],
  ])('in Implicit VR, a value that begins as %s is refused', async (_, hex) => {
    const value = Buffer.from(hex.replace(' ', ''), 'hex');
    const bytes = writeDataSet([{ tag: 0x00101001, vr: 'UN', value }, STUDY], IMPLICIT);
    expect(await verdict(IMPLICIT_LE, [bytes])).toBe('DICOM_STRUCTURE');
  });

  test('in Implicit VR, pixels that begin like an item are no sequence', async () => {
    const elements: TestElement[] = [
      STUDY,
      { tag: 0x7fe00010, vr: 'OW', value: Buffer.from('feff00e004000000ffffffff', 'hex') },
    ];
    expect(await verdict(IMPLICIT_LE, [writeDataSet(elements, IMPLICIT)])).toBe('passed');
  });

  test('a bomb is refused at its limit', async () => {
    const pixels = Buffer.from(
      writeDataSet([STUDY, { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(8 * 1024 * 1024) }]),
    );
    const bomb = deflateRawSync(pixels);
    expect(bomb.length).toBeLessThan(20_000);
    await expect(check(DEFLATED, [bomb], { maxInflatedBytes: 1024 * 1024 })).rejects.toThrowError(
      expect.objectContaining({ code: 'DICOM_TOO_LARGE' }),
    );
    expect(await verdict(DEFLATED, [bomb])).toBe('passed');
  });

  test('a chunk may change once it was taken, also while it is inflated', async () => {
    const plain = writeDataSet([STUDY, { tag: 0x7fe00010, vr: 'OB', value: randomBytes(200_000) }]);
    const checker = new DataSetChecker(DEFLATED);
    const chunk = deflateRawSync(plain);
    const written = checker.write(chunk);
    chunk.fill(0xff);
    await written;
    await checker.end();
    expect(checker.uids.studyInstanceUid).toBe(STUDY_UID);
  });

  test.each([
    ['items', EXPLICIT_LE, 'feff00e000000000'],
    ['fragments', JPEG_LS, 'feff00e000000000'],
  ])('more %s than any reader takes are refused', async (what, syntax, hex) => {
    const open = what === 'items' ? '0900101053510000ffffffff' : 'e07f10004f420000ffffffff';
    const study = writeDataSet([STUDY]);
    const chunks = [
      Buffer.from(open, 'hex'),
      ...new Array<Buffer>(60).fill(Buffer.from(hex, 'hex')),
    ];
    const first = what === 'items' ? chunks : [study, ...chunks];
    await expect(check(syntax, first, { maxElements: 50 })).rejects.toThrowError(
      expect.objectContaining({ code: 'DICOM_TOO_LARGE' }),
    );
  });

  test('bytes after a deflated data set are refused, except padding and a checksum', async () => {
    const deflated = deflateRawSync(writeDataSet([STUDY]));
    for (const extra of [0, 1, 8, 9]) {
      expect(await verdict(DEFLATED, [deflated, Buffer.alloc(extra)])).toBe('passed');
      expect(await verdict(DEFLATED, [Buffer.concat([deflated, Buffer.alloc(extra)])])).toBe(
        'passed',
      );
    }
    expect(await verdict(DEFLATED, [deflated, Buffer.alloc(10)])).toBe('DICOM_STRUCTURE');
  });

  test('a large element is left out of the header, what stands after it is not', async () => {
    const elements: TestElement[] = [
      { tag: 0x00101001, vr: 'OB', value: Buffer.alloc(200_000, 7) },
      {
        tag: 0x00101002,
        vr: 'SQ',
        open: true,
        value: [[text(0x00080104, 'LT', 'x'.repeat(5000))]],
      },
      STUDY,
    ];
    const limits = { maxElementBytes: 4096 };
    const bytes = Buffer.from(writeDataSet(elements));
    for (const chunks of [[bytes], cut(bytes, new Array<number>(3000).fill(70))]) {
      const header = (await check(EXPLICIT_LE, chunks, limits)).header();
      expect(header).toEqual(Buffer.from(writeDataSet([STUDY])));
    }
  });

  test('the header holds so many elements and no more, nested ones counted, private ones left out', async () => {
    const tiny = Array.from({ length: 300 }, (_, index) => text(0x00101000 + index, 'LO', ''));
    const nested: TestElement = { tag: 0x00081140, vr: 'SQ', value: tiny.map((one) => [one]) };
    const maker = Array.from({ length: 300 }, (_, index) => text(0x00091000 + index, 'LO', 'x'));
    const bytes = Buffer.from(writeDataSet([...maker, ...tiny, STUDY]));
    const header = async (first: TestElement[], maxHeaderElements: number): Promise<Buffer> => {
      const chunks = [writeDataSet(first), bytes];
      return (await check(EXPLICIT_LE, chunks, { maxHeaderElements })).header();
    };
    const all = Buffer.from(writeDataSet([...tiny, STUDY]));
    expect(await header([], 301)).toEqual(all);
    // The sequence alone is too many: it is left out, and does not count against what follows.
    expect(await header([nested], 301)).toEqual(all);
    await expect(header([], 300)).rejects.toThrowError(
      expect.objectContaining({ code: 'DICOM_ATTRIBUTE_MISSING' }),
    );
  });

  test('half a million empty elements leave a header that is read at once', async () => {
    const tiny = Buffer.alloc(500_000 * 8);
    for (let index = 0; index < 500_000; index += 1) {
      tiny.writeUInt16LE(0x0022 + 2 * (index >>> 16), index * 8);
      tiny.writeUInt16LE(index & 0xffff, index * 8 + 2);
      tiny.write('LO', index * 8 + 4);
    }
    const checker = await check(EXPLICIT_LE, [writeDataSet([STUDY]), tiny]);
    expect(checker.header().length).toBeLessThan(150_000);
  });

  test('the header as a whole stays below its limit', async () => {
    const elements = Array.from({ length: 0x500 }, (_, index) =>
      text(0x00101000 + index, 'LO', 'x'.repeat(60)),
    );
    const bytes = writeDataSet([text(0x00080060, 'CS', 'CT'), ...elements, STUDY]);
    const checker = await check(EXPLICIT_LE, [bytes], { maxHeaderBytes: 10_000 });
    expect(checker.header().length).toBeLessThanOrEqual(10_000);
    expect(checker.header().length).toBeGreaterThan(9_000);
  });
});
