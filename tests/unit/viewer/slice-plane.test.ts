import { describe, expect, it } from 'vitest';
import type { ImageStack, StackImage } from '../../../viewer/src/reading/image-stacks.ts';
import {
  cutLine,
  type ImagePlane,
  linkedIndex,
  linkOf,
  middleOf,
} from '../../../viewer/src/reading/slice-plane.ts';

const AXIAL = { right: [1, 0, 0], down: [0, 1, 0] } as const;
const CORONAL = { right: [1, 0, 0], down: [0, 0, -1] } as const;

type Given = Pick<ImagePlane, 'position' | 'right' | 'down'> & Partial<ImagePlane>;

function imageOf(plane: Given | null, [columns, rows] = [100, 100]): StackImage {
  return {
    ...{ imageId: '', sopInstanceUid: '', frame: 1, columns, rows },
    ...{ directions: null, pixelSize: null, unit: null, view: null, laterality: null },
    ...{ isLocalizer: false, flips: { horizontal: false, vertical: false }, chestWall: null },
    plane: plane && { frameOfReferenceUid: '1', spacing: [1, 1], ...plane },
  };
}

function stackOf(images: readonly StackImage[], seriesInstanceUid = '1.2'): ImageStack {
  return { seriesInstanceUid, modality: 'CT', title: '', images };
}

/** Axial slices downwards from `top`, `gap` millimetres apart. */
function axial(count: number, top: number, gap: number, frameOfReferenceUid: string | null = '1') {
  return stackOf(
    Array.from({ length: count }, (_, i) =>
      imageOf({ ...AXIAL, position: [0, 0, top - i * gap], frameOfReferenceUid }),
    ),
  );
}

describe('the middle of an image', () => {
  it('lies half-way between the first and the last pixel', () => {
    const plane = { ...CORONAL, position: [-10, 5, 20], spacing: [2, 1] } as const;
    expect(middleOf(imageOf(plane, [11, 5]))).toEqual([-5, 5, 16]);
    expect(middleOf(imageOf(null))).toBeNull();
  });
});

describe('stacks that scroll together', () => {
  it('go by the place in the patient where both lie in one space', () => {
    const [thick, thin] = [axial(10, 0, 5), axial(50, 2, 1)];
    const link = linkOf({ stack: thick, index: 0 }, { stack: thin, index: 40 });
    expect(link).toEqual({ by: 'place' });
    if (link === null) return;
    expect(linkedIndex({ stack: thick, index: 4 }, thin, link)).toBe(22);
    // Beyond its end the last one stays.
    expect(linkedIndex({ stack: thick, index: 9 }, axial(10, 0, 1), link)).toBe(9);
  });

  it('keep the way between them, in millimetres, where they lie in two', () => {
    const [now, before] = [axial(20, 0, 5, '1'), axial(30, 700, 2.5, '2')];
    const link = linkOf({ stack: now, index: 10 }, { stack: before, index: 12 });
    expect(link).toEqual({ by: 'length', millimetres: 700 - 30 + 50 });
    if (link === null) return;
    expect(linkedIndex({ stack: now, index: 10 }, before, link)).toBe(12);
    expect(linkedIndex({ stack: now, index: 13 }, before, link)).toBe(18);
    expect(linkedIndex({ stack: now, index: 7 }, before, link)).toBe(6);
    // Nothing says that no frame of reference is the same one.
    const unnamed = linkOf(
      { stack: axial(5, 0, 1, null), index: 0 },
      { stack: axial(5, 3, 1, null), index: 0 },
    );
    expect(unnamed).toEqual({ by: 'length', millimetres: 3 });
  });

  it('keep the number of images between them where no place is known', () => {
    const unknown = stackOf(Array.from({ length: 8 }, () => imageOf(null)));
    const link = linkOf({ stack: unknown, index: 2 }, { stack: axial(8, 0, 1), index: 4 });
    expect(link).toEqual({ by: 'count', images: 2 });
    if (link === null) return;
    expect(linkedIndex({ stack: unknown, index: 3 }, axial(8, 0, 1), link)).toBe(5);
    expect(linkedIndex({ stack: unknown, index: 7 }, axial(8, 0, 1), link)).toBe(7);
  });

  it('do not go with a single image, nor with slices of another plane', () => {
    const coronal = stackOf([0, 1, 2].map((y) => imageOf({ ...CORONAL, position: [0, y, 0] })));
    const from = { stack: axial(10, 0, 1), index: 0 };
    expect(linkOf(from, { stack: coronal, index: 0 })).toBeNull();
    expect(linkOf(from, { stack: axial(1, 0, 1), index: 0 })).toBeNull();
  });
});

describe('a line of reference', () => {
  // Pixels of 2 x 1 mm; its first pixel's middle lies at z = 10, x = -49.5.
  const localizer = imageOf({ ...CORONAL, position: [-49.5, 0, 10], spacing: [2, 1] }, [100, 40]);

  it('is where a slice cuts the image, in pixels from its outer corner', () => {
    const slice = imageOf({ ...AXIAL, position: [-49.5, -50, -10] });
    const [from, to] = cutLine(slice, localizer) ?? [];
    // z = -10 lies ten rows below the middle of the first.
    expect([from?.[1], to?.[1]]).toEqual([10.5, 10.5]);
    expect([from?.[0], to?.[0]].map((x) => Math.round(x ?? -1) + 0).toSorted()).toEqual([0, 100]);
  });

  it('ends where one of the two ends', () => {
    const narrow = imageOf({ ...AXIAL, position: [-9.5, -50, -10] }, [20, 100]);
    const ends = (cutLine(narrow, localizer) ?? []).map(([x]) => x);
    expect(ends.toSorted((a, b) => a - b).map((x) => Math.round(x * 1e6) / 1e6)).toEqual([40, 60]);
    // Behind the localizer's plane altogether.
    expect(cutLine(imageOf({ ...AXIAL, position: [-49.5, 5, -10] }), localizer)).toBeNull();
    expect(cutLine(imageOf({ ...AXIAL, position: [-49.5, -50, 300] }), localizer)).toBeNull();
  });

  it('follows an image that leans', () => {
    const half = Math.SQRT1_2;
    const leaning = imageOf({
      ...{ right: [1, 0, 0], down: [0, half, -half] },
      position: [-49.5, -20, 20],
    });
    const [from, to] = cutLine(leaning, localizer) ?? [];
    // y = 0 is reached where z = 0: five rows below the middle of the first.
    expect([from?.[1], to?.[1]].map((y) => Math.round((y ?? 0) * 1e6) / 1e6)).toEqual([5.5, 5.5]);
  });

  it('is none between images of one plane, of two spaces, or of unknown place', () => {
    const slice = imageOf({ ...AXIAL, position: [-49.5, -50, -10] });
    const above = imageOf({ ...AXIAL, position: [-49.5, -50, -5] });
    const other = imageOf({ ...AXIAL, position: [-49.5, -50, -10], frameOfReferenceUid: '2' });
    const unnamed = imageOf({ ...AXIAL, position: [-49.5, -50, -10], frameOfReferenceUid: null });
    expect(cutLine(above, slice)).toBeNull();
    expect(cutLine(other, localizer)).toBeNull();
    expect(cutLine(unnamed, localizer)).toBeNull();
    expect(cutLine(imageOf(null), localizer)).toBeNull();
    expect(cutLine(slice, imageOf(null))).toBeNull();
  });
});
