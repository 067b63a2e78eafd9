/** The one rendering engine that all panes of the page share: it stands from the first pane to a while after the last. */
import { Enums, RenderingEngine, StackViewport } from '@cornerstonejs/core';
import { startCornerstone } from './cornerstone-start.ts';
import { bindTools, forgetMeasurements, releaseTools } from './cornerstone-tools.ts';

const ENGINE = 'radtriage-engine';
/** From one study to the next the engine stays: a graphics context and its programs take a tenth of a second. */
const LINGER_MS = 2_000;

/** Called before the engine takes the new size. What it gives is called after that. */
type Resizing = () => () => void;

interface Shared {
  readonly engine: RenderingEngine;
  readonly observer: ResizeObserver;
  readonly panes: Map<Element, Resizing>;
}

let shared: Shared | null = null;
let closing: ReturnType<typeof setTimeout> | undefined;
let count = 0;

function openEngine(): Shared {
  startCornerstone();
  const engine = new RenderingEngine(ENGINE);
  const panes = new Map<Element, Resizing>();
  // One observer for all: a new layout resizes every pane, and the engine does them in one go.
  const observer = new ResizeObserver((entries) => {
    const after = entries.map(({ target }) => panes.get(target)?.());
    engine.resize(true, true);
    for (const each of after) each?.();
  });
  return { engine, observer, panes };
}

function closeEngine(): void {
  shared?.observer.disconnect();
  shared?.engine.destroy();
  shared = null;
}

export interface EnginePane {
  /** @throws when the pane is closed */
  readonly viewport: () => StackViewport;
  readonly close: () => void;
}

/** Gives an element a STACK viewport of its own, with the mouse tools that all panes share. */
export function openPane(element: HTMLDivElement, onResize: Resizing): EnginePane {
  clearTimeout(closing);
  shared ??= openEngine();
  const { engine, observer, panes } = shared;
  count += 1;
  const viewportId = `radtriage-viewport-${count}`;
  engine.enableElement({
    viewportId,
    type: Enums.ViewportType.STACK,
    element,
    defaultOptions: { background: [0, 0, 0] },
  });
  bindTools(viewportId, ENGINE);
  panes.set(element, onResize);
  observer.observe(element);
  return {
    viewport: () => {
      const viewport = engine.hasBeenDestroyed ? undefined : engine.getViewport(viewportId);
      if (viewport instanceof StackViewport) return viewport;
      throw new Error('the viewport is closed');
    },
    close: () => {
      if (!panes.delete(element)) return;
      observer.unobserve(element);
      releaseTools(viewportId, ENGINE);
      engine.disableElement(viewportId);
      if (panes.size > 0) return;
      forgetMeasurements();
      closing = setTimeout(closeEngine, LINGER_MS);
    },
  };
}
