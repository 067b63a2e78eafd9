import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { ImageViewport, type ViewportState } from './cornerstone.ts';
import type { LeftTool } from './cornerstone-tools.ts';
import type { ImagePlace, ImageStack } from './image-stacks.ts';

const PATIENCE_MS = 20_000;

export interface ViewportControl {
  readonly element: RefObject<HTMLDivElement | null>;
  readonly viewport: RefObject<ImageViewport | null>;
  /** What is drawn; null until the first image of this study is on the screen. */
  readonly state: ViewportState | null;
  /** The image asked for could not be drawn: what is on the screen is another, and must be covered. */
  readonly failed: boolean;
  readonly tool: LeftTool;
  readonly show: (place: ImagePlace) => void;
  readonly selectTool: (tool: LeftTool) => void;
}

/** Holds a viewport for as long as the page stands, and shows `opening` as soon as the stacks are known. */
export function useViewport(stacks: readonly ImageStack[], opening: ImagePlace): ViewportControl {
  const element = useRef<HTMLDivElement>(null);
  const viewport = useRef<ImageViewport | null>(null);
  const patience = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [state, setState] = useState<ViewportState | null>(null);
  const [failed, setFailed] = useState(false);
  const [tool, setTool] = useState<LeftTool>('window');

  useEffect(() => {
    if (element.current === null) return;
    let frame = 0;
    const opened = new ImageViewport(element.current, {
      rendered: (next) => {
        cancelAnimationFrame(frame);
        // After the frame that paints the image: what says "ready" must not run ahead of what is seen.
        frame = requestAnimationFrame(() => setState(next));
        if (!next.isWanted) return;
        clearTimeout(patience.current);
        setFailed(false);
      },
      failed: () => setFailed(true),
    });
    viewport.current = opened;
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(patience.current);
      viewport.current = null;
      opened.close();
    };
  }, []);

  const show = useCallback(
    (place: ImagePlace) => {
      const stack = stacks[place.stack];
      if (stack === undefined || viewport.current === null) return;
      viewport.current.show(stack, place.image).catch(() => setFailed(true));
      // Some faults of a codec are told to nobody; an image that comes later after all takes the word back.
      clearTimeout(patience.current);
      patience.current = setTimeout(() => setFailed(true), PATIENCE_MS);
    },
    [stacks],
  );

  const wanted = useRef(opening);
  useEffect(() => {
    wanted.current = opening;
  });
  useEffect(() => show(wanted.current), [show]);

  const selectTool = (next: LeftTool) => {
    viewport.current?.selectLeftTool(next);
    setTool(next);
  };
  return { element, viewport, state, failed, tool, show, selectTool };
}
