import { describe, expect, it } from 'vitest';
import type { Affine } from '../../../viewer/src/reading/geometry.ts';
import {
  directionsOfCosines,
  directionsOfWords,
  edgeLetters,
} from '../../../viewer/src/reading/orientation.ts';
import { pixelSizeOf, scaleBar } from '../../../viewer/src/reading/pixel-size.ts';

const PLAIN: Affine = { a: 2, b: 0, c: 0, d: 2, e: 5, f: 7 };
const FLIPPED: Affine = { ...PLAIN, a: -2 };
/** A quarter turn to the right: columns run down the screen, rows to its left. */
const TURNED: Affine = { a: 0, b: 2, c: -2, d: 0, e: 0, f: 0 };

describe('the sides of the patient', () => {
  const axial = { right: 'L', down: 'P' };

  it('are read from the cosines, the strongest first', () => {
    expect(directionsOfCosines([1, 0, 0, 0, 1, 0])).toEqual(axial);
    expect(directionsOfCosines([0, 1, 0, 0, 0, -1])).toEqual({ right: 'P', down: 'F' });
    expect(directionsOfCosines([0.8, 0.6, 0, 0, 0, -1])?.right).toBe('LP');
    expect(directionsOfCosines([0.99, 0.14, 0, 0, 0, -1])?.right).toBe('L');
    expect(directionsOfCosines([0, 0, 0, 0, 0, 0])).toBeNull();
  });

  it('are read from the words of a projection; those of animals and blanks give none', () => {
    expect(directionsOfWords(['L', 'F'])).toEqual({ right: 'L', down: 'F' });
    for (const none of [[], ['L'], ['LE', 'DO'], ['L', '']]) {
      expect(directionsOfWords(none)).toBeNull();
    }
  });

  it('follow flip and rotation', () => {
    expect(edgeLetters(axial, PLAIN)).toEqual({ top: 'A', right: 'L', bottom: 'P', left: 'R' });
    expect(edgeLetters(axial, FLIPPED)).toEqual({ top: 'A', right: 'R', bottom: 'P', left: 'L' });
    expect(edgeLetters(axial, TURNED)).toEqual({ top: 'R', right: 'A', bottom: 'L', left: 'P' });
    expect(edgeLetters({ right: 'LP', down: 'F' }, PLAIN).left).toBe('RA');
  });
});

describe('the size of a pixel', () => {
  const sizes = (pixel: number[] | null, imager: number[] | null, calibrationType: string | null) =>
    pixelSizeOf({ pixelSpacing: pixel, imagerPixelSpacing: imager, calibrationType });

  it('is that of the patient, of the detector, or of nothing', () => {
    expect(sizes([0.5, 0.25], null, null)).toEqual({
      ...{ row: 0.5, column: 0.25, of: 'patient', attribute: 'PixelSpacing' },
    });
    expect(sizes(null, [0.2, 0.2], null)).toMatchObject({
      ...{ of: 'detector', attribute: 'ImagerPixelSpacing' },
    });
    expect(sizes([0.2, 0.2], [0.2, 0.2], null)?.of).toBe('detector');
    expect(sizes([0.2, 0.2], [0.2, 0.2], 'GEOMETRY')?.of).toBe('patient');
    expect(sizes([0.18, 0.18], [0.2, 0.2], null)?.of).toBe('patient');
    expect(sizes(null, null, null)).toBeNull();
    expect(sizes([0, 0], null, null)).toBeNull();
  });

  it('gives a bar of a round length, also when the image is turned', () => {
    const size = sizes([0.5, 0.25], null, null);
    if (size === null) throw new Error('a size was given');
    // 8 CSS pixels a millimetre along the rows: 10 mm are 80, 20 mm would be 160.
    expect(scaleBar(size, PLAIN)).toEqual({ millimetres: 10, length: 80 });
    // Turned, the screen's rows are the image's columns: 4 a millimetre.
    expect(scaleBar(size, TURNED)).toEqual({ millimetres: 20, length: 80 });
    expect(scaleBar(size, { ...PLAIN, a: 200 })).toBeNull();
  });
});
