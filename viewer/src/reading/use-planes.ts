import { type RefObject, useEffect, useRef, useState } from 'react';
import { useKeys } from '../design/keyboard.ts';
import { VolumeView } from './cornerstone-volume.ts';
import { type PlaneAction, planeActionOfKey } from './plane-keys.ts';
import {
  following,
  PLANES,
  type Plane,
  type PlaneState,
  type PlaneTool,
  PROJECTIONS,
  type Slab,
  THICKNESSES,
  THIN,
} from './planes.ts';
import type { MprStart } from './use-mpr.ts';
import { presetsFor, type Window, type WindowPreset } from './window-presets.ts';

const FIRST_WINDOW: Window = { center: 40, width: 400 };

interface Look {
  readonly window: Window;
  readonly slab: Slab;
  readonly inverted: boolean;
  readonly tool: PlaneTool;
  readonly active: Plane;
  readonly enlarged: boolean;
}

export interface PlanesControl extends Look {
  readonly view: RefObject<VolumeView | null>;
  readonly states: Readonly<Partial<Record<Plane, PlaneState>>>;
  /** Why nothing is drawn; null while all is well. */
  readonly failed: 'made' | 'lost' | null;
  readonly presets: readonly WindowPreset[];
  readonly hold: (plane: Plane, element: HTMLDivElement | null) => void;
  readonly activate: (plane: Plane) => void;
  readonly act: (action: PlaneAction) => void;
}

/** What an action makes of how the planes look. */
function change(
  look: Look,
  action: PlaneAction,
  { first, presets }: { readonly first: Window; readonly presets: readonly WindowPreset[] },
): Look {
  const { slab } = look;
  switch (action.type) {
    case 'next-plane':
      return { ...look, active: following(PLANES, look.active) };
    case 'enlarge':
      return { ...look, enlarged: !look.enlarged };
    case 'tool':
      return { ...look, tool: look.tool === action.tool ? 'cross' : action.tool };
    case 'window':
      return { ...look, window: action.window };
    case 'preset':
      return { ...look, window: presets[action.number - 1]?.window ?? look.window };
    case 'invert':
      return { ...look, inverted: !look.inverted };
    case 'thickness': {
      const { thickness } = action;
      const next = thickness === 'next' ? following(THICKNESSES, slab.thickness) : thickness;
      return { ...look, slab: { ...slab, thickness: next } };
    }
    case 'projection': {
      const { projection } = action;
      const next = projection === 'next' ? following(PROJECTIONS, slab.projection) : projection;
      return { ...look, slab: { ...slab, projection: next } };
    }
    case 'reset':
      return { ...look, window: first, slab: THIN, inverted: false };
    default:
      return look;
  }
}

/** Brings the volume on the screen to how it is to look. */
function show(view: VolumeView, before: Look, after: Look): void {
  if (after.window !== before.window) view.setWindow(after.window);
  if (after.inverted !== before.inverted) view.setInverted(after.inverted);
  if (after.slab !== before.slab) view.setSlab(after.slab);
  if (after.tool !== before.tool) view.selectTool(after.tool);
}

function move(view: VolumeView, action: PlaneAction, active: Plane): void {
  if (action.type === 'step') view.step(active, action.slices);
  if (action.type === 'zoom') view.zoom(active, action.factor);
  if (action.type === 'fit' || action.type === 'reset') view.fit();
  if (action.type === 'forget-lengths') view.forgetLengths();
}

/** The three planes of a series, from when they are opened until they are left. Its keys take the place of the slices'. */
export function usePlanes(start: MprStart): PlanesControl {
  const elements = useRef<Partial<Record<Plane, HTMLDivElement>>>({});
  const view = useRef<VolumeView | null>(null);
  const [first] = useState(start.window ?? FIRST_WINDOW);
  const [states, setStates] = useState<Partial<Record<Plane, PlaneState>>>({});
  const [failed, setFailed] = useState<'made' | 'lost' | null>(null);
  const [look, setLook] = useState<Look>({
    ...{ window: first, slab: THIN, inverted: false },
    ...{ tool: 'cross', active: 'axial', enlarged: false },
  });
  useEffect(() => {
    const { axial, coronal, sagittal } = elements.current;
    if (axial === undefined || coronal === undefined || sagittal === undefined) return;
    let open: VolumeView | null = null;
    try {
      open = new VolumeView({ axial, coronal, sagittal }, start, {
        rendered: (plane, state) => setStates((before) => ({ ...before, [plane]: state })),
        lost: () => setFailed('lost'),
      });
      view.current = open;
      open.open(first).catch(() => setFailed('made'));
    } catch {
      setFailed('made');
    }
    return () => {
      view.current = null;
      open?.close();
    };
  }, [start, first]);
  const presets = presetsFor(start.stack.modality, first);
  // Keys come faster than the page is drawn: each goes on from what the one before has made.
  const latest = useRef(look);
  const adopt = (next: Look) => {
    latest.current = next;
    setLook(next);
  };
  const act = (action: PlaneAction) => {
    if (view.current === null || !view.current.isOpen) return;
    const before = latest.current;
    const after = change(before, action, { first, presets });
    show(view.current, before, after);
    move(view.current, action, after.active);
    if (after !== before) adopt(after);
  };
  useKeys((event) => {
    const action = planeActionOfKey(event.key);
    if (action === null) return;
    event.preventDefault();
    act(action);
  });
  return {
    ...look,
    ...{ view, states, failed, presets, act },
    hold: (plane, element) => {
      if (element !== null) elements.current[plane] = element;
    },
    activate: (plane) => {
      if (plane !== latest.current.active) adopt({ ...latest.current, active: plane });
    },
  };
}
