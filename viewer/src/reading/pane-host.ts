import { ImageViewport, type ViewportState } from './cornerstone.ts';
import type { ImageStack } from './image-stacks.ts';

const PATIENCE_MS = 20_000;

export interface PaneView {
  /** What is drawn; null until the first image is on the screen. */
  readonly state: ViewportState | null;
  /** The image asked for could not be drawn: what is on the screen is another, and must be covered. */
  readonly failed: boolean;
  /** What is to be seen here, drawn or not; null while that is nothing. */
  readonly asked: ImageStack | null;
}

export const EMPTY_VIEW: PaneView = { state: null, failed: false, asked: null };

/** One pane's viewport, from the time its element stands; what was asked for before that is shown then. */
export class PaneHost {
  readonly viewport: { current: ImageViewport | null } = { current: null };
  readonly #changed: (change: Partial<PaneView>) => void;
  #wanted: { readonly stack: ImageStack; readonly image: number } | null = null;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #frame = 0;

  constructor(changed: (change: Partial<PaneView>) => void) {
    this.#changed = changed;
  }

  /** For React's `ref`: opens the viewport, and gives what closes it. */
  readonly attach = (element: HTMLDivElement | null) => {
    if (element === null) return;
    const opened = new ImageViewport(element, {
      rendered: (state) => {
        cancelAnimationFrame(this.#frame);
        // After the frame that paints the image: what says "ready" must not run ahead of what is seen.
        this.#frame = requestAnimationFrame(() => this.#changed({ state }));
        if (!state.isWanted) return;
        this.#wanted = { stack: state.stack, image: state.index };
        clearTimeout(this.#patience);
        this.#changed({ failed: false });
      },
      failed: () => this.#changed({ failed: true }),
    });
    this.viewport.current = opened;
    if (this.#wanted !== null) this.show(this.#wanted.stack, this.#wanted.image);
    return () => {
      cancelAnimationFrame(this.#frame);
      clearTimeout(this.#patience);
      this.viewport.current = null;
      opened.close();
      this.#changed({ state: null, failed: false });
    };
  };

  show(stack: ImageStack, image: number): void {
    this.#wanted = { stack, image };
    this.#changed({ asked: stack });
    const viewport = this.viewport.current;
    if (viewport === null) return;
    const fail = () => {
      const isWanted = this.#wanted?.stack === stack && this.#wanted.image === image;
      if (this.viewport.current === viewport && isWanted) this.#changed({ failed: true });
    };
    viewport.show(stack, image).catch(fail);
    // Some faults of a codec are told to nobody; an image that comes later after all takes the word back.
    clearTimeout(this.#patience);
    this.#patience = setTimeout(fail, PATIENCE_MS);
  }
}
