/** With its tools beside it, the one place that knows Cornerstone3D: a STACK viewport over WADO-RS, on the GPU or not. */
import {
  cache,
  Enums,
  eventTarget,
  getShouldUseCPURendering,
  init as initCore,
  RenderingEngine,
  StackViewport,
  utilities,
} from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import { NeighbourLoader } from './cornerstone-neighbours.ts';
import { headersOf } from './cornerstone-prefetch.ts';
import {
  activateLeftTool,
  bindTools,
  forgetMeasurements,
  type LeftTool,
  startTools,
  unbindTools,
} from './cornerstone-tools.ts';
import {
  type Affine,
  affineFromPoints,
  applyAffine,
  invertAffine,
  type Point,
} from './geometry.ts';
import type { DicomJson, ImageStack } from './image-stacks.ts';
import { withPaletteNumbers } from './palette.ts';
import type { Window } from './window-presets.ts';

const VIEWPORT = 'radtriage-viewport';
const ENGINE = 'radtriage-engine';
const CACHE_BYTES = 1024 ** 3;

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

let started = false;

/** Starts Cornerstone once for the page. */
function start(): void {
  if (started) return;
  started = true;
  initCore();
  initLoader({
    maxWebWorkers: Math.max(1, Math.min(4, (navigator.hardwareConcurrency ?? 2) - 1)),
    beforeSend: headersOf,
  });
  startTools();
  cache.setMaxCacheSize(CACHE_BYTES);
}

/** Makes the metadata of each image known, without which no frame can be read. */
export function registerMetadata(
  stacks: readonly ImageStack[],
  metadata: ReadonlyMap<string, DicomJson>,
): void {
  // Before anything else: starting the loader forgets all metadata.
  start();
  for (const { images } of stacks) {
    for (const { imageId, sopInstanceUid } of images) {
      const instance = metadata.get(sopInstanceUid);
      if (instance !== undefined) wadors.metaDataManager.add(imageId, withPaletteNumbers(instance));
    }
  }
}

function failedImageId(event: Event): string | null {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  if (typeof detail !== 'object' || detail === null || !('imageId' in detail)) return null;
  return typeof detail.imageId === 'string' ? detail.imageId : null;
}

const first = (value: number | number[] | undefined) => (Array.isArray(value) ? value[0] : value);

/** An image on the screen. All positions are CSS pixels of the element, all image places source pixels. */
export class ImageViewport {
  readonly #engine: RenderingEngine;
  readonly #observer: ResizeObserver;
  readonly #stop = new AbortController();
  readonly #neighbours: NeighbourLoader;
  #shown: ImageStack | null = null;

  constructor(element: HTMLDivElement, on: ViewportEvents) {
    start();
    this.#neighbours = new NeighbourLoader(element);
    this.#engine = new RenderingEngine(ENGINE);
    this.#engine.enableElement({
      viewportId: VIEWPORT,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    });
    bindTools(VIEWPORT, ENGINE);
    const { signal } = this.#stop;
    element.addEventListener(
      Enums.Events.IMAGE_RENDERED,
      () => {
        const state = this.#shown === null ? null : this.#state(this.#shown);
        if (state !== null) on.rendered(state);
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
    this.#observer = new ResizeObserver(() => this.#engine.resize(true, true));
    this.#observer.observe(element);
  }

  #viewport(): StackViewport {
    const viewport = this.#engine.getViewport(VIEWPORT);
    if (viewport instanceof StackViewport) return viewport;
    throw new Error('the viewport is closed');
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
    // Cornerstone divides by the screen's pixel ratio even where its canvas has none: without WebGL.
    const { width, clientWidth } = viewport.canvas;
    const correction = clientWidth > 0 ? (window.devicePixelRatio * clientWidth) / width : 1;
    const place = (x: number, y: number): Point => {
      const right = (x - half) * spacing[0];
      const down = (y - half) * spacing[1];
      const along = (axis: 0 | 1 | 2) =>
        origin[axis] + (direction[axis] ?? 0) * right + (direction[axis + 3] ?? 0) * down;
      const [left, top] = viewport.worldToCanvas([along(0), along(1), along(2)]);
      return [left * correction, top * correction];
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
    this.#observer.disconnect();
    this.#neighbours.stop();
    this.#shown = null;
    unbindTools();
    this.#engine.destroy();
  }
}
