import type { ImagePlace, ImageStack, StackImage } from './image-stacks.ts';

/** Decoded pixels of one study at most, bytes: a mammogram of four views, or some twenty slices of a CT. */
const MAX_BYTES = 192 * 2 ** 20;
/** Views that a page may hang beside each other. */
const MAX_VIEWS = 4;
/** Slices on either side of the one at which the study opens. */
const NEIGHBOURS = 4;
/** As the loader keeps them at most: 32-bit numbers after rescaling. */
const BYTES_A_PIXEL = 4;

function* inOrder(
  stacks: readonly ImageStack[],
  opening: ImagePlace,
): Generator<StackImage | undefined> {
  const images = stacks[opening.stack]?.images ?? [];
  yield images[opening.image];
  const views = stacks.filter((stack) => stack.images.length === 1);
  for (const view of views.slice(0, MAX_VIEWS)) yield view.images[0];
  for (let step = 1; step <= NEIGHBOURS; step += 1) {
    yield images[opening.image + step];
    yield images[opening.image - step];
  }
}

/** The images of a study that are worth having before it is opened, the first to be seen first, within a bound of memory. */
export function planPrefetch(stacks: readonly ImageStack[], opening: ImagePlace): string[] {
  const planned = new Set<string>();
  let bytes = 0;
  for (const image of inOrder(stacks, opening)) {
    if (image === undefined || planned.has(image.imageId)) continue;
    bytes += image.columns * image.rows * BYTES_A_PIXEL;
    if (bytes > MAX_BYTES) break;
    planned.add(image.imageId);
  }
  return [...planned];
}
