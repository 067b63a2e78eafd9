import { describe, expect, it } from 'vitest';
import {
  type Affine,
  affineFromPoints,
  applyAffine,
  type Point,
} from '../../../viewer/src/reading/geometry.ts';
import { type DicomJson, indexMetadata } from '../../../viewer/src/reading/image-facts.ts';
import { buildStacks } from '../../../viewer/src/reading/image-stacks.ts';
import {
  isInPlace,
  ownScale,
  type PaneSize,
  placementOf,
  scaleOfBoth,
  wallOnScreen,
} from '../../../viewer/src/reading/placement.ts';

const PANE: PaneSize = { width: 400, height: 300 };
const IMAGE = { columns: 100, rows: 200, chestWall: null, pixelSize: null } as const;

type Placed = Parameters<typeof placementOf>[1];

/** Source pixels as they lie when the placement was followed. */
function placed(affine: Affine, image: Placed, pane: PaneSize = PANE): Affine {
  const { factor, shift } = placementOf(affine, image, pane);
  const middle: Point = [pane.width / 2, pane.height / 2];
  const moved = (point: Point): Point => {
    const [x, y] = applyAffine(affine, point);
    return [
      middle[0] + factor * (x - middle[0]) + shift[0],
      middle[1] + factor * (y - middle[1]) + shift[1],
    ];
  };
  return affineFromPoints(moved([0, 0]), moved([1, 0]), moved([0, 1]));
}

const corner = (affine: Affine, point: Point) =>
  applyAffine(affine, point).map((value) => Math.round(value * 1e6) / 1e6 + 0);

describe('the place of an image in its pane', () => {
  const anywhere: Affine = { a: 3, b: 0, c: 0, d: 3, e: -40, f: 17 };

  it('is the middle, as large as it fits, wherever it lay', () => {
    const affine = placed(anywhere, IMAGE);
    expect(corner(affine, [0, 0])).toEqual([125, 0]);
    expect(corner(affine, [100, 200])).toEqual([275, 300]);
    expect(isInPlace(placementOf(affine, IMAGE, PANE), PANE)).toBe(true);
    expect(isInPlace(placementOf(anywhere, IMAGE, PANE), PANE)).toBe(false);
  });

  it('has the chest wall at its edge of the pane, also when the image is flipped or turned', () => {
    const wall = { ...IMAGE, chestWall: 'right' } as const;
    expect(corner(placed(anywhere, wall), [100, 200])).toEqual([400, 300]);
    expect(corner(placed(anywhere, { ...IMAGE, chestWall: 'left' }), [0, 0])).toEqual([0, 0]);
    const flipped = placed({ ...anywhere, a: -3 }, wall);
    expect(corner(flipped, [100, 0])).toEqual([0, 0]);
    // A quarter turn to the right: rows run downwards, and two hundred of them across 400 pixels.
    const turned = placed({ a: 0, b: 3, c: -3, d: 0, e: 9, f: 9 }, wall);
    expect(corner(turned, [100, 0])).toEqual([400, 300]);
    expect(corner(turned, [0, 200])).toEqual([0, 100]);
  });

  it('leaves room for a larger image that is to have the same scale', () => {
    const small = {
      ...IMAGE,
      columns: 50,
      rows: 100,
      chestWall: 'left',
      area: { columns: 100, rows: 200 },
    } as const;
    const affine = placed(anywhere, small);
    expect(affine.a).toBeCloseTo(1.5, 9);
    expect(corner(affine, [0, 0])).toEqual([0, 75]);
  });

  it('is told from one that the reader chose by two pixels', () => {
    const affine = placed(anywhere, IMAGE);
    const by = (x: number) =>
      isInPlace(placementOf({ ...affine, e: affine.e + x }, IMAGE, PANE), PANE);
    expect([by(1.5), by(2.5)]).toEqual([true, false]);
    const larger = { ...affine, a: affine.a * 1.01, d: affine.d * 1.01 };
    expect(isInPlace(placementOf(larger, IMAGE, PANE), PANE)).toBe(false);
  });

  it('names the edge of the chest wall', () => {
    expect(wallOnScreen({ a: 1, b: 0 }, 'right')).toBe('right');
    expect(wallOnScreen({ a: -1, b: 0 }, 'right')).toBe('left');
    expect(wallOnScreen({ a: 0, b: 1 }, 'right')).toBe('bottom');
    expect(wallOnScreen({ a: 0, b: 1 }, 'left')).toBe('top');
    expect(wallOnScreen({ a: 1, b: 0 }, null)).toBeNull();
  });
});

describe('mammograms of a study and its prior', () => {
  const anywhere: Affine = { a: 3, b: 0, c: 0, d: 3, e: -40, f: 17 };
  const size = (millimetres: number) =>
    ({ row: millimetres, column: millimetres, of: 'detector', attribute: 'PixelSpacing' }) as const;
  /** 20 mm high on a detector of 20 mm. */
  const now: Placed = {
    ...{ columns: 100, rows: 200, area: { columns: 100, rows: 200 } },
    chestWall: 'left',
    pixelSize: size(0.1),
  };
  /** 16 mm high on one of 40 mm; its pane is lower. */
  const before: Placed = {
    ...{ columns: 50, rows: 80, area: { columns: 100, rows: 200 } },
    chestWall: 'left',
    pixelSize: size(0.2),
  };
  const lowPane: PaneSize = { width: 400, height: 260 };

  it('lie in the largest scale that both have room for, however they lay before', () => {
    const [own, earlier] = [ownScale(anywhere, now, PANE), ownScale(anywhere, before, lowPane)];
    expect([own, earlier]).toEqual([15, 6.5]);
    expect(ownScale({ ...anywhere, a: 7, d: 7 }, now, PANE)).toBeCloseTo(15, 9);
    const perMillimetre = scaleOfBoth([null, own, 14], earlier);
    expect(perMillimetre).toBe(6.5);
    const shared = placed(anywhere, now, { ...PANE, perMillimetre });
    expect(shared.a).toBeCloseTo(0.65, 9);
    expect(placed(anywhere, before, { ...lowPane, perMillimetre }).a).toBeCloseTo(1.3, 9);
    // At its chest wall, and half-way down.
    expect(corner(shared, [0, 0])).toEqual([0, 85]);
    const pane = { ...PANE, perMillimetre };
    expect(isInPlace(placementOf(shared, now, pane), pane)).toBe(true);
    expect(ownScale(shared, now, pane)).toBeCloseTo(15, 9);
  });

  it('have each its own where one of them gives no size or no chest wall', () => {
    const sizeless: Placed = { columns: 50, rows: 80, chestWall: 'left', pixelSize: null };
    expect(ownScale(anywhere, sizeless, PANE)).toBeNull();
    expect(ownScale(anywhere, { ...before, chestWall: null }, PANE)).toBeNull();
    expect(scaleOfBoth([15, 14], null)).toBeNull();
    expect(scaleOfBoth([null, null], 6.5)).toBeNull();
    const pane = { ...PANE, perMillimetre: 6.5 };
    expect(placed(anywhere, sizeless, pane)).toEqual(placed(anywhere, sizeless));
  });
});

describe('the mammograms of a study', () => {
  const metadata = (uid: string, spacing: number, laterality: string | null): DicomJson => ({
    '00080018': { Value: [uid] },
    '00181164': { Value: [spacing, spacing] },
    '00200020': { Value: ['P', 'F'] },
    ...(laterality === null ? {} : { '00200062': { Value: [laterality] } }),
  });
  const instance = (sopInstanceUid: string, [columns, rows]: readonly [number, number]) => ({
    ...{ sopInstanceUid, sopClassUid: '1.2', transferSyntaxUid: '1.2', kind: 'image' as const },
    ...{ instanceNumber: 1, rows, columns, numberOfFrames: 1, sha256: '' },
  });

  it('have room for the largest of them, in millimetres; one without a side has its own', () => {
    const instances = [
      instance('wide', [300, 300]),
      instance('tall', [100, 400]),
      instance('sideless', [900, 900]),
    ];
    const series = [
      {
        seriesInstanceUid: '9.1',
        modality: 'MG',
        seriesNumber: 1,
        seriesDescription: null,
        instances,
      },
    ];
    const index = indexMetadata([
      metadata('wide', 0.1, 'R'),
      metadata('tall', 0.2, 'L'),
      metadata('sideless', 0.1, null),
    ]);
    const [stack] = buildStacks({ studyInstanceUid: '9', series }, index, '');
    // 30 mm wide and 80 mm high.
    expect(stack?.images.map(({ area }) => area)).toEqual([
      { columns: 300, rows: 800 },
      { columns: 150, rows: 400 },
      undefined,
    ]);
  });
});
