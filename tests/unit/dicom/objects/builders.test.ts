import { describe, expect, test } from 'vitest';
import { itemsOf, readBinaryNumbers, readBytes } from '#dicom/attributes/element-values.ts';
import { type DataSet, parseHeader } from '#dicom/attributes/parse-elements.ts';
import { isMadeByRadTriage, readAttributes } from '#dicom/attributes/read-attributes.ts';
import { readRejectionNote } from '#dicom/attributes/rejection-note.ts';
import { buildKeyObjects, buildRejectionNote } from '#dicom/objects/build-key-objects.ts';
import { buildSecondaryCapture } from '#dicom/objects/build-secondary-capture.ts';
import { localTime } from '#dicom/objects/local-time.ts';
import { maskPixels, packBits } from '#dicom/objects/pixel-geometry.ts';
import { buildPresentationState } from '#dicom/objects/presentation/build-presentation-state.ts';
import { groupForPresentation } from '#dicom/objects/presentation/group-images.ts';
import { readSourceImage } from '#dicom/objects/read-source-image.ts';
import { buildReport } from '#dicom/objects/report/build-report.ts';
import { buildSegmentation } from '#dicom/objects/segmentation/build-segmentation.ts';
import type { AiResult, BuiltObject, SourceImage } from '#dicom/objects/types.ts';
import { decodeFrame } from '#dicom/pixels/decode-frame.ts';
import { DEFAULT_LIMITS } from '#dicom/pixels/image-description.ts';
import { type MinimalImageOptions, minimalImage } from '#test-data/minimal-objects.ts';
import { splitPart10 } from '#tests/support/data-set-bytes.ts';
import { readText } from '#tests/support/report-tree.ts';
import {
  sampleFinding,
  sampleHeatmap,
  sampleIdentity,
  sampleResult,
} from '#tests/support/sample-result.ts';

function image(options: Partial<MinimalImageOptions> = {}): SourceImage {
  const given = { modality: 'CT', seed: 'builders', rows: 32, columns: 48, ...options } as const;
  const { dataSet, transferSyntaxUid } = splitPart10(minimalImage(given).bytes);
  return readSourceImage({ bytes: dataSet, transferSyntaxUid });
}

function parse(built: BuiltObject | undefined): DataSet {
  if (built === undefined) throw new Error('nothing was built');
  const { dataSet, transferSyntaxUid } = splitPart10(built.bytes);
  return parseHeader(dataSet, transferSyntaxUid);
}

function segmentation(images: readonly SourceImage[], changes: Partial<AiResult> = {}) {
  return buildSegmentation({
    result: sampleResult(images, changes),
    images,
    identity: sampleIdentity('seg'),
    dimensionOrganizationUid: '2.25.5',
  });
}

function state(images: readonly SourceImage[], changes: Partial<AiResult> = {}) {
  const result = sampleResult(images, changes);
  return buildPresentationState({ result, images, identity: sampleIdentity('gsps') });
}

async function picture(source: SourceImage, changes: Partial<AiResult> = {}) {
  const { dataSet, transferSyntaxUid } = splitPart10(
    minimalImage({ modality: 'CT', seed: 'builders', rows: 32, columns: 48 }).bytes,
  );
  const decoded = await decodeFrame({ bytes: dataSet, transferSyntaxUid }, 0, DEFAULT_LIMITS);
  const result = sampleResult([source], changes);
  const identity = sampleIdentity('sc');
  return buildSecondaryCapture({ result, image: source, frame: 1, decoded, identity });
}

const NUMBER_OF_FRAMES = 0x00280008;
const PER_FRAME = 0x52009230;
const PLANE_POSITION = 0x00209113;
const PATIENT_ORIENTATION = 0x00200020;

describe('every object', () => {
  test('is known as our own when it comes back, and has a series of its own in the study', async () => {
    const source = image();
    const result = sampleResult([source]);
    const identity = sampleIdentity('any');
    const built = [
      buildReport({ result, images: [source], identity }),
      segmentation([source]),
      await picture(source),
      buildKeyObjects({ result, images: [source], identity }),
      state([source]),
    ];
    for (const each of built) {
      const { dataSet, transferSyntaxUid } = splitPart10(each?.bytes ?? Buffer.alloc(0));
      const attributes = readAttributes(dataSet, transferSyntaxUid);
      expect(isMadeByRadTriage(attributes)).toBe(true);
      expect(attributes.studyInstanceUid).toBe(source.studyInstanceUid);
      expect(attributes.seriesInstanceUid).not.toBe(source.seriesInstanceUid);
      expect(attributes.sopClassUid).toBe(each?.sopClassUid);
    }
  });

  test('has the same bytes of the same input', async () => {
    const source = image();
    const [one, two] = [await picture(source), await picture(source)];
    expect(one.bytes.equals(two.bytes)).toBe(true);
    expect(segmentation([source])?.bytes).toEqual(segmentation([source])?.bytes);
    expect(state([source]).bytes).toEqual(state([source]).bytes);
  });

  test('that shows a place is refused in triage-only mode', async () => {
    const source = image();
    const changes = { readingMode: 'triage-only' } as const;
    const result = sampleResult([source], changes);
    const refused = expect.objectContaining({ code: 'LOCATION_WITHHELD' });
    expect(() => segmentation([source], changes)).toThrow(refused);
    expect(() => state([source], changes)).toThrow(refused);
    const note = { result, images: [source], identity: sampleIdentity('ko') };
    expect(() => buildKeyObjects(note)).toThrow(refused);
    await expect(picture(source, changes)).rejects.toThrow(refused);
    expect(groupForPresentation(result, [source])).toEqual([]);
  });

  test('has its dates in the zone of the images, else in that of the site', () => {
    const at = new Date('2026-01-12T23:30:00Z');
    const stated = image({ attributes: { TimezoneOffsetFromUTC: '-0530' } }).header;
    expect(localTime(at, stated, 60)).toEqual({
      date: '20260112',
      time: '180000',
      dateTime: '20260112180000-0530',
    });
    expect(localTime(at, image().header, 60).dateTime).toBe('20260113003000+0100');
  });
});

describe('a segmentation', () => {
  test('packs bits across frames, the first pixel lowest', () => {
    expect([...packBits([Uint8Array.of(1, 0, 1), Uint8Array.of(0, 1, 1)])]).toEqual([0b110101]);
    const nine = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1);
    expect([...packBits([nine])]).toEqual([0, 1]);
  });

  test('marks the pixels whose centre lies in a cell at or above the threshold', () => {
    const cells = {
      width: 2,
      height: 1,
      values: Float32Array.of(0.4, 0.5),
      transform: { scaleX: 2, scaleY: 2, originX: 1, originY: 1 },
    };
    const mask = maskPixels(cells, 0.5, { rows: 4, columns: 6 });
    const marked = [...mask].flatMap((bit, index) => (bit === 1 ? [index] : []));
    // Columns 3 and 4 of rows 1 and 2.
    expect(marked).toEqual([9, 10, 15, 16]);
  });

  test('has a frame for each image that reaches the threshold, and none is no segmentation', () => {
    const [one, two] = [image({ instanceNumber: 1 }), image({ instanceNumber: 2 })];
    const weak = { ...sampleHeatmap(two), values: new Float32Array(256) };
    const built = parse(segmentation([one, two], { heatmaps: [sampleHeatmap(one), weak] }));
    expect(readText(built, NUMBER_OF_FRAMES)).toBe('1');
    expect(segmentation([two], { heatmaps: [weak] })).toBeUndefined();
    expect(segmentation([one], { heatmaps: [] })).toBeUndefined();
  });

  test('tells models, labels and thresholds apart as segments', () => {
    const source = image();
    const other = { ...sampleHeatmap(source), label: 'Nodule' };
    const stricter = { ...sampleHeatmap(source), threshold: 0.8 };
    const heatmaps = [sampleHeatmap(source), other, stricter];
    const built = parse(segmentation([source], { heatmaps }));
    const labels = itemsOf(built, 0x00620002).map((item) => readText(item, 0x00620005));
    expect(labels).toEqual(['Opacity', 'Nodule', 'Opacity']);
    expect(readText(built, NUMBER_OF_FRAMES)).toBe('3');
  });

  test('lies in the patient where the planes of all images are known, else beside their images', () => {
    const placed = (number: number, attributes = {}) =>
      image({
        instanceNumber: number,
        attributes: {
          FrameOfReferenceUID: '2.25.4',
          ImagePositionPatient: [0, 0, number],
          ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
          PixelSpacing: [1, 1],
          SliceThickness: 2,
          ...attributes,
        },
      });
    const positions = (built: DataSet) =>
      itemsOf(built, PER_FRAME)
        .flatMap((item) => itemsOf(item, PLANE_POSITION))
        .map((item) => readText(item, 0x00200032));
    const known = parse(segmentation([placed(1), placed(2)]));
    expect(positions(known)).toEqual(['0\\0\\1', '0\\0\\2']);
    expect(known.elements.has(PATIENT_ORIENTATION)).toBe(false);
    for (const lacking of [{ SliceThickness: undefined }, { ImagePositionPatient: undefined }]) {
      const unknown = parse(segmentation([placed(1), placed(2, lacking)]));
      expect(positions(unknown)).toEqual([]);
      expect(unknown.elements.has(PATIENT_ORIENTATION)).toBe(true);
    }
  });

  test('gives each frame an orientation of its own where they differ', () => {
    const turned = (number: number, orientation: number[]) =>
      image({
        instanceNumber: number,
        attributes: {
          FrameOfReferenceUID: '2.25.4',
          ImagePositionPatient: [0, 0, number],
          ImageOrientationPatient: orientation,
          PixelSpacing: [1, 1],
          SliceThickness: 2,
        },
      });
    const orientations = (built: DataSet, sequence: number) =>
      itemsOf(built, sequence)
        .flatMap((item) => itemsOf(item, 0x00209116))
        .map((item) => readText(item, 0x00200037));
    const axial = [1, 0, 0, 0, 1, 0];
    const stack = parse(segmentation([turned(1, axial), turned(2, axial)]));
    expect(orientations(stack, 0x52009229)).toEqual(['1\\0\\0\\0\\1\\0']);
    expect(orientations(stack, PER_FRAME)).toEqual([]);
    const localizer = parse(segmentation([turned(1, axial), turned(2, [1, 0, 0, 0, 0, -1])]));
    expect(orientations(localizer, 0x52009229)).toEqual([]);
    expect(orientations(localizer, PER_FRAME)).toEqual(['1\\0\\0\\0\\1\\0', '1\\0\\0\\0\\0\\-1']);
  });

  test('is of one series and one size', () => {
    const other = image({ seriesInstanceUid: '2.25.9' });
    expect(() => segmentation([image(), other])).toThrow('one series of one size');
    expect(() => segmentation([image(), image({ rows: 64 })])).toThrow('one series of one size');
  });
});

describe('a note', () => {
  test('names the images of findings that stand, and is none where none stands', () => {
    const [one, two] = [image({ instanceNumber: 1 }), image({ instanceNumber: 2 })];
    const rejected = { ...sampleFinding([two], 'F2'), verdict: 'reject' as const };
    const findings = [sampleFinding([one]), rejected];
    const note = { images: [one, two], identity: sampleIdentity('ko') };
    const built = parse(
      buildKeyObjects({ ...note, result: sampleResult([one, two], { findings }) }),
    );
    const named = itemsOf(built, 0x0040a730).flatMap((item) => itemsOf(item, 0x00081199));
    expect(named.map((item) => readText(item, 0x00081155))).toEqual([one.sopInstanceUid]);
    const nothing = sampleResult([two], { findings: [rejected] });
    expect(buildKeyObjects({ ...note, result: nothing })).toBeUndefined();
  });

  test('that rejects is read as one by our own door, with what it names', () => {
    const source = image();
    const outdated = ['1.2.840.10008.5.1.4.1.1.7', '1.2.840.10008.5.1.4.1.1.66.4'].map(
      (sopClassUid, index) => ({
        sopClassUid,
        sopInstanceUid: `2.25.10${index}`,
        seriesInstanceUid: `2.25.20${index}`,
        studyInstanceUid: source.studyInstanceUid,
      }),
    );
    const identity = sampleIdentity('rejection');
    const note = { outdated, source, identity, reason: 'Superseded by result 2' };
    const { dataSet, transferSyntaxUid } = splitPart10(buildRejectionNote(note).bytes);
    const read = readRejectionNote(dataSet, transferSyntaxUid);
    expect(read?.code).toBe('113001');
    expect(read?.instances.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
      '2.25.100',
      '2.25.101',
    ]);
    expect(() => buildRejectionNote({ ...note, outdated: [] })).toThrow('of its own study');
    const foreign = outdated.map((each) => ({ ...each, studyInstanceUid: '2.25.3' }));
    expect(() => buildRejectionNote({ ...note, outdated: foreign })).toThrow('of its own study');
  });
});

describe('a presentation state', () => {
  const PRESENTATION_LUT_SHAPE = 0x20500020;
  const CT = {
    RescaleSlope: 1,
    RescaleIntercept: -1024,
    WindowCenter: [40, 500],
    WindowWidth: [400, 1500],
  };

  test('repeats window, rescale and polarity of its images, which would be lost without', () => {
    const built = parse(state([image({ attributes: CT })]));
    expect(readText(built, 0x00281052)).toBe('-1024');
    const window = itemsOf(built, 0x00283110)[0];
    expect([readText(window, 0x00281050), readText(window, 0x00281051)]).toEqual(['40', '400']);
    expect(readText(built, PRESENTATION_LUT_SHAPE)).toBe('IDENTITY');
    const inverted = image({ attributes: { PhotometricInterpretation: 'MONOCHROME1' } });
    expect(readText(parse(state([inverted])), PRESENTATION_LUT_SHAPE)).toBe('INVERSE');
    // Neither turned nor mirrored.
    expect(built.elements.has(0x00700041) || built.elements.has(0x00700042)).toBe(false);
  });

  test('has the box in pixels, cut to its image, on the frame that it is of', () => {
    const multi = image({ attributes: { NumberOfFrames: 3 } });
    const finding = sampleFinding([multi]);
    const regions = [
      {
        sopInstanceUid: multi.sopInstanceUid,
        frame: 2,
        box: { x: 40, y: -3, width: 20, height: 10 },
      },
    ];
    const built = parse(state([multi], { findings: [{ ...finding, regions }] }));
    const annotation = itemsOf(built, 0x00700001)[0];
    const of = annotation === undefined ? undefined : itemsOf(annotation, 0x00081140)[0];
    expect(readText(of, 0x00081160)).toBe('2');
    const graphic = annotation === undefined ? undefined : itemsOf(annotation, 0x00700009)[0];
    const data = graphic?.elements.get(0x00700022);
    if (graphic === undefined || data === undefined) throw new Error('no graphic');
    expect(readBinaryNumbers(graphic, data, 'FL')).toEqual([40, 0, 48, 0, 48, 7, 40, 7, 40, 0]);
    expect(readText(graphic, 0x00700005)).toBe('PIXEL');
  });

  test('serves only images that share rescale values, polarity and series, and none in colour', () => {
    const alike = [image({ attributes: CT }), image({ attributes: CT, instanceNumber: 2 })];
    const shifted = image({ attributes: { ...CT, RescaleIntercept: 0 }, instanceNumber: 3 });
    const color = image({
      modality: 'US',
      instanceNumber: 4,
      attributes: { SamplesPerPixel: 3, PhotometricInterpretation: 'RGB' },
    });
    const all = [...alike, shifted, color];
    const groups = groupForPresentation(sampleResult(all), all);
    expect(groups).toEqual([alike, [shifted]]);
    expect(() => state([...alike, shifted])).toThrow('cannot share');
  });
});

describe('what is taken over', () => {
  test('are orders, accession number and type 2 attributes that the images lack', () => {
    const request = [
      {
        tag: 0x00400275,
        vr: 'SQ',
        value: {
          items: [
            [
              { tag: 0x00321060, vr: 'LO', value: 'Chest' },
              { tag: 0x00401001, vr: 'SH', value: 'RP1' },
            ],
          ],
        },
      },
    ];
    const source = image({ attributes: { AccessionNumber: 'A7' }, extra: request });
    const built = parse(
      buildReport({
        result: sampleResult([source]),
        images: [source],
        identity: sampleIdentity('sr'),
      }),
    );
    const order = itemsOf(built, 0x0040a370)[0];
    expect(readText(order, 0x00401001)).toBe('RP1');
    expect(readText(order, 0x00080050)).toBe('A7');
    expect(order?.elements.has(0x00402016)).toBe(true);
    expect(readBytes(built, 0x00100030)).toBeDefined();
    expect(itemsOf(parse(segmentation([source])), 0x00400275)).toHaveLength(1);
  });

  test('is the sign of a lookup table that implicit VR does not tell', () => {
    const table = [
      {
        tag: 0x00283010,
        vr: 'SQ',
        value: {
          items: [
            [
              { tag: 0x00283002, vr: 'SS', value: [2, -5, 16] },
              { tag: 0x00283006, vr: 'OW', value: Buffer.from([0, 0, 255, 255]) },
            ],
          ],
        },
      },
    ];
    const source = image({
      attributes: { PixelRepresentation: 1 },
      extra: table,
      transferSyntax: '1.2.840.10008.1.2',
    });
    const voi = itemsOf(parse(state([source])), 0x00283110)[0];
    const copied = voi === undefined ? undefined : itemsOf(voi, 0x00283010)[0];
    expect(copied?.elements.get(0x00283002)?.vr).toBe('SS');
    expect(copied?.elements.get(0x00283006)?.vr).toBe('OW');
  });
});
