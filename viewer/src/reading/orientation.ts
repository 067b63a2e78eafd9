import type { Affine, Point } from './geometry.ts';

/** Towards which side of the patient columns and rows of an image go, in letters of PS3.3 C.7.6.1.1.1 (L R A P H F). */
export interface PlaneDirections {
  /** Along a row, to the higher column. */
  readonly right: string;
  /** Along a column, to the lower row on the image as it is stored. */
  readonly down: string;
}

export type Edge = 'top' | 'right' | 'bottom' | 'left';

const OPPOSITE: Readonly<Record<string, string>> = {
  ...{ L: 'R', R: 'L', A: 'P', P: 'A', H: 'F', F: 'H' },
};
const AXES = [
  ['L', 'R'],
  ['P', 'A'],
  ['H', 'F'],
] as const;
/** A direction that leans less than this towards an axis does not name it (cosine; about 17 degrees). */
const LEAST_LEAN = 0.3;

/** The letters of a direction in the patient's axes (x to the left, y to the back, z to the head), strongest first. */
function lettersOf(direction: readonly number[]): string {
  return AXES.map(([positive, negative], axis) => {
    const lean = direction[axis] ?? 0;
    return { letter: lean >= 0 ? positive : negative, lean: Math.abs(lean) };
  })
    .filter(({ lean }) => lean >= LEAST_LEAN)
    .toSorted((a, b) => b.lean - a.lean)
    .map(({ letter }) => letter)
    .join('');
}

/** @param cosines ImageOrientationPatient (0020,0037), six numbers */
export function directionsOfCosines(cosines: readonly number[]): PlaneDirections | null {
  const [right, down] = [lettersOf(cosines.slice(0, 3)), lettersOf(cosines.slice(3, 6))];
  return right === '' || down === '' ? null : { right, down };
}

/** @param values PatientOrientation (0020,0020), two values; those of animals (PS3.3 table C.7.6.1.1.1-1) give none */
export function directionsOfWords(values: readonly unknown[]): PlaneDirections | null {
  const [right, down] = values;
  const isKnown = (word: unknown): word is string =>
    typeof word === 'string' && /^[LRAPHF]{1,3}$/.test(word);
  return isKnown(right) && isKnown(down) ? { right, down } : null;
}

function opposite(letters: string): string {
  return [...letters].map((letter) => OPPOSITE[letter] ?? '').join('');
}

const EDGES: readonly (readonly [Edge, Point])[] = [
  ['top', [0, -1]],
  ['right', [1, 0]],
  ['bottom', [0, 1]],
  ['left', [-1, 0]],
];

/** The letters at each edge of the screen, whatever flips and rotations are. @param affine source pixels to the screen */
export function edgeLetters(
  { right, down }: PlaneDirections,
  { a, b, c, d }: Affine,
): Readonly<Record<Edge, string>> {
  const [row, column] = [Math.hypot(a, b), Math.hypot(c, d)];
  const ways = [
    { letters: right, x: a / row, y: b / row },
    { letters: opposite(right), x: -a / row, y: -b / row },
    { letters: down, x: c / column, y: d / column },
    { letters: opposite(down), x: -c / column, y: -d / column },
  ];
  const labels = { top: '', right: '', bottom: '', left: '' };
  for (const [edge, [x, y]] of EDGES) {
    const nearest = ways.toSorted((one, two) => two.x * x + two.y * y - (one.x * x + one.y * y))[0];
    labels[edge] = nearest?.letters ?? '';
  }
  return labels;
}

export type Breast = 'R' | 'L';

export interface Flips {
  readonly horizontal: boolean;
  readonly vertical: boolean;
}

export const AS_STORED: Flips = { horizontal: false, vertical: false };
const FROM_ABOVE: ReadonlySet<string | null> = new Set(['CC', 'XCCL', 'XCCM']);

interface Mammogram {
  readonly modality: string | null;
  readonly directions: PlaneDirections | null;
  readonly laterality: Breast | null;
}

/** The edge of the stored image at which the chest wall of a mammogram lies; null where the image does not say so. */
export function chestWallOf({
  modality,
  directions,
  laterality,
}: Mammogram): 'left' | 'right' | null {
  if (modality !== 'MG' || laterality === null) return null;
  // The first letter is the strongest.
  const towards = directions?.right[0];
  if (towards === 'P') return 'right';
  return towards === 'A' ? 'left' : null;
}

/**
 * The flips by which a mammogram hangs as is usual: chest walls back to back, that is to the right for the right breast
 * and to the left for the left one, the outer side on top in a cranio-caudal view, the head on top in any other. An image
 * that hangs so already, or does not say how the patient lies in it, stays as it is stored.
 */
export function flipsToHang(image: Mammogram & { readonly view: string | null }): Flips {
  const { directions, laterality } = image;
  if (image.modality !== 'MG' || directions === null || laterality === null) return AS_STORED;
  const right = laterality === 'R' ? 'P' : 'A';
  const inner = laterality === 'R' ? 'L' : 'R';
  const down = FROM_ABOVE.has(image.view) ? inner : 'F';
  // The first letter is the strongest: an oblique view runs to P and F, or to F and L.
  return {
    horizontal: directions.right[0] === OPPOSITE[right],
    vertical: directions.down[0] === OPPOSITE[down],
  };
}
