import type { PointerEvent, RefObject } from 'react';
import { useEffect, useRef } from 'react';
import type { Plane, PlaneState, VolumeView } from './cornerstone-volume.ts';
import type { Point } from './geometry.ts';
import { MPR_TEXT as T } from './mpr-text.ts';
import { directionsOfCosines } from './orientation.ts';
import type { Window } from './window-presets.ts';

/** The cross leaves its middle free: what it points at is to be seen, pixels of the screen. */
const GAP = 14;
const FAR = 10_000;
/** Of the window for each pixel dragged: width and level. */
const WINDOW_PACE = 2;

interface MprPaneProps {
  readonly plane: Plane;
  readonly state: PlaneState | null;
  readonly hold: (element: HTMLDivElement | null) => void;
  readonly view: RefObject<VolumeView | null>;
  readonly window: Window;
  readonly onWindow: (window: Window) => void;
}

function Cross({ point: [x, y] }: { readonly point: Point }) {
  return (
    <svg className="mpr-cross" aria-hidden="true">
      <line x1={x - FAR} y1={y} x2={x - GAP} y2={y} />
      <line x1={x + GAP} y1={y} x2={x + FAR} y2={y} />
      <line x1={x} y1={y - FAR} x2={x} y2={y - GAP} />
      <line x1={x} y1={y + GAP} x2={x} y2={y + FAR} />
    </svg>
  );
}

function Letters({ state: { right, down } }: { readonly state: PlaneState }) {
  const ways = directionsOfCosines([...right, ...down]);
  const back = directionsOfCosines([...right, ...down].map((cosine) => -cosine));
  if (ways === null || back === null) return null;
  const letters = { right: ways.right, left: back.right, bottom: ways.down, top: back.down };
  return Object.entries(letters).map(([edge, letter]) => (
    <span key={edge} className="edge-letters" data-edge={edge}>
      {letter}
    </span>
  ));
}

/** One plane of the volume, with the cross at the point that all three share. */
export function MprPane(props: MprPaneProps) {
  const { plane, state, view } = props;
  const pane = useRef<HTMLDivElement>(null);
  const dragged = useRef<Point | null>(null);
  useEffect(() => {
    const element = pane.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      view.current?.step(plane, Math.sign(event.deltaY));
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [plane, view]);
  const placeOf = (event: PointerEvent): Point => {
    const { left = 0, top = 0 } = pane.current?.getBoundingClientRect() ?? {};
    return [event.clientX - left, event.clientY - top];
  };
  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    if ((event.buttons & 1) === 0) return;
    const place = placeOf(event);
    const before = dragged.current ?? place;
    dragged.current = place;
    if (!event.shiftKey) {
      view.current?.goToCanvas(plane, place);
      return;
    }
    const { width, center } = props.window;
    props.onWindow({
      width: Math.max(1, width + (place[0] - before[0]) * WINDOW_PACE),
      center: center + (place[1] - before[1]) * WINDOW_PACE,
    });
  };
  return (
    <div
      ref={pane}
      className="mpr-pane"
      data-plane={plane}
      data-testid={`mpr-${plane}`}
      onPointerDown={(event) => {
        dragged.current = null;
        onPointer(event);
      }}
      onPointerMove={onPointer}
    >
      <div ref={props.hold} className="mpr-image" />
      {state === null ? null : (
        <>
          <Cross point={state.point} />
          <Letters state={state} />
        </>
      )}
      <span className="mpr-name">{T.planes[plane]}</span>
    </div>
  );
}
