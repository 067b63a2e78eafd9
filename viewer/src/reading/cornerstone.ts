/** With its tools beside it, the one place that knows Cornerstone3D: a STACK viewport over WADO-RS, on the GPU or not. */
import {
  Enums,
  eventTarget,
  getShouldUseCPURendering,
  type StackViewport,
  utilities,
} from '@cornerstonejs/core';
import { type EnginePane, openPane } from './cornerstone-engine.ts';
import { NeighbourLoader } from './cornerstone-neighbours.ts';
import { activateLeftTool, forgetMeasurements, type LeftTool } from './cornerstone-tools.ts';
import {
  type Affine,
  affineFromPoints,
  applyAffine,
  boundsOf,
  boxCorners,
  invertAffine,
  type Point,
} from './geometry.ts';
import type { ImageStack } from './image-stacks.ts';
import { AS_STORED, type Flips } from './orientation.ts';
import type { Window } from './window-presets.ts';

export interface ViewportState {
  readonly stack: ImageStack;
  /** Of the image that is drawn, which while loading need not be the one asked for. */
  readonly index: number;
  readonly isWanted: boolean;
  readonly window: Window | null;
  /** Source pixels to CSS pixels of the viewport; (0,0) is the outer corner of the first pixel. */
  readonly toCanvas: Affine | null;
  readonly onGpu: boolean;
}

interface ViewportEvents {
  rendered(state: ViewportState): void;
  /** The image that is asked for now could not be fetched or decoded. */
  failed(): void;
}

function failedImageId(event: Event): string | null {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  if (typeof detail !== 'object' || detail === null || !('imageId' in detail)) return null;
  return typeof detail.imageId === 'string' ? detail.imageId : null;
}

/** CSS pixels by which a fitted image may miss the rim. */
const RIM = 2;

/** Whether the image reaches two opposite edges of the element and is in its middle. */
function fills({ toCanvas, stack, index }: ViewportState, element: HTMLElement): boolean {
  const image = stack.images[index];
  if (toCanvas === null || image === undefined) return false;
  const [x, y, right, down] = boundsOf(boxCorners(toCanvas, [0, 0, image.columns, image.rows]));
  const { clientWidth, clientHeight } = element;
  const isCentred =
    Math.abs(x + right - clientWidth) < 2 * RIM && Math.abs(y + down - clientHeight) < 2 * RIM;
  const fits = Math.abs(right - x - clientWidth) < RIM || Math.abs(down - y - clientHeight) < RIM;
  const isInside = right - x < clientWidth + RIM && down - y < clientHeight + RIM;
  return isCentred && fits && isInside;
}

const first = (value: number | number[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** An image on the screen. All positions are CSS pixels of the element, all image places source pixels. */
export class ImageViewport {
  readonly #pane: EnginePane;
  readonly #stop = new AbortController();
  readonly #neighbours: NeighbourLoader;
  #shown: ImageStack | null = null;
  /** The flips in which the image on the screen hangs; those that the reader adds come on top. */
  #hung: Flips = AS_STORED;
  /** The whole image is shown as large as it fits: so it stays when the pane gets another size. */
  #isFitted = true;

  constructor(element: HTMLDivElement, on: ViewportEvents) {
    this.#neighbours = new NeighbourLoader(element);
    this.#pane = openPane(element, () => {
      const wasFitted = this.#isFitted;
      return () => {
        if (wasFitted && this.#shown !== null) this.fit();
      };
    });
    const { signal } = this.#stop;
    element.addEventListener(
      Enums.Events.IMAGE_RENDERED,
      () => {
        const state = this.#shown === null ? null : this.#state(this.#shown);
        if (state === null || this.#turn(state)) return;
        this.#isFitted = fills(state, element);
        on.rendered(state);
      },
      { signal },
    );
    const onFailed = (event: Event) => {
      if (failedImageId(event) === this.#viewport().getCurrentImageId()) on.failed();
    };
    eventTarget.addEventListener(Enums.Events.IMAGE_LOAD_ERROR, onFailed);
    signal.addEventListener('abort', () =>
      eventTarget.removeEventListener(Enums.Events.IMAGE_LOAD_ERROR, onFailed),
    );
    element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  }

  #viewport(): StackViewport {
    return this.#pane.viewport();
  }

  /** Turns an image that hangs otherwise than the one before it. True when it will be drawn once more for that. */
  #turn({ stack, index }: ViewportState): boolean {
    const wanted = stack.images[index]?.flips ?? AS_STORED;
    const { horizontal, vertical } = this.#hung;
    if (wanted.horizontal === horizontal && wanted.vertical === vertical) return false;
    this.#hung = wanted;
    if (wanted.horizontal !== horizontal) this.flip('horizontal');
    if (wanted.vertical !== vertical) this.flip('vertical');
    return true;
  }

  /** @throws when the image cannot be fetched or decoded */
  async show(stack: ImageStack, index: number): Promise<void> {
    const viewport = this.#viewport();
    if (this.#shown === stack) {
      await viewport.setImageIdIndex(index);
      return;
    }
    this.#neighbours.stop();
    this.#shown = null;
    this.#hung = AS_STORED;
    const ids = stack.images.map((image) => image.imageId);
    await viewport.setStack(ids, index);
    if (this.#stop.signal.aborted) return;
    this.#shown = stack;
    viewport.render();
    this.#neighbours.start(ids, index);
  }

  /** The image asked for, drawn or not. */
  wantedIndex(): number {
    return this.#viewport().getTargetImageIdIndex();
  }

  /** null while the image on the screen is none of this stack's: nothing may be laid over it then. */
  #state(stack: ImageStack): ViewportState | null {
    const viewport = this.#viewport();
    const drawn = viewport.getCornerstoneImage()?.imageId;
    const index = stack.images.findIndex((image) => image.imageId === drawn);
    if (index < 0) return null;
    const range = viewport.getProperties().voiRange;
    const level =
      range == null ? null : utilities.windowLevel.toWindowLevel(range.lower, range.upper);
    return {
      stack,
      index,
      isWanted: drawn === viewport.getCurrentImageId(),
      window: level === null ? null : { center: level.windowCenter, width: level.windowWidth },
      toCanvas: this.#toCanvas(viewport),
      onGpu: !getShouldUseCPURendering(),
    };
  }

  /** Three points fix the affine map, whatever zoom, pan, flip and rotation are; right on GPU and CPU. */
  #toCanvas(viewport: StackViewport): Affine | null {
    const image = viewport.getImageData();
    if (!image) return null;
    const { origin, spacing, direction } = image;
    // On the GPU an index is the middle of its pixel; the software renderer draws pixels from their corners.
    const half = getShouldUseCPURendering() ? 0 : 0.5;
    const place = (x: number, y: number): Point => {
      const right = (x - half) * spacing[0];
      const down = (y - half) * spacing[1];
      const along = (axis: 0 | 1 | 2) =>
        origin[axis] + (direction[axis] ?? 0) * right + (direction[axis + 3] ?? 0) * down;
      return viewport.worldToCanvas([along(0), along(1), along(2)]);
    };
    return affineFromPoints(place(0, 0), place(1, 0), place(0, 1));
  }

  toSource(canvas: Point): Point | null {
    const affine = this.#toCanvas(this.#viewport());
    const inverse = affine === null ? null : invertAffine(affine);
    return inverse === null ? null : applyAffine(inverse, canvas);
  }

  /** The pixel under a place of the screen, counted from 1, with its rescaled value; null beside the image and in colour. */
  valueAt(
    canvas: Point,
  ): { readonly column: number; readonly row: number; readonly value: number } | null {
    const image = this.#viewport().getCornerstoneImage();
    const place = image === undefined || image.color ? null : this.toSource(canvas);
    if (image === undefined || place === null) return null;
    const [column, row] = [Math.floor(place[0]), Math.floor(place[1])];
    if (column < 0 || row < 0 || column >= image.columns || row >= image.rows) return null;
    const stored = image.voxelManager?.getAtIJK(column, row, 0);
    if (typeof stored !== 'number') return null;
    // The loader has rescaled the pixels when it says so (modality LUT, PS3.3 C.11.1).
    const isRescaled = image.preScale?.scaled === true;
    const value = isRescaled ? stored : stored * image.slope + image.intercept;
    return { column: column + 1, row: row + 1, value };
  }

  /** The window that the image itself asks for. */
  ownWindow(): Window | null {
    const image = this.#viewport().getCornerstoneImage();
    const center = first(image?.windowCenter);
    const width = first(image?.windowWidth);
    return center === undefined || width === undefined ? null : { center, width };
  }

  setWindow({ center, width }: Window): void {
    const viewport = this.#viewport();
    viewport.setProperties({ voiRange: utilities.windowLevel.toLowHighRange(width, center) });
    viewport.render();
  }

  invert(): void {
    const viewport = this.#viewport();
    viewport.setProperties({ invert: viewport.getProperties().invert !== true });
    viewport.render();
  }

  flip(axis: 'horizontal' | 'vertical'): void {
    const viewport = this.#viewport();
    const { flipHorizontal = false, flipVertical = false } = viewport.getCamera();
    viewport.setCamera(
      axis === 'horizontal' ? { flipHorizontal: !flipHorizontal } : { flipVertical: !flipVertical },
    );
    viewport.render();
  }

  rotate(degrees: number): void {
    const viewport = this.#viewport();
    viewport.setViewPresentation({ rotation: (viewport.getRotation() + degrees + 360) % 360 });
    viewport.render();
  }

  zoom(factor: number): void {
    const viewport = this.#viewport();
    const { parallelScale, scale } = viewport.getCamera();
    // Without WebGL the parallel scale is read and written in different units when pixels are not square.
    if (getShouldUseCPURendering()) {
      if (scale !== undefined) viewport.setCamera({ scale: scale * factor });
    } else if (parallelScale !== undefined) {
      viewport.setCamera({ parallelScale: parallelScale / factor });
    }
    viewport.render();
  }

  /** Fills the viewport again; window, flips and rotation stay. */
  fit(): void {
    const viewport = this.#viewport();
    const { flipHorizontal = false, flipVertical = false } = viewport.getCamera();
    const rotation = viewport.getRotation();
    viewport.resetCamera();
    viewport.setViewPresentation({ rotation });
    viewport.setCamera({ flipHorizontal, flipVertical });
    viewport.render();
  }

  /** Everything as the study was opened. */
  reset(): void {
    const viewport = this.#viewport();
    viewport.setCamera({ flipHorizontal: false, flipVertical: false });
    viewport.setViewPresentation({ rotation: 0 });
    viewport.resetCamera();
    viewport.resetProperties();
    const { horizontal, vertical } = this.#hung;
    viewport.setCamera({ flipHorizontal: horizontal, flipVertical: vertical });
    viewport.render();
  }

  selectLeftTool(tool: LeftTool): void {
    activateLeftTool(tool);
  }

  forgetMeasurements(): void {
    forgetMeasurements();
    this.#viewport().render();
  }

  close(): void {
    this.#stop.abort();
    this.#neighbours.stop();
    this.#shown = null;
    this.#pane.close();
  }
}
