import { describe, expect, it } from 'vitest';
import { Multipart } from '#worklist/dicomweb/multipart.ts';
import { readWishes, requireJsonAccepted } from '#worklist/dicomweb/negotiate.ts';
import { chooseFrames } from '#worklist/dicomweb/retrieve/frame-choice.ts';
import { formFor } from '#worklist/dicomweb/retrieve/object-syntax.ts';

const EXPLICIT = '1.2.840.10008.1.2.1';
const JPEG_LS = '1.2.840.10008.1.2.4.80';
const JPEG = '1.2.840.10008.1.2.4.50';
const MPEG4 = '1.2.840.10008.1.2.4.102';
const OCTETS = 'application/octet-stream';

describe('an Accept header', () => {
  it('is read by q, then in its order, with quoted commas and without what is refused', () => {
    const wishes = readWishes(
      'image/png;q=0.5, multipart/related; type="application/dicom"; transfer-syntax=*, image/jpeg;q=0, ' +
        'text/html; a="x,y"; q=0.9, broken',
    );
    expect(wishes).toEqual([
      { packaging: 'multipart', mediaType: 'application/dicom', transferSyntax: '*' },
      { packaging: 'single', mediaType: 'text/html', transferSyntax: undefined },
      { packaging: 'single', mediaType: 'image/png', transferSyntax: undefined },
    ]);
  });

  it.each([undefined, '', '*/*'])('takes everything when it is %j', (accept) => {
    expect(readWishes(accept)).toEqual([
      { packaging: 'multipart', mediaType: '*/*', transferSyntax: undefined },
    ]);
  });

  it('takes JSON by any of its names', () => {
    for (const accept of [undefined, '*/*', 'application/dicom+json', 'application/json;q=0.1']) {
      expect(() => requireJsonAccepted(accept)).not.toThrow();
    }
    for (const accept of ['application/dicom+xml', 'application/dicom+json;q=0']) {
      expect(() => requireJsonAccepted(accept)).toThrowError(/dicom\+json/);
    }
  });
});

describe('what frames go out in', () => {
  const compressed = { transferSyntaxUid: JPEG_LS, isCompressed: true };
  const native = { transferSyntaxUid: EXPLICIT, isCompressed: false };
  const stored = { mediaType: OCTETS, transferSyntaxUid: JPEG_LS, decoded: false };
  const decoded = { mediaType: OCTETS, transferSyntaxUid: EXPLICIT, decoded: true };

  it.each([
    [undefined, { packaging: 'multipart', ...decoded }],
    ['*/*', { packaging: 'multipart', ...decoded }],
    [`multipart/related; type=${OCTETS}; transfer-syntax=*`, { packaging: 'multipart', ...stored }],
    [`Multipart/Related; Type="${OCTETS}"`, { packaging: 'multipart', ...decoded }],
    [OCTETS, { packaging: 'single', ...decoded }],
    [`${OCTETS}; transfer-syntax=${JPEG_LS}`, { packaging: 'single', ...stored }],
    [`${OCTETS}; transfer-syntax=${EXPLICIT}`, { packaging: 'single', ...decoded }],
    [`image/jpeg, ${OCTETS};q=0.5`, { packaging: 'single', ...decoded }],
    [
      `multipart/related; type="image/jls"; transfer-syntax=${JPEG_LS}, */*;q=0.1`,
      { packaging: 'multipart', ...stored, mediaType: 'image/jls' },
    ],
    ['image/jls', { packaging: 'single', ...stored, mediaType: 'image/jls' }],
  ])('%s', (accept, choice) => {
    expect(chooseFrames(compressed, readWishes(accept), 1)).toEqual(choice);
  });

  it.each([
    ['image/jpeg', 1],
    [`${OCTETS}; transfer-syntax=${JPEG}`, 1],
    ['multipart/related; type="image/jpeg"', 1],
    ['application/dicom', 1],
    [OCTETS, 2],
  ])('refuses %s for %i, and says what there is', (accept, count) => {
    expect(() => chooseFrames(compressed, readWishes(accept), count)).toThrowError(
      expect.objectContaining({
        code: 'NOT_ACCEPTABLE',
        message: expect.stringMatching(/image\/jls in 1\.2\.840\.10008\.1\.2\.4\.80/),
      }),
    );
  });

  it('never calls native pixels an image', () => {
    expect(() => chooseFrames(native, readWishes('image/*'), 1)).toThrowError(/octet-stream/);
    expect(chooseFrames(native, readWishes(OCTETS), 1)).toMatchObject({ decoded: false });
  });
});

describe('in which form an instance goes out', () => {
  const row = (transferSyntaxUid: string, frames = 1) => ({
    ...{ transferSyntaxUid, rows: 512, columns: 512, numberOfFrames: frames, fileBytes: '1000' },
  });

  it.each([
    ['as kept with *', JPEG_LS, '*', 'stored'],
    ['as kept by its own UID', JPEG_LS, JPEG_LS, 'stored'],
    ['decoded without a UID', JPEG_LS, undefined, 'explicit'],
    ['decoded by UID', JPEG_LS, EXPLICIT, 'explicit'],
    ['with its loss, without a UID', JPEG, undefined, 'stored'],
    ['decoded by UID, whatever was lost', JPEG, EXPLICIT, 'explicit'],
    ['explicit from implicit', '1.2.840.10008.1.2', undefined, 'explicit'],
    ['a video as it is', MPEG4, undefined, 'stored'],
    ['no video uncompressed', MPEG4, EXPLICIT, undefined],
    ['nothing compressed anew', EXPLICIT, JPEG_LS, undefined],
  ])('%s', (_name, kept, wished, form) => {
    expect(formFor(row(kept), wished)).toBe(form);
  });

  it('does not decode what no value of Explicit VR Little Endian could hold', () => {
    expect(formFor(row(JPEG_LS, 20_000), EXPLICIT)).toBeUndefined();
    expect(formFor(row(JPEG_LS, 20_000), undefined)).toBe('stored');
  });
});

describe('a multipart body', () => {
  it('has a boundary of its own, and says what each part is', () => {
    const [first, second] = [new Multipart(), new Multipart()];
    const type = first.contentType(OCTETS, JPEG_LS);
    expect(type).not.toBe(second.contentType(OCTETS, JPEG_LS));
    const boundary = /boundary=(\S+)$/.exec(type)?.[1] ?? '';
    const head = first.partHead({ mediaType: OCTETS, transferSyntaxUid: JPEG_LS, length: 3 });
    expect(head.toString()).toBe(
      `--${boundary}\r\nContent-Type: ${OCTETS}; transfer-syntax=${JPEG_LS}\r\nContent-Length: 3\r\n\r\n`,
    );
    expect(first.end.toString()).toBe(`--${boundary}--\r\n`);
  });
});
