import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { renderCtVolume } from '#test-data/phantom/ct-volume.ts';

const MATRIX = 512;
/** Anatomy takes a tenth of a second a slice: longer series repeat each slice. */
const RENDERED = 24;
const INTERCEPT = -1024;
const SLICE_SPACING = 0.6;

let rendered: readonly Buffer[] | undefined;

function renderPixels(): readonly Buffer[] {
  rendered ??= renderCtVolume({
    ...{ seed: 'bench', sex: 'M', slices: RENDERED, matrix: MATRIX, lesion: null },
  }).slices.map(({ hounsfield }) => {
    const pixels = Buffer.alloc(hounsfield.length * 2);
    for (const [i, value] of hounsfield.entries()) pixels.writeUInt16LE(value - INTERCEPT, i * 2);
    return pixels;
  });
  return rendered;
}

/** A series of axial 512 x 512, 16-bit slices of the phantom's chest, positioned, 0.6 mm apart. */
export function* ctSeries(seed: string, slices: number): Generator<Buffer> {
  const pixels = renderPixels();
  const spacing = 360 / MATRIX;
  const corner = -((MATRIX - 1) / 2) * spacing;
  for (let index = 0; index < slices; index += 1) {
    yield minimalImage({
      modality: 'CT',
      seed,
      instanceNumber: index + 1,
      attributes: {
        ...{ Rows: MATRIX, Columns: MATRIX, BitsAllocated: 16, BitsStored: 12, HighBit: 11 },
        ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
        SeriesDescription: `Axial, ${slices} slices`,
        FrameOfReferenceUID: deriveUid(['bench', seed, 'frame of reference']),
        ImagePositionPatient: [corner, corner, Number((-index * SLICE_SPACING).toFixed(2))],
        ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
        PixelSpacing: [spacing, spacing],
        SliceThickness: 1,
        ...{ RescaleIntercept: INTERCEPT, RescaleSlope: 1, RescaleType: 'HU' },
        ...{ WindowCenter: 40, WindowWidth: 400 },
        PixelData: pixels[Math.floor((index * RENDERED) / slices)] ?? Buffer.alloc(0),
      },
    }).bytes;
  }
}

/** A 12-bit radiograph of the size of a detector's, 15 MB: bands and noise, no anatomy. */
export function radiograph(seed: string): Buffer {
  const [rows, columns] = [3000, 2500];
  const pixels = Buffer.alloc(rows * columns * 2);
  for (let i = 0; i < rows * columns; i += 1) {
    const band = Math.sin((i % columns) / 300) * Math.cos(Math.floor(i / columns) / 400);
    const noise = ((i * 2_654_435_761) >>> 24) & 0x3f;
    pixels.writeUInt16LE(1500 + Math.floor(band * 1000) + noise, i * 2);
  }
  return minimalImage({
    modality: 'DX',
    seed,
    attributes: {
      ...{ Rows: rows, Columns: columns, BitsAllocated: 16, BitsStored: 12, HighBit: 11 },
      ...{ WindowCenter: 1500, WindowWidth: 2600, PixelData: pixels },
    },
  }).bytes;
}
