/** The one rendering engine that all panes of the page share: it stands from the first pane to a while after the last. */
import {
  cache,
  Enums,
  eventTarget,
  getShouldUseCPURendering,
  RenderingEngine,
  StackViewport,
  setUseCPURendering,
} from '@cornerstonejs/core';
import { graphicsOf, isOfEngine } from './cornerstone-graphics.ts';
import { startCornerstone } from './cornerstone-start.ts';
import { bindTools, forgetMeasurements, releaseTools } from './cornerstone-tools.ts';
import { graphicsState } from './graphics-state.ts';

/** From one study to the next the engine stays: a graphics context and its programs take a tenth of a second. */
const LINGER_MS = 2_000;

/** A browser that gives its graphics back does so within a second. After that it is drawn without. */
const RESTORE_MS = 3_000;

interface PaneEvents {
  /** Called before the engine takes the new size. What it gives is called after that. */
  readonly resizing: () => () => void;
  /** The graphics card was reset: what stands on the screen is none of ours. */
  readonly graphicsLost: () => void;
  /** There is a new viewport, without an image. */
  readonly graphicsBack: () => void;
}

interface Pane {
  readonly viewportId: string;
  readonly element: HTMLDivElement;
  readonly on: PaneEvents;
}

/** An engine with what it takes on the graphics card. */
interface Drawing {
  readonly engine: RenderingEngine;
  giveBack: (() => void) | null;
}

interface Shared {
  drawing: Drawing;
  readonly observer: ResizeObserver;
  readonly panes: Map<Element, Pane>;
  readonly stop: () => void;
}

let shared: Shared | null = null;
let closing: ReturnType<typeof setTimeout> | undefined;
let count = 0;
let engines = 0;

/** With a name of its own: what is told of the graphics of an engine that is gone must not be taken for this one's. */
function startDrawing(): Drawing {
  engines += 1;
  return { engine: new RenderingEngine(`radtriage-engine-${engines}`), giveBack: null };
}

function stopDrawing({ engine, giveBack }: Drawing): void {
  engine.destroy();
  giveBack?.();
}

function enable(drawing: Drawing, { viewportId, element }: Pane): void {
  const { engine } = drawing;
  engine.enableElement({
    viewportId,
    type: Enums.ViewportType.STACK,
    element,
    defaultOptions: { background: [0, 0, 0] },
  });
  bindTools(viewportId, engine.id);
  if (!getShouldUseCPURendering()) drawing.giveBack ??= graphicsOf(engine, viewportId);
}

/** A graphics context that comes back has none of its programs and textures, and vtk.js does not make them anew. */
function rebuild(): void {
  if (shared === null) return;
  const panes = [...shared.panes.values()];
  const before = shared.drawing;
  shared.drawing = startDrawing();
  stopDrawing(before);
  for (const pane of panes) enable(shared.drawing, pane);
  // Only now: with its last viewport a group of tools forgets which of them was chosen.
  for (const { viewportId } of panes) releaseTools(viewportId, before.engine.id);
  graphicsState.setLost(false);
  for (const { on } of panes) on.graphicsBack();
}

/** Images in colour are kept otherwise for the software renderer: they are read again. */
function drawWithoutGraphics(): void {
  setUseCPURendering(true, false);
  cache.purgeCache();
  rebuild();
}

/** @returns the way to stop listening */
function listenToGraphics(): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const isOurs = (event: Event) => isOfEngine(event, shared?.drawing.engine.id ?? '');
  const onLost = (event: Event) => {
    if (!isOurs(event) || getShouldUseCPURendering()) return;
    graphicsState.setLost(true);
    for (const { on } of shared?.panes.values() ?? []) on.graphicsLost();
    clearTimeout(waiting);
    waiting = setTimeout(drawWithoutGraphics, RESTORE_MS);
  };
  const onRestored = (event: Event) => {
    if (!isOurs(event) || !graphicsState.isLost()) return;
    clearTimeout(waiting);
    rebuild();
  };
  const { WEBGL_CONTEXT_LOST, WEBGL_CONTEXT_RESTORED } = Enums.Events;
  eventTarget.addEventListener(WEBGL_CONTEXT_LOST, onLost);
  eventTarget.addEventListener(WEBGL_CONTEXT_RESTORED, onRestored);
  return () => {
    clearTimeout(waiting);
    eventTarget.removeEventListener(WEBGL_CONTEXT_LOST, onLost);
    eventTarget.removeEventListener(WEBGL_CONTEXT_RESTORED, onRestored);
    graphicsState.setLost(false);
  };
}

function openEngine(): Shared {
  startCornerstone();
  const panes = new Map<Element, Pane>();
  // One observer for all: a new layout resizes every pane, and the engine does them in one go.
  const observer = new ResizeObserver((entries) => {
    const after = entries.map(({ target }) => panes.get(target)?.on.resizing());
    shared?.drawing.engine.resize(true, true);
    for (const each of after) each?.();
  });
  return { drawing: startDrawing(), observer, panes, stop: listenToGraphics() };
}

function closeEngine(): void {
  if (shared === null) return;
  shared.stop();
  shared.observer.disconnect();
  stopDrawing(shared.drawing);
  shared = null;
}

export interface EnginePane {
  /** @throws when the pane is closed */
  readonly viewport: () => StackViewport;
  readonly close: () => void;
}

/** Gives an element a STACK viewport of its own, with the mouse tools that all panes share. */
export function openPane(element: HTMLDivElement, on: PaneEvents): EnginePane {
  clearTimeout(closing);
  const room = shared ?? openEngine();
  shared = room;
  count += 1;
  const viewportId = `radtriage-viewport-${count}`;
  const pane = { viewportId, element, on };
  enable(room.drawing, pane);
  room.panes.set(element, pane);
  room.observer.observe(element);
  return {
    viewport: () => {
      const { engine } = room.drawing;
      const viewport = engine.hasBeenDestroyed ? undefined : engine.getViewport(viewportId);
      if (viewport instanceof StackViewport) return viewport;
      throw new Error('the viewport is closed');
    },
    close: () => {
      if (!room.panes.delete(element)) return;
      room.observer.unobserve(element);
      const { engine } = room.drawing;
      releaseTools(viewportId, engine.id);
      engine.disableElement(viewportId);
      if (room.panes.size > 0) return;
      forgetMeasurements();
      closing = setTimeout(closeEngine, LINGER_MS);
    },
  };
}
