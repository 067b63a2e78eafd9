import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRun } from '#tests/support/property-run.ts';
import { parseMediaType } from '#worklist/dicomweb/store/media-type.ts';
import { MultipartReader } from '#worklist/dicomweb/store/multipart-reader.ts';

interface Part {
  readonly headers: Record<string, string>;
  readonly data: Buffer;
}

/** Reads a body that comes in chunks ending at the cuts. */
async function read(boundary: string, body: Buffer, cuts: readonly number[] = []): Promise<Part[]> {
  const parts: Part[] = [];
  let open: { headers: Record<string, string>; chunks: Buffer[] } | undefined;
  const reader = new MultipartReader(boundary, {
    openPart: (headers) => {
      if (open !== undefined) throw new Error('two parts at once');
      open = { headers: Object.fromEntries(headers), chunks: [] };
    },
    data: async (chunk) => {
      open?.chunks.push(Buffer.from(chunk));
    },
    endPart: () => {
      if (open === undefined) throw new Error('no part');
      parts.push({ headers: open.headers, data: Buffer.concat(open.chunks) });
      open = undefined;
    },
  });
  let start = 0;
  const ends = [...new Set(cuts)].filter((cut) => cut < body.length).sort((a, b) => a - b);
  for (const end of [...ends, body.length]) {
    const chunk = Buffer.from(body.subarray(start, end));
    await reader.write(chunk);
    chunk.fill(0x2d);
    start = end;
  }
  reader.end();
  return parts;
}

const HEADER = 'Content-Type: application/dicom\r\n\r\n';
const bodyOf = (boundary: string, parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap((part) => [
      Buffer.from(`--${boundary}\r\n${HEADER}`),
      Buffer.from(part),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
const dataOf = (parts: readonly Part[]): string[] =>
  parts.map(({ data }) => data.toString('latin1'));
const everyCut = (body: Buffer): number[] => [...body.keys()];

/** Bytes that are full of what a boundary begins with. */
const nasty = (boundary: string) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '\r',
          '\n',
          '\r\n',
          '-',
          '--',
          '\r\n--',
          `\r\n--${boundary.slice(0, -1)}`,
          `--${boundary}`,
          `\r\n--${boundary}x`,
        ),
        fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
      ),
      { maxLength: 30 },
    )
    .map((pieces) => Buffer.from(pieces.join(''), 'latin1'))
    .filter(
      (bytes) =>
        !new RegExp(`(^|\\r\\n)--${boundary}(--|[ \\t]*\\r\\n|[ \\t]*\\r?$)`).test(
          bytes.toString('latin1'),
        ) && !bytes.toString('latin1').endsWith(`--${boundary}-`),
    );

describe('reading a multipart body', () => {
  it('gives the same parts however the body is cut', async () => {
    const boundary = 'b0';
    await fc.assert(
      fc.asyncProperty(
        fc.array(nasty(boundary), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 80 }),
        async (parts, cuts) => {
          const read1 = await read(boundary, bodyOf(boundary, parts), cuts);
          expect(dataOf(read1)).toEqual(parts.map((part) => part.toString('latin1')));
        },
      ),
      propertyRun({ numRuns: 2_000 }),
    );
  });

  it('takes it byte by byte, with text before and after, and padding behind the boundary', async () => {
    const body = Buffer.from(
      `a preamble\r\n--not it\r\n--B \t\r\n${HEADER}one\r\n--B\r\n\r\ntwo\r\n--B--\r\nan epilogue\r\n--B\r\n${HEADER}three\r\n--B--`,
    );
    for (const cuts of [[], everyCut(body)]) {
      const parts = await read('B', body, cuts);
      expect(dataOf(parts)).toEqual(['one', 'two']);
      expect(parts.map(({ headers }) => headers)).toEqual([
        { 'content-type': 'application/dicom' },
        {},
      ]);
    }
  });

  it('gives empty parts, and parts with the boundary inside a line', async () => {
    const boundary = "long'()+_,-./:=? boundary";
    const parts = ['', `x--${boundary}--`, `\r\n--${boundary}er\r\n`, '\r\n', ''];
    const body = bodyOf(boundary, parts);
    expect(dataOf(await read(boundary, body))).toEqual(parts);
    expect(dataOf(await read(boundary, body, everyCut(body)))).toEqual(parts);
    // The end of the headers may be the end of line that the boundary begins with.
    const tight = Buffer.from('--B\r\nA: b\r\n\r\n--B\r\n\r\n--B--');
    expect(dataOf(await read('B', tight, everyCut(tight)))).toEqual(['', '']);
  });

  it('reads headers in any case, folded ones too', async () => {
    const body = Buffer.from(
      '--B\r\ncontent-TYPE:application/dicom;\r\n transfer-syntax=1.2\r\nX: \r\n\r\nd\r\n--B--',
    );
    const [part] = await read('B', body);
    expect(part?.headers).toEqual({
      'content-type': 'application/dicom; transfer-syntax=1.2',
      x: '',
    });
  });

  const malformed: [string, string][] = [
    ['without its last boundary', `--B\r\n${HEADER}data\r\n--B\r\n${HEADER}more`],
    ['cut within the last boundary', `--B\r\n${HEADER}data\r\n--B-`],
    ['with line feeds alone', `--B\n${HEADER.replaceAll('\r', '')}data\n--B--\n`],
    ['with another boundary', bodyOf('other', ['data']).toString()],
    ['that is empty', ''],
    ['with a header that is none', '--B\r\nno colon\r\n\r\nd\r\n--B--'],
    ['with a lone line feed in a header', '--B\r\nA: b\nC: d\r\n\r\nd\r\n--B--'],
    ['with a NUL in a header', '--B\r\nA: b\0\r\n\r\nd\r\n--B--'],
    ['with two types for one part', '--B\r\nA: b\r\na: c\r\n\r\nd\r\n--B--'],
    ['with giant headers', `--B\r\nA: ${'b'.repeat(20_000)}\r\n\r\nd\r\n--B--`],
    ['with headers that never end', `--B\r\n${'A: b\r\n'.repeat(10_000)}`],
    ['with a giant preamble', 'x'.repeat(100_000)],
    ['with a giant epilogue', `--B\r\n\r\nd\r\n--B--${'x'.repeat(100_000)}`],
  ];
  it.each(malformed)('refuses a body %s', async (_what, text) => {
    const body = Buffer.from(text);
    const byte = Array.from({ length: 40 }, (_, index) => (index + 1) * 997);
    for (const cuts of [[], byte]) {
      await expect(read('B', body, cuts)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    }
  });

  it.each(['', ' ', 'x'.repeat(201), 'a\r\nb', 'a"b', 'ends with a space '])(
    'refuses %j as a boundary',
    (boundary) => {
      const handler = {
        openPart: () => undefined,
        data: () => undefined,
        endPart: () => undefined,
      };
      expect(() => new MultipartReader(boundary, handler)).toThrow(
        expect.objectContaining({ code: 'REQUEST_INVALID' }),
      );
    },
  );

  it('asks for no more while the last chunk is not taken', async () => {
    const taken: string[] = [];
    let release: (() => void) | undefined;
    const reader = new MultipartReader('B', {
      openPart: () => undefined,
      data: (chunk) => {
        taken.push(chunk.toString());
        return new Promise((resolve) => {
          release = resolve;
        });
      },
      endPart: () => {
        taken.push('end');
      },
    });
    const written = reader.write(Buffer.from('--B\r\n\r\ndata\r\n--B--'));
    await new Promise(setImmediate);
    expect(taken).toEqual(['data']);
    release?.();
    await written;
    expect(taken).toEqual(['data', 'end']);
  });
});

describe('reading a media type', () => {
  it.each([
    [
      'multipart/related; type="application/dicom"; boundary="a;b=\\"c"',
      'multipart/related',
      { type: 'application/dicom', boundary: 'a;b="c' },
    ],
    [
      'Multipart/Related;Boundary=x:y ;TYPE=application/dicom',
      'multipart/related',
      { boundary: 'x:y', type: 'application/dicom' },
    ],
    ['application/dicom ;', 'application/dicom', {}],
  ])('%s', (text, type, parameters) => {
    const media = parseMediaType(text);
    expect(media?.type).toBe(type);
    expect(Object.fromEntries(media?.parameters ?? [])).toEqual(parameters);
  });

  it.each([
    '',
    'multipart',
    'a/b; boundary=x; boundary=y',
    'a/b; boundary="never ends',
    'a/b boundary=x',
    `a/b; c=${'d'.repeat(2000)}`,
  ])('refuses %j', (text) => {
    expect(parseMediaType(text)).toBeUndefined();
  });
});
