/** The slices of a series as one volume, cut in three planes through one point. Needs WebGL: volumes crash without. */
import {
  cache,
  Enums,
  eventTarget,
  getShouldUseCPURendering,
  metaData,
  RenderingEngine,
  setVolumesForViewports,
  utilities,
  VolumeViewport,
  volumeLoader,
} from '@cornerstonejs/core';
import { isOfEngine } from './cornerstone-engine.ts';
import { bindVolumeTools, unbindVolumeTools } from './cornerstone-tools.ts';
import type { Point } from './geometry.ts';
import type { ImageStack, StackImage } from './image-stacks.ts';
import {
  along,
  cross,
  dot,
  judgeSlices,
  minus,
  type SlicePlane,
  type Vector,
  type VolumeVerdict,
} from './volume-geometry.ts';
import type { Window } from './window-presets.ts';

export const PLANES = ['axial', 'coronal', 'sagittal'] as const;
export type Plane = (typeof PLANES)[number];

const ENGINE = 'radtriage-volume-engine';
const LOADER = 'cornerstoneStreamingImageVolume';
const ORIENTATIONS = {
  axial: Enums.OrientationAxis.AXIAL,
  coronal: Enums.OrientationAxis.CORONAL,
  sagittal: Enums.OrientationAxis.SAGITTAL,
} as const;

/** Where the wheel leads, as in the stacks: from head to foot, from front to back, from the patient's right to the left. */
const ONWARDS = {
  axial: [0, 0, -1],
  coronal: [0, 1, 0],
  sagittal: [1, 0, 0],
} as const;

function vectorOf(value: unknown): Vector | null {
  if (!Array.isArray(value) && !(value instanceof Float32Array)) return null;
  const [x, y, z] = [...value].map(Number);
  if (x === undefined || y === undefined || z === undefined) return null;
  return [x, y, z].every(Number.isFinite) ? [x, y, z] : null;
}

const isWhole = (value: unknown) => value === undefined || Number.isInteger(Number(value));

function sliceOf({ imageId, plane, columns, rows }: StackImage): SlicePlane | null {
  if (plane === null) return null;
  const lut = metaData.get(Enums.MetadataModules.MODALITY_LUT, imageId) ?? {};
  const bytesAPixel = isWhole(lut.rescaleSlope) && isWhole(lut.rescaleIntercept) ? 2 : 4;
  return { ...plane, columns, rows, bytesAPixel };
}

/** Whether the stack can be shown in other planes here, else why not. */
export function judgeVolume({ images, modality }: ImageStack): VolumeVerdict {
  if (modality !== 'CT' && modality !== 'MR') return 'few';
  const verdict = judgeSlices(images.map(sliceOf));
  return verdict === 'fits' && getShouldUseCPURendering() ? 'no-webgl' : verdict;
}

/** What a pane shows of the point: where it lies, and which way the patient lies, as cosines of the screen's axes. */
export interface PlaneState {
  readonly point: Point;
  readonly right: Vector;
  readonly down: Vector;
}

interface VolumeEvents {
  /** A pane was drawn. */
  rendered(plane: Plane, state: PlaneState): void;
  /** The graphics card was reset, or could not hold the volume: nothing is drawn any more. */
  lost(): void;
}

/** Three panes over one volume. Positions are CSS pixels of the pane's element, points millimetres of the patient. */
export class VolumeView {
  readonly #engine: RenderingEngine;
  readonly #observer: ResizeObserver;
  readonly #stop = new AbortController();
  readonly #volumeId: string;
  readonly #stack: ImageStack;
  #point: Vector;

  constructor(
    elements: Readonly<Record<Plane, HTMLDivElement>>,
    { stack, index }: { readonly stack: ImageStack; readonly index: number },
    on: VolumeEvents,
  ) {
    this.#stack = stack;
    this.#volumeId = `${LOADER}:${stack.seriesInstanceUid}`;
    this.#point = this.#middleOf(index);
    this.#engine = new RenderingEngine(ENGINE);
    this.#engine.setViewports(
      PLANES.map((plane) => ({
        viewportId: plane,
        type: Enums.ViewportType.ORTHOGRAPHIC,
        element: elements[plane],
        defaultOptions: { orientation: ORIENTATIONS[plane], background: [0, 0, 0] },
      })),
    );
    bindVolumeTools(PLANES, ENGINE);
    const { signal } = this.#stop;
    for (const plane of PLANES) {
      const tell = () => on.rendered(plane, this.#stateOf(plane));
      elements[plane].addEventListener(Enums.Events.IMAGE_RENDERED, tell, { signal });
      elements[plane].addEventListener('contextmenu', (event) => event.preventDefault(), {
        signal,
      });
    }
    const onLost = (event: Event) => {
      if (isOfEngine(event, ENGINE)) on.lost();
    };
    eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, onLost);
    signal.addEventListener('abort', () =>
      eventTarget.removeEventListener(Enums.Events.WEBGL_CONTEXT_LOST, onLost),
    );
    this.#observer = new ResizeObserver(() => this.#engine.resize(true, true));
    for (const plane of PLANES) this.#observer.observe(elements[plane]);
  }

  /**
   * Shows the planes at once; slices come in as they are loaded.
   * @throws when the volume cannot be made
   */
  async open(window: Window | null): Promise<void> {
    const imageIds = this.#stack.images.map(({ imageId }) => imageId);
    const volume = await volumeLoader.createAndCacheVolume(this.#volumeId, { imageIds });
    if (this.#stop.signal.aborted) return this.#dropVolume();
    volume.load();
    await setVolumesForViewports(this.#engine, [{ volumeId: this.#volumeId }], [...PLANES]);
    if (this.#stop.signal.aborted) return;
    if (window !== null) this.setWindow(window);
    this.goTo(this.#point);
  }

  #viewport(plane: Plane): VolumeViewport {
    const viewport = this.#engine.getViewport(plane);
    if (viewport instanceof VolumeViewport) return viewport;
    throw new Error('the volume is closed');
  }

  #middleOf(index: number): Vector {
    const image = this.#stack.images[index];
    if (image === undefined || image.plane === null) return [0, 0, 0];
    const { position, right, down, spacing } = image.plane;
    const across = (image.columns / 2) * spacing[1];
    return along(along(position, right, across), down, (image.rows / 2) * spacing[0]);
  }

  #stateOf(plane: Plane): PlaneState {
    const viewport = this.#viewport(plane);
    const { viewUp, viewPlaneNormal } = viewport.getCamera();
    const [x, y] = viewport.worldToCanvas([...this.#point]);
    const up = vectorOf(viewUp) ?? [0, 0, 0];
    const right = cross(up, vectorOf(viewPlaneNormal) ?? [0, 0, 0]);
    return { point: [x, y], right, down: along([0, 0, 0], up, -1) };
  }

  get point(): Vector {
    return this.#point;
  }

  /** Moves all three planes to the point, kept within the volume. */
  goTo(wanted: Vector): void {
    const bounds = this.#viewport('axial').getBounds();
    const [x, y, z] = wanted.map((value, axis) =>
      Math.min(bounds[2 * axis + 1] ?? value, Math.max(bounds[2 * axis] ?? value, value)),
    );
    const point: Vector = [x ?? 0, y ?? 0, z ?? 0];
    this.#point = point;
    for (const plane of PLANES) {
      const viewport = this.#viewport(plane);
      const camera = viewport.getCamera();
      const normal = vectorOf(camera.viewPlaneNormal);
      const focal = vectorOf(camera.focalPoint);
      const eye = vectorOf(camera.position);
      if (normal === null || focal === null || eye === null) continue;
      const shift = dot(minus(point, focal), normal);
      const moved = (from: Vector): [number, number, number] => [...along(from, normal, shift)];
      viewport.setCamera({ focalPoint: moved(focal), position: moved(eye) });
      viewport.render();
    }
  }

  /** Moves to a place of a pane: the two other planes follow. */
  goToCanvas(plane: Plane, [x, y]: Point): void {
    const point = vectorOf(this.#viewport(plane).canvasToWorld([x, y]));
    if (point !== null) this.goTo(point);
  }

  /** Moves a plane by slices of the volume in its own direction. */
  step(plane: Plane, slices: number): void {
    const volume = cache.getVolume(this.#volumeId);
    const normal = vectorOf(this.#viewport(plane).getCamera().viewPlaneNormal);
    if (normal === null || volume?.direction === undefined) return;
    const { direction, spacing } = volume;
    const thickness = [0, 1, 2].reduce((sum, axis) => {
      const way = vectorOf([...direction.slice(3 * axis, 3 * axis + 3)]) ?? [0, 0, 0];
      return sum + Math.abs(dot(way, normal)) * (spacing[axis] ?? 0);
    }, 0);
    const isAgainst = dot(normal, ONWARDS[plane]) < 0;
    this.goTo(along(this.#point, normal, (isAgainst ? -slices : slices) * thickness));
  }

  /** The same window in all three planes. */
  setWindow({ center, width }: Window): void {
    const voiRange = utilities.windowLevel.toLowHighRange(width, center);
    for (const plane of PLANES) {
      const viewport = this.#viewport(plane);
      viewport.setProperties({ voiRange });
      viewport.render();
    }
  }

  #dropVolume(): void {
    if (cache.getVolumeLoadObject(this.#volumeId) !== undefined) {
      cache.removeVolumeLoadObject(this.#volumeId);
    }
  }

  close(): void {
    this.#stop.abort();
    this.#observer.disconnect();
    unbindVolumeTools();
    const offscreen = this.#engine.getOffscreenMultiRenderWindow('axial');
    const graphics: unknown = offscreen.getOpenGLRenderWindow().getContext();
    this.#engine.destroy();
    this.#dropVolume();
    // Neither the engine nor the cache frees what the volume takes on the graphics card, which is twice its size.
    if (graphics instanceof WebGL2RenderingContext) {
      graphics.getExtension('WEBGL_lose_context')?.loseContext();
    }
  }
}
