import { useEffect, useMemo, useRef, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import {
  fillPlaces,
  fitLayout,
  hang,
  type Layout,
  openingOf,
  PANES_OF,
  paneFor,
  placesIn,
} from './hanging.ts';
import type { ImagePlace, ImageStack } from './image-stacks.ts';
import { rememberedLayout, rememberLayout } from './layout-store.ts';
import { scaleOfBoth } from './placement.ts';
import { counterpart } from './prior-choice.ts';
import {
  type PaneControl,
  PRIOR_SLOT,
  type PriorImages,
  placeOf,
  usePaneHosts,
} from './use-pane-hosts.ts';

export interface PanesControl {
  readonly layout: Layout;
  /** Those on the screen, from the left and from above; the prior's last. */
  readonly panes: readonly PaneControl[];
  /** What keys and tools act on. */
  readonly active: PaneControl;
  /** What verdicts and series are about: the active pane, or, while that shows a prior, one of the study. */
  readonly judged: PaneControl;
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

type Places = readonly (ImagePlace | null)[];

/** Calls `hangAnew` when there are other stacks, and only then. */
function useWhenOther(stacks: unknown, hangAnew: () => void): void {
  const latest = useRef(hangAnew);
  useEffect(() => {
    latest.current = hangAnew;
  });
  useEffect(() => {
    void stacks;
    latest.current();
  }, [stacks]);
}

function showAll(controls: readonly PaneControl[], places: Places): void {
  for (const [slot, place] of places.entries()) {
    if (place !== null) controls[slot]?.show(place);
  }
}

/** Shows the prior's image that is to be compared with the one that is looked at. */
function showPrior(
  from: PaneControl,
  to: PaneControl | undefined,
  prior: PriorImages | null,
): void {
  if (prior?.stacks == null || to === undefined) return;
  const { image, state } = from;
  const current =
    image === null || state === null
      ? null
      : { image, index: state.index, count: state.stack.images.length };
  to.show(counterpart(current, prior.stacks, prior.modality));
}

/** Mammograms and those of a prior beside them have one scale, unless one of them has the whole room. */
function useScaleOfBoth({ panes, enlarged }: Pick<PanesControl, 'panes' | 'enlarged'>): void {
  // Whatever was drawn since may have changed it: the size of a pane, another image, a quarter turn.
  useEffect(() => {
    const scalesOf = (isPrior: boolean) =>
      panes
        .filter((pane) => pane.isPrior === isPrior)
        .map(
          ({ state, viewport }) => (state === null ? null : viewport.current?.ownScale()) ?? null,
        );
    const scale = enlarged ? null : scaleOfBoth(scalesOf(false), scalesOf(true)[0] ?? null);
    for (const { viewport } of panes) viewport.current?.shareScale(scale);
  });
}

/** Hangs a study in panes: it opens as its modality and its reader's last choice want, the highest finding in sight. */
export function usePanes(
  study: StudyDetail,
  stacks: readonly ImageStack[],
  prior: PriorImages | null,
): PanesControl {
  const { modality, findings } = study;
  const controls = usePaneHosts(stacks, prior);
  const hanging = useMemo(() => hang(stacks, modality), [stacks, modality]);
  const open = (layout: Layout) => openingOf(placesIn(hanging, layout), stacks, findings);
  const [{ layout, active, enlarged }, setArrangement] = useState<Arrangement>(() => {
    const first = fitLayout(hanging, rememberedLayout(localStorage, modality));
    return { layout: first, active: open(first).active, enlarged: false };
  });
  const arrange = (change: Partial<Arrangement>) =>
    setArrangement((before) => ({ ...before, ...change }));

  const own = controls.slice(0, PANES_OF[layout]);
  const panes = prior === null ? own : [...own, ...controls.slice(PRIOR_SLOT)];
  const activePane = panes.find((pane) => pane.slot === active) ?? panes[0];
  const judged = own.find((pane) => pane.slot === active) ?? own[0];
  if (activePane === undefined || judged === undefined) throw new Error('a room without a pane');
  const shown = own.map(placeOf);
  // The same images may come again with more beside them: what is shown must be of the stacks that are known now.
  useWhenOther(stacks, () => {
    const opening = open(layout);
    showAll(controls, opening.places);
    arrange({ active: opening.active });
  });
  // A prior that comes stands beside the study, and one that goes leaves the keys to it.
  useWhenOther(prior?.uid ?? null, () =>
    arrange({ enlarged: false, active: prior === null ? judged.slot : activePane.slot }),
  );
  useWhenOther(prior?.stacks ?? null, () => showPrior(judged, controls[PRIOR_SLOT], prior));
  const place = panes.indexOf(activePane);
  const isEnlarged = enlarged && panes.length > 1;
  useScaleOfBoth({ panes, enlarged: isEnlarged });
  return {
    ...{ layout, panes, active: activePane, judged },
    enlarged: isEnlarged,
    activate: (slot) => arrange({ active: slot }),
    step: () => arrange({ active: panes[(place + 1) % panes.length]?.slot ?? 0 }),
    toggleEnlarged: () => arrange({ enlarged: !enlarged }),
    setLayout: (next) => {
      rememberLayout(localStorage, modality, next);
      const count = PANES_OF[next];
      // What is looked at stays in sight.
      const isKept = judged.slot < count;
      const kept = isKept ? shown : [placeOf(judged), ...shown.slice(1)];
      showAll(controls, fillPlaces(hanging, kept, count));
      arrange({ layout: next, active: isKept ? activePane.slot : 0, enlarged: false });
    },
    showAnywhere: (wanted) => {
      const slot = paneFor(shown, wanted) ?? judged.slot;
      controls[slot]?.show(wanted);
      arrange({ active: slot });
    },
  };
}
