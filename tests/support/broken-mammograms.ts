import dcmjsCodecs from 'dcmjs-codecs';
import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { type MinimalObject, minimalImage } from '#test-data/minimal-objects.ts';
import { writePart10 } from '#test-data/part10-writer.ts';

const JPEG_2000_LOSSLESS = '1.2.840.10008.1.2.4.90';
const PIXEL_DATA = 0x7fe00010;
const SIDE = 64;
const VIEWS = [
  { side: 'R', view: 'CC', orientation: ['P', 'L'] },
  { side: 'L', view: 'CC', orientation: ['A', 'R'] },
  { side: 'R', view: 'MLO', orientation: ['P', 'F'] },
  { side: 'L', view: 'MLO', orientation: ['A', 'F'] },
] as const;

/** An image of one grey in JPEG 2000. */
async function encode(grey: number): Promise<Buffer> {
  const { Context, NativeCodecs } = dcmjsCodecs;
  await NativeCodecs.initializeAsync();
  const context = new Context({
    ...{ width: SIDE, height: SIDE, bitsAllocated: 8, bitsStored: 8, samplesPerPixel: 1 },
    ...{ pixelRepresentation: 0, planarConfiguration: 0, photometricInterpretation: 'MONOCHROME2' },
    decodedBuffer: new Uint8Array(SIDE * SIDE).map((_, place) => grey + (place % 7)),
  });
  const encoded = NativeCodecs.encodeJpeg2000(context, { lossy: false }).getEncodedBuffer();
  if (encoded === undefined) throw new Error('nothing was encoded');
  return Buffer.from(encoded);
}

function compressed({ elements }: MinimalObject, codestream: Buffer): Buffer {
  const even = Buffer.concat([codestream, Buffer.alloc(codestream.length % 2)]);
  const value = { fragments: [Buffer.alloc(0), even] };
  const attributes = elements.map((each) =>
    each.tag === PIXEL_DATA ? { ...each, vr: 'OB', value } : each,
  );
  return writePart10(attributes, { transferSyntax: JPEG_2000_LOSSLESS });
}

/**
 * Mammograms of one size in JPEG 2000, of which the last is cut short: the viewer's codec tells of no fault then.
 * @param count up to four: R CC, L CC, R MLO, L MLO
 */
export async function brokenMammograms(seed: string, count: number) {
  const images = VIEWS.slice(0, count).map(({ side, view, orientation }, place) =>
    minimalImage({
      ...{ modality: 'MG', seed, instanceNumber: place + 1, rows: SIDE, columns: SIDE },
      studyInstanceUid: deriveUid(['broken mammograms', seed]),
      seriesInstanceUid: deriveUid(['broken mammograms', seed, place]),
      attributes: {
        ...{ ViewPosition: view, ImageLaterality: side, PatientOrientation: [...orientation] },
        ...{ SeriesNumber: place + 1, SeriesDescription: `${side} ${view}` },
      },
    }),
  );
  const whole = await encode(150);
  const short = whole.subarray(0, whole.length >> 1);
  return {
    studyInstanceUid: images[0]?.studyInstanceUid ?? '',
    brokenUid: images.at(-1)?.sopInstanceUid ?? '',
    files: images.map((image, place) => compressed(image, place === count - 1 ? short : whole)),
  };
}
