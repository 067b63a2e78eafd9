import { describe, expect, it } from 'vitest';
import { readRejectionNote } from '#dicom/attributes/rejection-note.ts';
import { minimalImage, minimalObject, rejectionNote } from '#test-data/minimal-objects.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';

const images = [1, 2, 3].map((instanceNumber) =>
  minimalImage({ modality: 'CT', seed: 'noted', instanceNumber }),
);
const other = minimalImage({
  modality: 'CT',
  seed: 'other series',
  studyInstanceUid: images[0]?.studyInstanceUid ?? '',
  seriesInstanceUid: '1.2.826.0.1.3680043.10.99.77',
});

function read(file: Buffer) {
  const { dataSet, transferSyntaxUid } = splitPart10(file);
  return readRejectionNote(dataSet, transferSyntaxUid);
}

describe('a rejection note', () => {
  it.each(['113001', '113037', '113038', '113039'] as const)('%s names its instances', (title) => {
    const of = [...images, other];
    const note = read(rejectionNote({ title, seed: 'n', of }).bytes);
    expect(note?.code).toBe(title);
    expect(note?.instances).toEqual(
      of.map(({ studyInstanceUid, sopInstanceUid }) => ({ studyInstanceUid, sopInstanceUid })),
    );
  });

  it('rejects what its content names, of what its evidence lists', () => {
    const reference = {
      ReferencedSOPClassUID: other.sopClassUid,
      ReferencedSOPInstanceUID: other.sopInstanceUid,
    };
    const item = {
      RelationshipType: 'CONTAINS',
      ValueType: 'IMAGE',
      ReferencedSOPSequence: [reference],
    };
    const nested = {
      RelationshipType: 'CONTAINS',
      ValueType: 'CONTAINER',
      ContentSequence: [item],
    };
    const named = (ContentSequence: object[], of = [...images, other]) =>
      read(
        rejectionNote({ title: '113001', seed: 'n', of, attributes: { ContentSequence } }).bytes,
      )?.instances.map((each) => each.sopInstanceUid);
    expect(named([item])).toEqual([other.sopInstanceUid]);
    expect(named([nested])).toEqual([other.sopInstanceUid]);
    // Without evidence nobody knows the study: nothing is touched.
    expect(named([item], images)).toEqual([]);
    expect(named([])).toHaveLength(4);
  });

  it('is no other document', () => {
    const of = images[0] ?? other;
    expect(read(minimalObject({ kind: 'KO', seed: 'n', of }).bytes)).toBeUndefined();
    expect(read(minimalObject({ kind: 'SR', seed: 'n', of }).bytes)).toBeUndefined();
    expect(read(of.bytes)).toBeUndefined();
    const bytes = Buffer.from(rejectionNote({ title: '113001', seed: 'n', of: images }).bytes);
    bytes.write('DCN', bytes.indexOf('DCM '), 'latin1');
    expect(read(bytes)).toBeUndefined();
    // A report under such a title rejects nothing either.
    const SOPClassUID = '1.2.840.10008.5.1.4.1.1.88.33';
    const attributes = { SOPClassUID };
    const report = rejectionNote({ title: '113001', seed: 'n', of: images, attributes });
    expect(read(report.bytes)).toBeUndefined();
  });

  it('cut anywhere is refused or names no more than it did', () => {
    const { dataSet, transferSyntaxUid } = splitPart10(
      rejectionNote({ title: '113001', seed: 'n', of: images }).bytes,
    );
    const known = new Set(images.map((image) => image.sopInstanceUid));
    for (let length = 0; length < dataSet.length; length += 7) {
      try {
        const note = readRejectionNote(dataSet.subarray(0, length), transferSyntaxUid);
        for (const each of note?.instances ?? []) expect(known).toContain(each.sopInstanceUid);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^DICOM_/) });
      }
    }
  });
});
