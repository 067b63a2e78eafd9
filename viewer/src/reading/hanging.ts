/** How the images of a study hang when it is opened: which of them, and where. */
import { findImage, type ImagePlace, type ImageStack, type StackImage } from './image-stacks.ts';
import type { Breast } from './orientation.ts';

export const LAYOUTS = ['1x1', '1x2', '2x2'] as const;
export type Layout = (typeof LAYOUTS)[number];

export const PANES_OF: Readonly<Record<Layout, number>> = { '1x1': 1, '1x2': 2, '2x2': 4 };
const MOST_PANES = 4;

export interface Hanging {
  readonly layout: Layout;
  /** What hangs in each pane, from the left and from above; null for one that stays empty. */
  readonly places: readonly (ImagePlace | null)[];
}

interface Placed {
  readonly place: ImagePlace;
  readonly image: StackImage;
}

const FRONTAL: ReadonlySet<string | null> = new Set(['PA', 'AP']);
const LATERAL: ReadonlySet<string | null> = new Set(['LL', 'RL', 'LATERAL', 'LAT']);
/** More images than this are no stack to be opened in the middle. */
const FEW = 4;

function everyImage(stacks: readonly ImageStack[]): Placed[] {
  return stacks.flatMap(({ images }, stack) =>
    images.map((image, place) => ({ place: { stack, image: place }, image })),
  );
}

/** Where a stack opens: radiographs at the first, slices in the middle. */
function opened(stack: number, { images }: ImageStack): ImagePlace {
  return { stack, image: images.length > FEW ? Math.floor(images.length / 2) : 0 };
}

/** Frontal views first, lateral ones next, and what says nothing of its view in its own order behind. */
function hangRadiographs(stacks: readonly ImageStack[]): Hanging {
  const rank = ({ image }: Placed) => {
    if (FRONTAL.has(image.view)) return 0;
    return LATERAL.has(image.view) ? 1 : 2;
  };
  const images = everyImage(stacks).toSorted((a, b) => rank(a) - rank(b));
  return {
    layout: images.length > 1 ? '1x2' : '1x1',
    places: images.slice(0, MOST_PANES).map(({ place }) => place),
  };
}

const MAMMOGRAMS: readonly (readonly [Breast, string])[] = [
  ['R', 'CC'],
  ['L', 'CC'],
  ['R', 'MLO'],
  ['L', 'MLO'],
];

/** Cranio-caudal above oblique views, the right breast to the left of the left one; other views wait in the rail. */
function hangMammograms(stacks: readonly ImageStack[]): Hanging | null {
  const images = everyImage(stacks);
  const places = MAMMOGRAMS.map(
    ([side, view]) =>
      images.find(({ image }) => image.laterality === side && image.view === view)?.place ?? null,
  );
  const hung = places.filter((place) => place !== null);
  if (hung.length === 0) return null;
  if (hung.length > 2) return { layout: '2x2', places };
  return { layout: hung.length === 2 ? '1x2' : '1x1', places: hung };
}

/** The series of most images first, those made to plan others last. */
function hangSlices(stacks: readonly ImageStack[]): Hanging {
  const size = ({ images }: ImageStack) =>
    images.every((image) => image.isLocalizer) ? 0 : images.length;
  const inOrder = stacks
    .map((stack, place) => ({ stack, place }))
    .toSorted((a, b) => size(b.stack) - size(a.stack))
    .slice(0, MOST_PANES);
  return { layout: '1x1', places: inOrder.map(({ stack, place }) => opened(place, stack)) };
}

/** How a study of this modality hangs if its reader wants nothing else. */
export function hang(stacks: readonly ImageStack[], modality: string | null): Hanging {
  const asItIs: Hanging = {
    layout: '1x1',
    places: stacks.slice(0, MOST_PANES).map((stack, place) => opened(place, stack)),
  };
  if (modality === 'CR' || modality === 'DX') return hangRadiographs(stacks);
  if (modality === 'MG') return hangMammograms(stacks) ?? asItIs;
  if (modality === 'CT' || modality === 'MR') return hangSlices(stacks);
  return asItIs;
}

/** The layout in which a reader last had this modality, as far as there are images for it. */
export function fitLayout({ layout, places }: Hanging, remembered: Layout | null): Layout {
  if (remembered === null) return layout;
  const count = places.filter((place) => place !== null).length;
  const wanted = Math.min(PANES_OF[remembered], count);
  if (wanted > 2) return '2x2';
  return wanted > 1 ? '1x2' : '1x1';
}

/** What hangs in so many panes: each in its own, or, when they are too few for all, one after the other. */
export function placesIn({ places }: Hanging, layout: Layout): readonly (ImagePlace | null)[] {
  const count = PANES_OF[layout];
  if (places.length <= count) return places;
  return places.filter((place) => place !== null).slice(0, count);
}

/**
 * What hangs when there are `count` panes: what is shown stays, a new pane gets the first image that is not on the
 * screen. A stack that hangs once is on it whichever of its slices is shown.
 */
export function fillPlaces(
  hanging: Hanging,
  shown: readonly (ImagePlace | null)[],
  count: number,
): readonly (ImagePlace | null)[] {
  const places = shown.slice(0, count);
  const hangsOnce = ({ stack }: ImagePlace) =>
    hanging.places.filter((place) => place?.stack === stack).length === 1;
  const isShown = (place: ImagePlace) =>
    places.some(
      (each) => each?.stack === place.stack && (each.image === place.image || hangsOnce(place)),
    );
  for (let slot = 0; slot < count; slot += 1) {
    const free = hanging.places.find((place) => place !== null && !isShown(place));
    places[slot] = places[slot] ?? free ?? null;
  }
  return places;
}

interface FindingPlace {
  readonly sopInstanceUid: string | null;
  readonly frame: number | null;
  readonly score: number;
}

export interface Opening {
  readonly places: readonly (ImagePlace | null)[];
  /** The pane that is looked at first. */
  readonly active: number;
}

/**
 * What each pane shows at first. The highest finding is always on the screen: in the pane that has its image or series,
 * else in the first.
 */
export function openingOf(
  hung: readonly (ImagePlace | null)[],
  stacks: readonly ImageStack[],
  findings: readonly FindingPlace[],
): Opening {
  const found = findings
    .toSorted((a, b) => b.score - a.score)
    .map((finding) => findImage(stacks, finding.sopInstanceUid, finding.frame))
    .find((place) => place !== null);
  const firstHung = hung.findIndex((place) => place !== null);
  if (found === undefined) return { places: hung, active: Math.max(0, firstHung) };
  const active = paneFor(hung, found) ?? 0;
  return { places: hung.with(active, found), active };
}

/** The image that is looked at first when a study is opened. */
export function openingPlace(
  study: { readonly modality: string | null; readonly findings: readonly FindingPlace[] },
  stacks: readonly ImageStack[],
): ImagePlace {
  const hanging = hang(stacks, study.modality);
  const { places, active } = openingOf(placesIn(hanging, hanging.layout), stacks, study.findings);
  return places[active] ?? { stack: 0, image: 0 };
}

/** The pane that shows this image, or else its series; null where none does. */
export function paneFor(places: readonly (ImagePlace | null)[], wanted: ImagePlace): number | null {
  const same = places.findIndex(
    (place) => place?.stack === wanted.stack && place.image === wanted.image,
  );
  if (same >= 0) return same;
  const sameStack = places.findIndex((place) => place?.stack === wanted.stack);
  return sameStack >= 0 ? sameStack : null;
}
