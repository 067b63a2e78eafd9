import { describe, expect, it } from 'vitest';
import { readAttributes } from '#dicom/attributes/read-attributes.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { applyModalityLut } from '#dicom/pixels/decoded-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { voiOf } from '#dicom/pixels/voi.ts';
import { type TestElement, text } from '#tests/support/data-set-bytes.ts';
import { nativeImage, words } from '#tests/support/test-image.ts';

const SHARED = 0x52009229;
const PER_FRAME = 0x52009230;
const EXPLICIT_UID = '1.2.840.10008.1.2.1';

function sequence(tag: number, ...items: TestElement[][]): TestElement {
  return { tag, vr: 'SQ', value: items };
}

function rescale(slope: string, intercept: string): TestElement {
  return sequence(0x00289145, [text(0x00281052, 'DS', intercept), text(0x00281053, 'DS', slope)]);
}

function frameVoi(...elements: TestElement[]): TestElement {
  return sequence(0x00289132, elements);
}

const window = (center: string, width: string) =>
  frameVoi(text(0x00281050, 'DS', center), text(0x00281051, 'DS', width));

const table = sequence(0x00283010, [
  { tag: 0x00283002, vr: 'US', value: words(3, 1, 8) },
  { tag: 0x00283006, vr: 'OW', value: words(0, 51, 255) },
]);

function twoFrames(more: TestElement[]) {
  const image = { rows: 1, columns: 2, numberOfFrames: 2, more };
  return { bytes: nativeImage(image, words(1, 2, 3, 4)), transferSyntaxUid: EXPLICIT_UID };
}

function decode(more: TestElement[], frame: number) {
  return decodeFrame(twoFrames(more), frame, DEFAULT_LIMITS);
}

describe('functional groups (PS3.3 C.7.6.16)', () => {
  it('give each frame its own rescale and window', async () => {
    const more = [
      sequence(
        PER_FRAME,
        [rescale('2', '10'), window('5', '8')],
        [rescale('3', '-1'), window('7', '4')],
      ),
    ];
    const [first, second] = [await decode(more, 0), await decode(more, 1)];
    expect([...applyModalityLut(first)]).toEqual([12, 14]);
    expect([...applyModalityLut(second)]).toEqual([8, 11]);
    expect([first.windowCenter, second.windowCenter]).toEqual([[5], [7]]);
    expect([first.windowWidth, second.windowWidth]).toEqual([[8], [4]]);
  });

  it('that all frames share hold where a frame has none of its own', async () => {
    const spacing = sequence(0x00289110, [text(0x00280030, 'DS', '0.5\\0.25')]);
    const more = [
      sequence(SHARED, [rescale('2', '0'), spacing]),
      sequence(PER_FRAME, [], [rescale('5', '0')]),
    ];
    expect([...applyModalityLut(await decode(more, 0))]).toEqual([2, 4]);
    expect([...applyModalityLut(await decode(more, 1))]).toEqual([15, 20]);
    expect((await decode(more, 1)).pixelSpacing).toEqual([0.5, 0.25]);
  });

  it('go before what stands at the top, which speaks of no frame', async () => {
    const more = [
      text(0x00281052, 'DS', '-1000'),
      text(0x00281053, 'DS', '1'),
      sequence(PER_FRAME, [rescale('1', '7')], []),
    ];
    expect([...applyModalityLut(await decode(more, 0))]).toEqual([8, 9]);
    expect([...applyModalityLut(await decode(more, 1))]).toEqual([-997, -996]);
  });

  it('may hold a VOI LUT, and a window there goes before a table at the top', async () => {
    const more = [table, sequence(PER_FRAME, [frameVoi(table)], [window('10', '5')])];
    const first = voiOf(await decode(more, 0));
    expect([0, 1, 2, 3, 4].map((value) => first?.(value))).toEqual([0, 0, 0.2, 1, 1]);
    expect((await decode(more, 1)).voiLut).toBeUndefined();
    expect((await decode([table], 1)).voiLut?.firstMapped).toBe(1);
  });

  it('give a frame its place', () => {
    const plane = (z: string) => [
      sequence(0x00209113, [text(0x00200032, 'DS', `0\\0\\${z}`)]),
      sequence(0x00209116, [text(0x00200037, 'DS', '1\\0\\0\\0\\1\\0')]),
    ];
    const { bytes } = twoFrames([sequence(PER_FRAME, plane('5'), plane('9'))]);
    expect(readAttributes(bytes, EXPLICIT_UID)).toMatchObject({
      imagePositionPatient: [0, 0, 5],
      imageOrientationPatient: [1, 0, 0, 0, 1, 0],
    });
  });
});

describe('the first mapped value of a VOI LUT (PS3.3 C.11.2.1.1)', () => {
  const lut = (vr: string) =>
    sequence(0x00283010, [
      { tag: 0x00283002, vr, value: words(3, -1000, 8) },
      { tag: 0x00283006, vr: 'OW', value: words(0, 51, 255) },
    ]);
  const toHounsfield = [text(0x00281052, 'DS', '-1024'), text(0x00281053, 'DS', '1')];
  const first = async (more: TestElement[], pixelRepresentation = 0) => {
    const image = { rows: 1, columns: 1, bitsStored: 16, pixelRepresentation, more };
    const bytes = nativeImage(image, words(1));
    const source = { bytes, transferSyntaxUid: EXPLICIT_UID };
    return (await decodeFrame(source, 0, DEFAULT_LIMITS)).voiLut?.firstMapped;
  };

  it('is signed where modality values may be negative, whatever its VR', async () => {
    expect(await first([lut('US'), ...toHounsfield])).toBe(-1000);
    expect(await first([lut('US')], 1)).toBe(-1000);
    expect(await first([lut('SS')])).toBe(-1000);
    expect(await first([lut('US')])).toBe(64_536);
  });
});
