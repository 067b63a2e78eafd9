/** The slices of a series as one volume, cut in three planes through one point. Needs WebGL: volumes crash without. */
import {
  cache,
  Enums,
  RenderingEngine,
  StreamingImageVolume,
  setVolumesForViewports,
  utilities,
  VolumeViewport,
  volumeLoader,
} from '@cornerstonejs/core';
import { graphicsOf, whenGraphicsLost } from './cornerstone-graphics.ts';
import { imageMemory } from './cornerstone-memory.ts';
import { loadVolume } from './cornerstone-volume-loading.ts';
import {
  activateVolumeTool,
  bindVolumeTools,
  forgetPlaneLengths,
  unbindVolumeTools,
} from './cornerstone-volume-tools.ts';
import type { Point } from './geometry.ts';
import type { ImageStack } from './image-stacks.ts';
import {
  PLANES,
  type Plane,
  type PlaneState,
  type PlaneTool,
  type Projection,
  type Slab,
} from './planes.ts';
import { middleOf } from './slice-plane.ts';
import { along, cross, dot, lengthWithin, minus, type Vector } from './volume-geometry.ts';
import type { Window } from './window-presets.ts';

const ENGINE = 'radtriage-volume-engine';
const LOADER = 'cornerstoneStreamingImageVolume';
const ORIENTATIONS = {
  axial: Enums.OrientationAxis.AXIAL,
  coronal: Enums.OrientationAxis.CORONAL,
  sagittal: Enums.OrientationAxis.SAGITTAL,
} as const;

const BLENDS: Readonly<Record<Projection, Enums.BlendModes>> = {
  brightest: Enums.BlendModes.MAXIMUM_INTENSITY_BLEND,
  mean: Enums.BlendModes.AVERAGE_INTENSITY_BLEND,
  darkest: Enums.BlendModes.MINIMUM_INTENSITY_BLEND,
};

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
  /** The slice that was looked at. */
  readonly #from: string;
  #point: Vector;
  #isOpen = false;

  constructor(
    elements: Readonly<Record<Plane, HTMLDivElement>>,
    { stack, index }: { readonly stack: ImageStack; readonly index: number },
    on: VolumeEvents,
  ) {
    this.#stack = stack;
    this.#volumeId = `${LOADER}:${stack.seriesInstanceUid}`;
    const image = stack.images[index];
    this.#from = image?.imageId ?? '';
    this.#point = (image === undefined ? null : middleOf(image)) ?? [0, 0, 0];
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
    whenGraphicsLost(ENGINE, on.lost, signal);
    this.#observer = new ResizeObserver(() => this.#resize());
    for (const plane of PLANES) this.#observer.observe(elements[plane]);
  }

  /**
   * Shows the planes at once; slices come in as they are loaded.
   * @throws when the volume cannot be made
   */
  async open(window: Window): Promise<void> {
    const imageIds = this.#stack.images.map(({ imageId }) => imageId);
    const volume = await volumeLoader.createAndCacheVolume(this.#volumeId, { imageIds });
    if (this.#stop.signal.aborted) return this.#dropVolume();
    await setVolumesForViewports(this.#engine, [{ volumeId: this.#volumeId }], [...PLANES]);
    if (this.#stop.signal.aborted) return;
    this.#isOpen = true;
    if (volume instanceof StreamingImageVolume) {
      void loadVolume(volume, this.#from, this.#stop.signal);
    }
    this.setWindow(window);
    this.goTo(this.#point);
  }

  /** What nobody has zoomed or moved stays as large as it fits. */
  #resize(): void {
    const fitted = PLANES.filter((plane) => {
      const viewport = this.#viewport(plane);
      const [right, down] = viewport.getPan();
      return Math.abs(viewport.getZoom() - 1) < 1e-3 && Math.hypot(right, down) < 1;
    });
    this.#engine.resize(true, true);
    for (const plane of fitted) this.#viewport(plane).resetCamera();
    this.goTo(this.#point);
  }

  #viewport(plane: Plane): VolumeViewport {
    const viewport = this.#engine.getViewport(plane);
    if (viewport instanceof VolumeViewport) return viewport;
    throw new Error('the volume is closed');
  }

  #stateOf(plane: Plane): PlaneState {
    const viewport = this.#viewport(plane);
    const { viewUp, viewPlaneNormal, parallelScale } = viewport.getCamera();
    const [x, y] = viewport.worldToCanvas([...this.#point]);
    const up = vectorOf(viewUp) ?? [0, 0, 0];
    const right = cross(up, vectorOf(viewPlaneNormal) ?? [0, 0, 0]);
    const perMillimetre = viewport.element.clientHeight / (2 * (parallelScale ?? 1));
    return { point: [x, y], right, down: along([0, 0, 0], up, -1), perMillimetre };
  }

  /** The volume is made and shown: before that there is nothing to act on. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get point(): Vector {
    return this.#point;
  }

  #indexOf(point: Vector): Vector | null {
    const image = cache.getVolume(this.#volumeId)?.imageData;
    return image === undefined ? null : vectorOf(image.worldToIndex([...point]));
  }

  /** The voxel that the point lies in, as it is rescaled; null until its slice is there. */
  valueAtPoint(): number | null {
    const volume = cache.getVolume(this.#volumeId);
    const [i, j, k] = this.#indexOf(this.#point)?.map(Math.round) ?? [];
    if (volume === undefined || i === undefined || j === undefined || k === undefined) return null;
    if (!imageMemory.isLoaded(volume.imageIds[k] ?? '')) return null;
    const value = volume.voxelManager?.getAtIJK(i, j, k);
    return typeof value === 'number' ? value : null;
  }

  /** Moves all three planes to the point, kept within the volume. */
  goTo(wanted: Vector): void {
    const volume = cache.getVolume(this.#volumeId);
    const at = this.#indexOf(wanted);
    if (volume?.imageData === undefined || at === null) return;
    const within = at.map((value, axis) =>
      Math.max(0, Math.min((volume.dimensions[axis] ?? 1) - 1, value)),
    );
    const point = vectorOf(volume.imageData.indexToWorld([...(vectorOf(within) ?? at)]));
    if (point === null) return;
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

  /** Moves a plane by slices of the volume in its own direction, up to the rim; `Infinity` goes to the last one. */
  step(plane: Plane, slices: number): void {
    const volume = cache.getVolume(this.#volumeId);
    const normal = vectorOf(this.#viewport(plane).getCamera().viewPlaneNormal);
    if (normal === null || volume?.direction === undefined) return;
    const { direction, spacing, dimensions } = volume;
    const thickness = [0, 1, 2].reduce((sum, axis) => {
      const way = vectorOf([...direction.slice(3 * axis, 3 * axis + 3)]) ?? [0, 0, 0];
      return sum + Math.abs(dot(way, normal)) * (spacing[axis] ?? 0);
    }, 0);
    const isAgainst = dot(normal, ONWARDS[plane]) < 0;
    const at = this.#indexOf(this.#point);
    const next = this.#indexOf(along(this.#point, normal, 1));
    if (at === null || next === null) return;
    const wanted = (isAgainst ? -slices : slices) * thickness;
    const way = { at, way: minus(next, at), dimensions };
    this.goTo(along(this.#point, normal, lengthWithin(way, wanted)));
  }

  #forAll(change: (viewport: VolumeViewport) => void): void {
    for (const plane of PLANES) {
      const viewport = this.#viewport(plane);
      change(viewport);
      viewport.render();
    }
  }

  /** The same window in all three planes. */
  setWindow({ center, width }: Window): void {
    const voiRange = utilities.windowLevel.toLowHighRange(width, center);
    this.#forAll((viewport) => viewport.setProperties({ voiRange }));
  }

  setInverted(invert: boolean): void {
    this.#forAll((viewport) => viewport.setProperties({ invert }));
  }

  /** How much on both sides of each plane is shown in it. */
  setSlab({ thickness, projection }: Slab): void {
    this.#forAll((viewport) => {
      viewport.setBlendMode(thickness === 0 ? Enums.BlendModes.COMPOSITE : BLENDS[projection]);
      // The library cuts off at this distance on either side of the plane, and takes 0 for as thin as it can.
      viewport.setSlabThickness(thickness / 2);
    });
  }

  zoom(plane: Plane, factor: number): void {
    const viewport = this.#viewport(plane);
    const { parallelScale } = viewport.getCamera();
    if (parallelScale !== undefined) viewport.setCamera({ parallelScale: parallelScale / factor });
    viewport.render();
  }

  /** All of the volume in each pane; the point stays. */
  fit(): void {
    this.#forAll((viewport) => viewport.resetCamera());
    this.goTo(this.#point);
  }

  selectTool(tool: PlaneTool): void {
    activateVolumeTool(tool);
  }

  forgetLengths(): void {
    forgetPlaneLengths();
    this.#forAll(() => {});
  }

  #dropVolume(): void {
    if (cache.getVolumeLoadObject(this.#volumeId) !== undefined) {
      cache.removeVolumeLoadObject(this.#volumeId);
    }
  }

  close(): void {
    this.#stop.abort();
    this.#observer.disconnect();
    forgetPlaneLengths();
    unbindVolumeTools();
    const giveBack = graphicsOf(this.#engine, 'axial');
    this.#engine.destroy();
    this.#dropVolume();
    giveBack();
  }
}
