import { translated } from '../languages/language.ts';

export const MPR_TEXT = translated('MPR_TEXT', {
  open: 'Three planes',
  close: 'Back to the slices',
  withKey: (words: string, key: string) => `${words} (${key})`,
  region: 'Three planes',
  rests: 'Verdicts rest while the three planes cover the slices.',
  planes: { axial: 'Axial', coronal: 'Coronal', sagittal: 'Sagittal' },
  hint: 'Drag the cross; Shift and drag changes the window; the wheel and ↑ ↓ go through the slices of the framed plane.',
  thin: 'Thin',
  thickness: (millimetres: number) => `${millimetres} mm`,
  slab: 'Thickness of the planes',
  thinOf: 'One voxel thick',
  slabOf: (millimetres: number) => `A slab of ${millimetres} mm`,
  slabbed: (thickness: string, projection: string) => `${thickness}, ${projection}`,
  projections: { brightest: 'MIP', mean: 'Mean', darkest: 'MinIP' },
  projectionTitle:
    'What the slab shows: the brightest (MIP), the mean, or the darkest (MinIP) of its values',
  missing: (count: number) =>
    count === 1
      ? 'A slice could not be loaded: it is missing in all three planes.'
      : `${count} slices could not be loaded: they are missing in all three planes.`,
  failed: {
    made: 'These slices could not be made a volume. Go back to the slices.',
    lost: 'The computer has reset its graphics card. Go back to the slices, and open the planes again.',
  },
  verdicts: {
    'no-webgl': 'Other planes need WebGL, which this browser does not offer.',
    few: 'Other planes need a CT or MR series of 10 slices or more.',
    coloured: 'There are no other planes of images in colour.',
    unaligned: 'These slices do not lie behind each other: there are no other planes.',
    uneven: 'A slice is missing or two lie in one place: other planes would be wrong.',
    large: 'This series is too large for other planes in a browser.',
    fits: '',
  },
  place: (right: string, back: string, head: string) => `${right}  ${back}  ${head}`,
  millimetres: (letter: string, value: string) => `${letter} ${value} mm`,
  window: (width: string, level: string) => `W ${width} L ${level}`,
});
