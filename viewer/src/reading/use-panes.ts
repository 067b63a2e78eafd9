import { type RefCallback, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import type { ImageViewport } from './cornerstone.ts';
import type { LeftTool } from './cornerstone-tools.ts';
import {
  fitLayout,
  type Hanging,
  hang,
  type Layout,
  openingOf,
  PANES_OF,
  paneFor,
  placesIn,
} from './hanging.ts';
import type { ImagePlace, ImageStack, StackImage } from './image-stacks.ts';
import { rememberedLayout, rememberLayout } from './layout-store.ts';
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
  readonly attach: RefCallback<HTMLDivElement>;
  readonly stacks: readonly ImageStack[];
  /** The image on the screen. */
  readonly image: StackImage | null;
}

export interface PanesControl {
  readonly layout: Layout;
  /** Those on the screen, from the left and from above. */
  readonly panes: readonly PaneControl[];
  readonly active: PaneControl;
  /** The active pane has the whole room. */
  readonly enlarged: boolean;
  readonly activate: (slot: number) => void;
  readonly step: () => void;
  readonly setLayout: (layout: Layout) => void;
  readonly toggleEnlarged: () => void;
  /** Shows an image in the pane that has its series already, else in the active one. */
  readonly showAnywhere: (place: ImagePlace) => void;
}

interface Arrangement {
  readonly layout: Layout;
  readonly active: number;
  readonly enlarged: boolean;
}

const SLOTS = [0, 1, 2, 3] as const;

function placeOf(stacks: readonly ImageStack[], { state }: PaneView): ImagePlace | null {
  const stack = state === null ? -1 : stacks.indexOf(state.stack);
  return state === null || stack < 0 ? null : { stack, image: state.index };
}

/** The four viewports that a room may have, each with what is drawn in it. */
function usePaneHosts() {
  const [views, setViews] = useState<readonly PaneView[]>(() => SLOTS.map(() => EMPTY_VIEW));
  const [hosts] = useState(() =>
    SLOTS.map(
      (slot) =>
        new PaneHost((change) =>
          setViews((before) => before.with(slot, { ...(before[slot] ?? EMPTY_VIEW), ...change })),
        ),
    ),
  );
  return { views, hosts };
}

/** What hangs next in a pane that is new: the first image of the hanging that is not on the screen yet. */
function nextPlaces(hanging: Hanging, shown: readonly (ImagePlace | null)[], count: number) {
  const places = [...shown];
  for (let slot = 0; slot < count; slot += 1) {
    if (places[slot] != null) continue;
    const free = hanging.places.find(
      (place) =>
        place !== null &&
        !places.some((each) => each?.stack === place.stack && each.image === place.image),
    );
    places[slot] = free ?? null;
  }
  return places.slice(0, count);
}

/** Hangs a study in panes: it opens as its modality and its reader's last choice want, the highest finding in sight. */
export function usePanes(study: StudyDetail, stacks: readonly ImageStack[]): PanesControl {
  const { modality, findings } = study;
  const { views, hosts } = usePaneHosts();
  const [tool, setTool] = useState<LeftTool>('window');
  const hanging = useMemo(() => hang(stacks, modality), [stacks, modality]);
  const opening = () => {
    const layout = fitLayout(hanging, rememberedLayout(localStorage, modality));
    return { layout, ...openingOf(placesIn(hanging, layout), stacks, findings) };
  };
  const [arrangement, setArrangement] = useState<Arrangement>(() => {
    const { layout, active } = opening();
    return { layout, active, enlarged: false };
  });
  const { layout, active, enlarged } = arrangement;
  const arrange = (change: Partial<Arrangement>) =>
    setArrangement((before) => ({ ...before, ...change }));

  const showIn = (slot: number, place: ImagePlace | null) => {
    const stack = place === null ? undefined : stacks[place.stack];
    if (place !== null && stack !== undefined) hosts[slot]?.show(stack, place.image);
  };
  const hangAnew = useRef(() => {});
  useEffect(() => {
    hangAnew.current = () => {
      const hung = openingOf(placesIn(hanging, layout), stacks, findings);
      for (const [slot, place] of hung.places.entries()) showIn(slot, place);
      arrange({ active: hung.active });
    };
  });
  // The same images may come again with more beside them: what is shown must be of the stacks that are known now.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it hangs when there are other stacks, and only then
  useEffect(() => hangAnew.current(), [stacks]);

  const selectTool = (next: LeftTool) => {
    hosts[active]?.viewport.current?.selectLeftTool(next);
    setTool(next);
  };
  const controlOf = (host: PaneHost, slot: number): PaneControl => {
    const view = views[slot] ?? EMPTY_VIEW;
    const { attach, viewport } = host;
    const image = view.state?.stack.images[view.state.index] ?? null;
    const show = (place: ImagePlace) => showIn(slot, place);
    return { ...view, slot, attach, viewport, stacks, image, tool, show, selectTool };
  };
  const panes = hosts.slice(0, PANES_OF[layout]).map(controlOf);
  const activePane = panes[active] ?? panes[0];
  if (activePane === undefined) throw new Error('a room without a pane');
  const shown = panes.map((pane) => placeOf(stacks, pane));
  return {
    layout,
    panes,
    active: activePane,
    enlarged,
    activate: (slot) => arrange({ active: slot }),
    step: () => arrange({ active: (active + 1) % panes.length }),
    toggleEnlarged: () => arrange({ enlarged: !enlarged && panes.length > 1 }),
    setLayout: (next) => {
      rememberLayout(localStorage, modality, next);
      const count = PANES_OF[next];
      // What is looked at stays in sight.
      const kept = active < count ? shown : [shown[active] ?? null, ...shown.slice(1)];
      const places = nextPlaces(hanging, kept.slice(0, count), count);
      for (const [slot, place] of places.entries()) showIn(slot, place);
      arrange({ layout: next, active: active < count ? active : 0, enlarged: false });
    },
    showAnywhere: (place) => {
      const slot = paneFor(shown, place) ?? active;
      showIn(slot, place);
      arrange({ active: slot });
    },
  };
}
