import { deriveUid } from '#dicom/part10/derive-uid.ts';
import { minimalImage } from '#test-data/minimal-objects.ts';

type Place = readonly [number, number, number];

/** Balls of one value in a block of another, somewhere in the patient. Millimetres. */
export interface ObliqueMr {
  readonly studyInstanceUid: string;
  readonly files: Buffer[];
  readonly ball: number;
  readonly around: number;
  /** In the middle of the block. */
  readonly first: Place;
  /** Beside it, and higher. */
  readonly second: Place;
}

const MATRIX = 80;
const SLICES = 60;
const PIXEL = 1.5;
const GAP = 1.5;
const RADIUS = 4;
const [BALL, AROUND] = [1000, 100];
const FIRST: Place = [12, -20, 35];
const SECOND: Place = [32, -20, 47];

const add = (from: Place, way: Place, length: number): Place => [
  from[0] + way[0] * length,
  from[1] + way[1] * length,
  from[2] + way[2] * length,
];

/** Slices that lean in two directions, as those of a head do. */
function directions(): { right: Place; down: Place; normal: Place } {
  const [yaw, tilt] = [0.15, 0.4];
  const [cy, sy, ct, st] = [Math.cos(yaw), Math.sin(yaw), Math.cos(tilt), Math.sin(tilt)];
  return { right: [cy, sy, 0], down: [-sy * ct, cy * ct, st], normal: [sy * st, -cy * st, ct] };
}

/** An MR of 60 oblique slices with two balls of 8 mm, the second 20 mm to the left of the first and 12 mm higher. */
export function obliqueMr(seed: string): ObliqueMr {
  const { right, down, normal } = directions();
  const half = ((MATRIX - 1) / 2) * PIXEL;
  const middle = add(add(FIRST, right, -half), down, -half);
  let studyInstanceUid = '';
  const files = Array.from({ length: SLICES }, (_, slice) => {
    const position = add(middle, normal, (slice - SLICES / 2) * GAP);
    const pixels = Buffer.alloc(MATRIX * MATRIX * 2);
    for (let place = 0; place < MATRIX * MATRIX; place += 1) {
      const row = Math.floor(place / MATRIX);
      const at = add(add(position, right, (place % MATRIX) * PIXEL), down, row * PIXEL);
      const isIn = (ball: Place) =>
        Math.hypot(at[0] - ball[0], at[1] - ball[1], at[2] - ball[2]) <= RADIUS;
      pixels.writeUInt16LE(isIn(FIRST) || isIn(SECOND) ? BALL : AROUND, place * 2);
    }
    const image = minimalImage({
      ...{ modality: 'MR', seed, instanceNumber: slice + 1, rows: MATRIX, columns: MATRIX },
      attributes: {
        ...{ BitsAllocated: 16, BitsStored: 12, HighBit: 11, PixelData: pixels },
        FrameOfReferenceUID: deriveUid(['oblique', seed]),
        ImagePositionPatient: position.map((value) => Number(value.toFixed(4))),
        ImageOrientationPatient: [...right, ...down].map((value) => Number(value.toFixed(7))),
        PixelSpacing: [PIXEL, PIXEL],
        ...{ SliceThickness: GAP, WindowCenter: 500, WindowWidth: 1000 },
      },
    });
    studyInstanceUid = image.studyInstanceUid;
    return image.bytes;
  });
  return { studyInstanceUid, files, ball: BALL, around: AROUND, first: FIRST, second: SECOND };
}
