import type { Database } from '#platform/database/connect.ts';
import { generateStudy } from '#test-data/study.ts';
import type { ReadingSite } from './reading-site.ts';
import { seedRun } from './seed-studies.ts';

/** A CT phantom with a white block painted into one slice, and a finding and heat exactly there. */
export interface PaintedStudy {
  readonly studyInstanceUid: string;
  readonly matrix: number;
  /** Millimetres. */
  readonly spacing: number;
  /** From 0. */
  readonly slices: number;
  readonly paintedSlice: number;
  /** The block's middle in source pixels. */
  readonly middle: { readonly x: number; readonly y: number };
  /** Rescaled values of the painted slice, row by row. */
  readonly hounsfield: (column: number, row: number) => number;
}

const MATRIX = 256;
/** The phantom's field of view, millimetres. */
const FIELD = 360;
const SLICES = 5;
const PAINTED = 1;
const BLOCK = { left: 170, top: 90, side: 12 } as const;
/** As white as 12 bits less the intercept can be. */
const WHITE = 4095;
const INTERCEPT = -1024;
const CELLS = 64;

/** Pixel Data is the last element of what the generator writes. */
function pixelsOf(file: Buffer): Buffer {
  return file.subarray(file.length - MATRIX * MATRIX * 2);
}

/** A hill of heat over the block: 1 in its middle, one half 16 source pixels away. */
function heatValues(middle: { x: number; y: number }): Buffer {
  const cell = MATRIX / CELLS;
  const values = Float32Array.from({ length: CELLS * CELLS }, (_, place) => {
    const x = ((place % CELLS) + 0.5) * cell - middle.x;
    const y = (Math.floor(place / CELLS) + 0.5) * cell - middle.y;
    return Math.exp(-(x * x + y * y) / (2 * 14 ** 2));
  });
  return Buffer.from(values.buffer);
}

/** Keeps such a study on the site as intake and inference would have left it. */
export async function keepPaintedStudy(
  site: Pick<ReadingSite, 'keep'> & { readonly database: Database },
  seed: string,
): Promise<PaintedStudy> {
  const options = { kind: 'CT', seed, lesion: null, slices: SLICES, matrix: MATRIX } as const;
  const { studyInstanceUid, files } = generateStudy(options);
  const painted = files[PAINTED];
  if (painted === undefined) throw new Error('a study of too few slices');
  const pixels = pixelsOf(painted.bytes);
  for (let row = 0; row < BLOCK.side; row += 1) {
    for (let column = 0; column < BLOCK.side; column += 1) {
      const place = (BLOCK.top + row) * MATRIX + BLOCK.left + column;
      pixels.writeUInt16LE(WHITE, place * 2);
    }
  }
  const kept = await site.keep(
    studyInstanceUid,
    files.map((file) => file.bytes),
    { modality: 'CT' },
  );
  const middle = { x: BLOCK.left + BLOCK.side / 2, y: BLOCK.top + BLOCK.side / 2 };
  const { side } = BLOCK;
  const { heatmapId } = await seedRun(
    site.database,
    { studyKey: kept.studyKey, studyInstanceUid },
    {
      imageRevision: kept.imageRevision,
      sopInstanceUid: painted.sopInstanceUid,
      box: [BLOCK.left, BLOCK.top, side, side],
    },
  );
  await site.database
    .updateTable('heatmap')
    .set({
      ...{ width: CELLS, height: CELLS, values: heatValues(middle), peak: 0.99, threshold: 0.5 },
      ...{ scaleX: MATRIX / CELLS, scaleY: MATRIX / CELLS },
    })
    .where('heatmapId', '=', heatmapId)
    .execute();
  return {
    ...{ studyInstanceUid, middle, matrix: MATRIX, spacing: FIELD / MATRIX },
    ...{ slices: SLICES, paintedSlice: PAINTED },
    hounsfield: (column, row) => pixels.readUInt16LE((row * MATRIX + column) * 2) + INTERCEPT,
  };
}
