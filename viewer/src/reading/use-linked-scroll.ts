import { useEffect, useRef, useState } from 'react';
import { type Link, linkedIndex, linkOf } from './slice-plane.ts';
import type { PaneControl } from './use-pane-hosts.ts';
import type { PanesControl } from './use-panes.ts';

export interface LinkedScroll {
  readonly on: boolean;
  /** The slots of the panes whose stacks can scroll together; none where there are not two. */
  readonly slots: readonly number[];
  readonly toggle: () => void;
}

const keyOf = (from: PaneControl, to: PaneControl) =>
  `${from.slot} ${from.state?.stack.seriesInstanceUid} ${to.slot} ${to.state?.stack.seriesInstanceUid}`;

function reversed(link: Link): Link {
  switch (link.by) {
    case 'place':
      return link;
    case 'length':
      return { by: 'length', millimetres: -link.millimetres };
    case 'count':
      return { by: 'count', images: -link.images };
  }
}

function slotsOf(panes: readonly PaneControl[]): number[] {
  const goTogether = (a: PaneControl, b: PaneControl) =>
    a !== b && a.state !== null && b.state !== null && linkOf(a.state, b.state) !== null;
  return panes.filter((a) => panes.some((b) => goTogether(a, b))).map(({ slot }) => slot);
}

/** While it is on, the stacks of the other panes follow the one that is scrolled, from where they stood. */
export function useLinkedScroll({ panes, active }: PanesControl): LinkedScroll {
  const [on, setOn] = useState(false);
  const links = useRef(new Map<string, Link | null>());
  const latest = useRef({ panes, active });
  useEffect(() => {
    latest.current = { panes, active };
  });
  const { slot, state } = active;
  const [stack, index] = [state?.stack ?? null, state?.index ?? null];
  useEffect(() => {
    if (!on) {
      links.current.clear();
      return;
    }
    const from = latest.current.active;
    if (stack === null || index === null || from.slot !== slot) return;
    for (const to of latest.current.panes) {
      if (to.slot === slot || to.state === null) continue;
      const known = links.current.get(keyOf(from, to));
      const back = links.current.get(keyOf(to, from));
      const link = known ?? (back ? reversed(back) : linkOf({ stack, index }, to.state));
      links.current.set(keyOf(from, to), link);
      if (link === null) continue;
      const image = linkedIndex({ stack, index }, to.state.stack, link);
      const wanted = to.viewport.current?.wantedIndex() ?? to.state.index;
      if (image !== wanted) to.show({ stack: to.stacks.indexOf(to.state.stack), image });
    }
  }, [on, slot, stack, index]);
  const slots = slotsOf(panes);
  return {
    on,
    slots,
    toggle: () => {
      if (on || slots.length > 0) setOn(!on);
    },
  };
}
