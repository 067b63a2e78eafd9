/** With its tools beside it, the one place that knows Cornerstone3D: a STACK viewport over WADO-RS, on the GPU or not. */
import {
  Enums,
  eventTarget,
  getShouldUseCPURendering,
  type StackViewport,
  utilities,
} from '@cornerstonejs/core';
import {
  type Drawn,
  flip,
  liesInPlace,
  ownScaleIn,
  place,
  resetTurns,
  resetZoom,
  rotate,
  sourceToCanvas,
  zoomBy,
} from './cornerstone-camera.ts';
import { type EnginePane, openPane } from './cornerstone-engine.ts';
import { failedImageId } from './cornerstone-loader.ts';
import { NeighbourLoader } from './cornerstone-neighbours.ts';
import { type PixelValue, pixelValue, windowOf, windowShown } from './cornerstone-pixels.ts';
import { activateLeftTool, forgetMeasurements, type LeftTool } from './cornerstone-tools.ts';
import { type Affine, applyAffine, invertAffine, type Point } from './geometry.ts';
import type { ImageStack, StackImage } from './image-stacks.ts';
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
  /** The image that is asked for now could not be fetched, decoded or kept on the screen. */
  failed(): void;
}

interface Lost {
  readonly stack: ImageStack;
  readonly index: number;
  readonly window: Window | null;
}

/** An image on the screen. All positions are CSS pixels of the element, all image places source pixels. */
export class ImageViewport {
  readonly #pane: EnginePane;
  readonly #stop = new AbortController();
  readonly #neighbours: NeighbourLoader;
  #shown: ImageStack | null = null;
  #asked: Lost | null = null;
  /** What was shown when the graphics card was reset, until it is shown again. */
  #lost: Lost | null = null;
  /** The flips in which the image on the screen hangs; those that the reader adds come on top. */
  #hung: Flips = AS_STORED;
  /** Nobody has moved the image: it keeps its place when the pane gets another size, or the image is turned. */
  #isFitted = true;
  /** The scale in common with other panes, CSS pixels a millimetre. */
  #perMillimetre: number | null = null;

  constructor(element: HTMLDivElement, on: ViewportEvents) {
    this.#neighbours = new NeighbourLoader(element);
    this.#pane = openPane(element, {
      resizing: () => {
        const wasFitted = this.#isFitted;
        return () => {
          if (wasFitted && this.#shown !== null) this.fit();
        };
      },
      graphicsLost: () => {
        this.#lost = this.#whatIsAsked();
        if (this.#lost !== null) on.failed();
      },
      graphicsBack: () => void this.#showAgain().catch(on.failed),
    });
    const { signal } = this.#stop;
    const onRendered = () => {
      const state = this.#shown === null ? null : this.#state(this.#shown);
      if (state === null) return;
      this.#isFitted = liesInPlace(this.#viewport(), this.#inPane());
      on.rendered(state);
    };
    element.addEventListener(Enums.Events.IMAGE_RENDERED, onRendered, { signal });
    // Before it is drawn for the first time, but after Cornerstone has done with it.
    const hangSoon = () => queueMicrotask(() => this.#hang());
    element.addEventListener(Enums.Events.STACK_NEW_IMAGE, hangSoon, { signal });
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

  /** Lets the image hang as is usual: turned as it wants, and in its place unless the reader has moved what hung before. */
  #hang(): void {
    if (this.#stop.signal.aborted) return;
    const viewport = this.#viewport();
    const wanted = this.#drawn()?.flips;
    if (wanted === undefined) return;
    const { horizontal, vertical } = this.#hung;
    this.#hung = wanted;
    if (wanted.horizontal !== horizontal) flip(viewport, 'horizontal');
    if (wanted.vertical !== vertical) flip(viewport, 'vertical');
    if (this.#isFitted) place(viewport, this.#inPane());
  }

  #drawn(): StackImage | undefined {
    const drawn = this.#viewport().getCornerstoneImage()?.imageId;
    return this.#shown?.images.find((image) => image.imageId === drawn);
  }

  #inPane(): Drawn {
    return { image: this.#drawn(), perMillimetre: this.#perMillimetre };
  }

  /** The scale in which a mammogram would lie here by itself, CSS pixels a millimetre; null for what can share none. */
  ownScale(): number | null {
    return ownScaleIn(this.#viewport(), this.#inPane());
  }

  /** Lets a mammogram that nobody moved lie in a scale, CSS pixels a millimetre; null lets it have its own. */
  shareScale(perMillimetre: number | null): void {
    if (this.#perMillimetre === perMillimetre) return;
    // What was placed a moment ago may not have been drawn yet.
    const isFitted = this.#isFitted || liesInPlace(this.#viewport(), this.#inPane());
    this.#perMillimetre = perMillimetre;
    if (isFitted && this.#drawn() !== undefined) this.fit();
  }

  /** @throws when the image cannot be fetched or decoded */
  async show(stack: ImageStack, index: number): Promise<void> {
    const viewport = this.#viewport();
    if (this.#shown === stack) {
      await viewport.setImageIdIndex(index);
      return;
    }
    this.#neighbours.stop();
    const asked = { stack, index, window: null };
    this.#asked = asked;
    this.#shown = null;
    this.#hung = AS_STORED;
    const ids = stack.images.map((image) => image.imageId);
    await viewport.setStack(ids, index);
    if (this.#stop.signal.aborted) return;
    if (this.#asked !== asked) return this.#takeBack();
    this.#shown = stack;
    this.#hang();
    viewport.render();
    this.#neighbours.start(ids, index);
  }

  /** An image that comes late is drawn over the one that was asked for since, in software: that one is drawn again. */
  async #takeBack(): Promise<void> {
    const stack = this.#shown;
    if (stack === null || this.#drawn() !== undefined) return;
    this.#shown = null;
    await this.show(stack, this.wantedIndex());
  }

  #whatIsAsked(): Lost | null {
    const stack = this.#shown;
    if (stack === null) return this.#asked;
    return { stack, index: this.wantedIndex(), window: windowShown(this.#viewport()) };
  }

  /** The image that was on the screen when the graphics card was reset, as it hangs, in the window that it had. */
  async #showAgain(): Promise<void> {
    const lost = this.#lost;
    this.#lost = null;
    if (lost === null) return;
    this.#shown = null;
    this.#isFitted = true;
    await this.show(lost.stack, lost.index);
    if (lost.window !== null && !this.#stop.signal.aborted) this.setWindow(lost.window);
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
    return {
      stack,
      index,
      isWanted: drawn === viewport.getCurrentImageId(),
      window: windowShown(this.#viewport()),
      toCanvas: sourceToCanvas(viewport),
      onGpu: !getShouldUseCPURendering(),
    };
  }

  toSource(canvas: Point): Point | null {
    const affine = sourceToCanvas(this.#viewport());
    const inverse = affine === null ? null : invertAffine(affine);
    return inverse === null ? null : applyAffine(inverse, canvas);
  }

  /** null beside the image and in colour. */
  valueAt(canvas: Point): PixelValue | null {
    const image = this.#viewport().getCornerstoneImage();
    const place = image === undefined ? null : this.toSource(canvas);
    return image === undefined || place === null ? null : pixelValue(image, place);
  }

  /** The window that the image itself asks for. */
  ownWindow(): Window | null {
    return windowOf(this.#viewport().getCornerstoneImage());
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
    this.#turn((viewport) => flip(viewport, axis));
  }

  rotate(degrees: number): void {
    this.#turn((viewport) => rotate(viewport, degrees));
  }

  /** An image that nobody moved keeps its place. */
  #turn(act: (viewport: StackViewport) => void): void {
    const viewport = this.#viewport();
    act(viewport);
    if (this.#isFitted) place(viewport, this.#inPane());
    viewport.render();
  }

  zoom(factor: number): void {
    const viewport = this.#viewport();
    zoomBy(viewport, factor);
    viewport.render();
  }

  /** Puts the whole image in its place again; window, flips and rotation stay. */
  fit(): void {
    const viewport = this.#viewport();
    resetZoom(viewport);
    place(viewport, this.#inPane());
    this.#isFitted = true;
    viewport.render();
  }

  /** Everything as the study was opened. */
  reset(): void {
    const viewport = this.#viewport();
    viewport.resetProperties();
    resetTurns(viewport, this.#hung);
    place(viewport, this.#inPane());
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
