/** The graphics contexts of Cornerstone's engines: when one is lost, and how one is given back. */
import { Enums, eventTarget, type RenderingEngine } from '@cornerstonejs/core';

/** Whether an event of a graphics context is of this engine's: the three planes have one of their own. */
export function isOfEngine(event: Event, engineId: string): boolean {
  const detail: unknown = event instanceof CustomEvent ? event.detail : null;
  if (typeof detail !== 'object' || detail === null) return false;
  return 'renderingEngineId' in detail && detail.renderingEngineId === engineId;
}

export function whenGraphicsLost(engineId: string, tell: () => void, signal: AbortSignal): void {
  const { WEBGL_CONTEXT_LOST } = Enums.Events;
  const onLost = (event: Event) => {
    if (isOfEngine(event, engineId)) tell();
  };
  eventTarget.addEventListener(WEBGL_CONTEXT_LOST, onLost);
  signal.addEventListener('abort', () =>
    eventTarget.removeEventListener(WEBGL_CONTEXT_LOST, onLost),
  );
}

/**
 * The way to give back what an engine takes on the graphics card, for after it is destroyed. Neither the engine nor the
 * cache frees it: of a volume that is twice its size.
 */
export function graphicsOf(engine: RenderingEngine, viewportId: string): () => void {
  const offscreen = engine.getOffscreenMultiRenderWindow(viewportId);
  const context: unknown = offscreen.getOpenGLRenderWindow().getContext();
  return () => {
    if (!(context instanceof WebGL2RenderingContext)) return;
    context.getExtension('WEBGL_lose_context')?.loseContext();
  };
}
