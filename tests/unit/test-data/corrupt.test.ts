import { describe, expect, it } from 'vitest';
import { CORRUPTIONS, corrupt } from '#test-data/corrupt.ts';
import { minimalImage, minimalObject } from '#test-data/minimal-objects.ts';

const sound = minimalImage({ modality: 'CR', seed: 0 });

describe('corrupt files', () => {
  it.each(CORRUPTIONS)('%s differs from the sound file and is reproducible', (kind) => {
    expect(corrupt(kind).equals(sound.bytes)).toBe(false);
    expect(corrupt(kind)).toEqual(corrupt(kind));
  });

  it('claims sizes that the file does not hold', () => {
    const huge = corrupt('huge-length-claimed');
    const header = huge.indexOf(Buffer.from('e07f10004f57', 'hex'));
    expect(huge.readUInt32LE(header + 8)).toBeGreaterThan(huge.length);
  });

  it('leaves the pixel data out', () => {
    const tag = Buffer.from('e07f1000', 'hex');
    expect(sound.bytes.includes(tag)).toBe(true);
    expect(corrupt('no-pixel-data').includes(tag)).toBe(false);
  });
});

describe('minimal objects', () => {
  it('refer to the image they are about', () => {
    for (const kind of ['SR', 'KO', 'PR'] as const) {
      const object = minimalObject({ kind, seed: 1, of: sound });
      expect(object.studyInstanceUid).toBe(sound.studyInstanceUid);
      expect(object.seriesInstanceUid).not.toBe(sound.seriesInstanceUid);
      expect(object.bytes.includes(sound.sopInstanceUid)).toBe(true);
    }
  });

  it('take an attribute away and add private elements', () => {
    const image = minimalImage({
      modality: 'MR',
      seed: 2,
      attributes: { PatientName: undefined },
      extra: [{ tag: 0x00090010, vr: 'LO', value: 'OWNER' }],
    });
    const tags = image.elements.map((element) => element.tag);
    expect(tags).not.toContain(0x00100010);
    expect(tags).toContain(0x00090010);
  });
});
