import { type RefCallback, type RefObject, useEffect, useMemo, useState } from 'react';
import type { ImageViewport } from './cornerstone.ts';
import type { LeftTool } from './cornerstone-tools.ts';
import type { ImagePlace, ImageStack, StackImage } from './image-stacks.ts';
import { EMPTY_VIEW, PaneHost, type PaneView } from './pane-host.ts';

/** What keys and tools act on: one pane. */
export interface ViewportControl extends PaneView {
  readonly viewport: RefObject<ImageViewport | null>;
  readonly tool: LeftTool;
  /** Shows an image of the stacks that belong to this pane. */
  readonly show: (place: ImagePlace) => void;
  readonly selectTool: (tool: LeftTool) => void;
}

export interface PaneControl extends ViewportControl {
  readonly slot: number;
  /** It shows a prior: nothing here is judged, and no mark is drawn. */
  readonly isPrior: boolean;
  readonly attach: RefCallback<HTMLDivElement>;
  readonly stacks: readonly ImageStack[];
  /** The image on the screen. */
  readonly image: StackImage | null;
}

/** The images of the prior that stands beside the study; `stacks` is null until they are known. */
export interface PriorImages {
  readonly uid: string;
  readonly modality: string | null;
  readonly stacks: readonly ImageStack[] | null;
}

const SLOTS = [0, 1, 2, 3] as const;
/** Behind the panes of the study. */
export const PRIOR_SLOT = 4;
const NONE: readonly ImageStack[] = [];

export function placeOf({ stacks, state }: PaneControl): ImagePlace | null {
  const stack = state === null ? -1 : stacks.indexOf(state.stack);
  return state === null || stack < 0 ? null : { stack, image: state.index };
}

/** The four panes that a study may have and that of its prior, which comes last; seen or not. */
export function usePaneHosts(
  stacks: readonly ImageStack[],
  prior: PriorImages | null,
): readonly PaneControl[] {
  const [views, setViews] = useState<readonly PaneView[]>(() =>
    [...SLOTS, PRIOR_SLOT].map(() => EMPTY_VIEW),
  );
  const [tool, setTool] = useState<LeftTool>('window');
  const [change] = useState(
    () => (slot: number) => (part: Partial<PaneView>) =>
      setViews((before) => before.with(slot, { ...(before[slot] ?? EMPTY_VIEW), ...part })),
  );
  const [hosts] = useState(() => SLOTS.map((slot) => new PaneHost(change(slot))));
  const priorUid = prior?.uid ?? null;
  // Each prior has a host of its own: an image of one never stands under the date of another.
  const priorHost = useMemo(() => {
    void priorUid;
    return new PaneHost(change(PRIOR_SLOT));
  }, [priorUid, change]);
  useEffect(() => {
    void priorUid;
    change(PRIOR_SLOT)(EMPTY_VIEW);
  }, [priorUid, change]);
  return [...hosts, priorHost].map((host, slot): PaneControl => {
    const isPrior = slot === PRIOR_SLOT;
    const own = isPrior ? (prior?.stacks ?? NONE) : stacks;
    const view = views[slot] ?? EMPTY_VIEW;
    const isForeign = isPrior && view.state !== null && !own.includes(view.state.stack);
    const { attach, viewport } = host;
    const shown = isForeign ? EMPTY_VIEW : view;
    return {
      ...shown,
      ...{ slot, isPrior, attach, viewport, tool, stacks: own },
      image: shown.state?.stack.images[shown.state.index] ?? null,
      show: (place) => {
        const stack = own[place.stack];
        if (stack !== undefined) host.show(stack, place.image);
      },
      selectTool: (next) => {
        viewport.current?.selectLeftTool(next);
        setTool(next);
      },
    };
  });
}
