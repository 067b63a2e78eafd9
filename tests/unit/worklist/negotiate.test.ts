import { describe, expect, it } from 'vitest';
import { envelope } from '#worklist/dicomweb/multipart.ts';
import { choosePackaging, requireJsonAccepted } from '#worklist/dicomweb/negotiate.ts';
import { parseStudyQuery } from '#worklist/dicomweb/search-studies.ts';

const JPEG_LS = '1.2.840.10008.1.2.4.80';
const OFFER = { mediaType: 'application/octet-stream', transferSyntaxUid: JPEG_LS };

describe('what a frame goes out in', () => {
  it.each([
    [undefined, 'multipart'],
    ['', 'multipart'],
    ['*/*', 'multipart'],
    ['multipart/related; type=application/octet-stream; transfer-syntax=*', 'multipart'],
    ['multipart/related; type="application/octet-stream"', 'multipart'],
    ['Multipart/Related; Type="application/octet-stream"', 'multipart'],
    ['application/octet-stream', 'single'],
    ['application/octet-stream; transfer-syntax=*', 'single'],
    [`application/octet-stream; transfer-syntax=${JPEG_LS}`, 'single'],
    ['image/jpeg, application/octet-stream;q=0.5', 'single'],
    [`multipart/related; type="image/jls"; transfer-syntax=${JPEG_LS}, */*;q=0.1`, 'multipart'],
  ])('%s: %s', (accept, packaging) => {
    expect(choosePackaging(accept, OFFER)).toBe(packaging);
  });

  it.each([
    'image/jpeg',
    'application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1',
    'multipart/related; type="image/jpeg"',
    'application/dicom',
  ])('refuses %s', (accept) => {
    expect(() => choosePackaging(accept, OFFER)).toThrowError(
      expect.objectContaining({ code: 'NOT_ACCEPTABLE' }),
    );
  });

  it('takes JSON by any of its names', () => {
    for (const accept of [undefined, '*/*', 'application/dicom+json', 'application/json']) {
      expect(() => requireJsonAccepted(accept)).not.toThrow();
    }
    expect(() => requireJsonAccepted('application/dicom+xml')).toThrowError(/dicom\+json/);
  });

  it('wraps one part with a boundary of its own', () => {
    const [first, second] = [envelope(OFFER, 3), envelope(OFFER, 3)];
    expect(first.contentType).not.toBe(second.contentType);
    const boundary = /boundary=(\S+)$/.exec(first.contentType)?.[1] ?? '';
    const head = first.head.toString();
    expect(head.startsWith(`--${boundary}\r\n`)).toBe(true);
    expect(head.endsWith('Content-Length: 3\r\n\r\n')).toBe(true);
    expect(first.tail.toString()).toBe(`\r\n--${boundary}--\r\n`);
  });
});

describe('a QIDO-RS query', () => {
  it('knows keywords and tags, and leaves out what it does not know', () => {
    expect(
      parseStudyQuery({
        '00100020': 'P1',
        '0020000d': ['1.2', '1.3'],
        AccessionNumber: 'A',
        includefield: '00081030',
        fuzzymatching: 'true',
        limit: '5000',
      }),
    ).toEqual({
      PatientID: 'P1',
      StudyInstanceUID: '1.2,1.3',
      AccessionNumber: 'A',
      limit: 1000,
      offset: 0,
    });
  });

  it.each([
    { StudyInstanceUID: "1' OR 1=1" },
    { StudyDate: '2026' },
    { limit: '-1' },
    { offset: 'x' },
  ])('refuses %j', (query) => {
    expect(() => parseStudyQuery(query)).toThrow();
  });
});
