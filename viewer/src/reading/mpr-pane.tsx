import type { PointerEvent } from 'react';
import { useEffect, useRef } from 'react';
import type { Point } from './geometry.ts';
import { MPR_TEXT as T } from './mpr-text.ts';
import { directionsOfCosines } from './orientation.ts';
import { scaleBar } from './pixel-size.ts';
import type { Plane, PlaneState, Slab } from './planes.ts';
import { READING_TEXT } from './text.ts';
import type { PlanesControl } from './use-planes.ts';

/** The cross leaves its middle free: what it points at is to be seen, pixels of the screen. */
const GAP = 14;
const FAR = 10_000;
/** What a drag over so many pixels changes a window by: by its own width. */
const WINDOW_REACH = 200;

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

function Bearings({ state: { right, down, perMillimetre } }: { readonly state: PlaneState }) {
  const ways = directionsOfCosines([...right, ...down]);
  const back = directionsOfCosines([...right, ...down].map((cosine) => -cosine));
  const one = { row: 1, column: 1, of: 'patient', attribute: 'PixelSpacing' } as const;
  const bar = scaleBar(one, { a: perMillimetre, b: 0, c: 0, d: perMillimetre, e: 0, f: 0 });
  const letters =
    ways === null || back === null
      ? {}
      : { right: ways.right, left: back.right, bottom: ways.down, top: back.down };
  return (
    <>
      {Object.entries(letters).map(([edge, letter]) => (
        <span key={edge} className="edge-letters" data-edge={edge}>
          {letter}
        </span>
      ))}
      {bar === null ? null : (
        <div className="scale-bar" data-testid="scale-bar">
          <i style={{ width: `${bar.length}px` }} />
          <span>{READING_TEXT.millimetres(bar.millimetres)}</span>
        </div>
      )}
    </>
  );
}

function Name({ plane, slab }: { readonly plane: Plane; readonly slab: Slab }) {
  const { thickness, projection } = slab;
  return (
    <div className="mpr-name">
      <span>{T.planes[plane]}</span>
      {thickness === 0 ? null : (
        <span>{T.slabbed(T.thickness(thickness), T.projections[projection])}</span>
      )}
    </div>
  );
}

/** One plane of the volume, with the cross at the point that all three share. A press or the wheel frames it. */
export function MprPane(props: { readonly plane: Plane; readonly planes: PlanesControl }) {
  const { plane, planes } = props;
  const { act, active, slab, tool, view, window } = planes;
  const state = planes.states[plane] ?? null;
  const pane = useRef<HTMLElement>(null);
  /** Where the drag was last; null when it is none of ours. */
  const dragged = useRef<Point | null>(null);
  const activate = useRef(planes.activate);
  useEffect(() => {
    activate.current = planes.activate;
  });
  useEffect(() => {
    const element = pane.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      activate.current(plane);
      view.current?.step(plane, Math.sign(event.deltaY));
    };
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [plane, view]);
  const onPointer = (event: PointerEvent) => {
    const before = dragged.current;
    if ((event.buttons & 1) === 0 || before === null) return;
    const { left = 0, top = 0 } = pane.current?.getBoundingClientRect() ?? {};
    const place: Point = [event.clientX - left, event.clientY - top];
    dragged.current = place;
    if (tool !== 'window' && !event.shiftKey) {
      if (tool === 'cross') view.current?.goToCanvas(plane, place);
      return;
    }
    if (Number.isNaN(before[0])) return;
    const pace = Math.max(1, planes.presets[0]?.window.width ?? 0) / WINDOW_REACH;
    const width = Math.max(1, window.width + (place[0] - before[0]) * pace);
    const center = window.center + (place[1] - before[1]) * pace;
    act({ type: 'window', window: { width, center } });
  };
  return (
    <section
      ref={pane}
      className="mpr-pane"
      aria-label={T.planes[plane]}
      data-plane={plane}
      data-tool={tool}
      data-active={plane === active}
      data-enlarged={planes.enlarged && plane === active}
      data-hidden={planes.enlarged && plane !== active}
      data-testid={`mpr-${plane}`}
      onPointerDown={(event) => {
        planes.activate(plane);
        dragged.current = [Number.NaN, Number.NaN];
        onPointer(event);
      }}
      onPointerMove={onPointer}
      onDoubleClick={() => {
        if (tool !== 'length') act({ type: 'enlarge' });
      }}
    >
      <div ref={(element) => planes.hold(plane, element)} className="mpr-image" />
      {state === null ? null : (
        <>
          <Cross point={state.point} />
          <Bearings state={state} />
        </>
      )}
      <Name plane={plane} slab={slab} />
    </section>
  );
}
