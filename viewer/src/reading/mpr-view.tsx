import { useEffect, useRef, useState } from 'react';
import { formatDecimal } from '../design/format.ts';
import { useKeys } from '../design/keyboard.ts';
import { PLANES, type Plane, type PlaneState, VolumeView } from './cornerstone-volume.ts';
import { LoadingRuns } from './loading-bar.tsx';
import { MprPane } from './mpr-pane.tsx';
import { MPR_TEXT as T } from './mpr-text.ts';
import type { MprStart } from './use-mpr.ts';
import type { Vector } from './volume-geometry.ts';
import { presetsFor, type Window } from './window-presets.ts';
import './mpr.css';

const FIRST_WINDOW: Window = { center: 40, width: 400 };

function describe([x, y, z]: Vector): string {
  // The patient's axes go to the left, to the back and to the head (PS3.3 C.7.6.2.1.1).
  const part = (value: number, positive: string, negative: string) =>
    T.millimetres(value >= 0 ? positive : negative, formatDecimal(Math.abs(value), 1));
  return T.place(part(x, 'L', 'R'), part(y, 'P', 'A'), part(z, 'H', 'F'));
}

/** By keys each plane goes through its slices, as by the wheel. */
const STEPS: Readonly<Record<string, readonly [plane: Plane, slices: 1 | -1]>> = {
  ArrowUp: ['axial', -1],
  ArrowDown: ['axial', 1],
  ArrowLeft: ['sagittal', -1],
  ArrowRight: ['sagittal', 1],
  PageUp: ['coronal', -1],
  PageDown: ['coronal', 1],
};

/** A volume in three planes through one point, above the slices. No mark of the AI is drawn here. */
export function MprView({ start }: { readonly start: MprStart }) {
  const elements = useRef<Partial<Record<Plane, HTMLDivElement>>>({});
  const view = useRef<VolumeView | null>(null);
  const [states, setStates] = useState<Partial<Record<Plane, PlaneState>>>({});
  const [failed, setFailed] = useState<'made' | 'lost' | null>(null);
  const [window, setWindow] = useState(start.window ?? FIRST_WINDOW);
  const opened = useRef(window);
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
      open.open(opened.current).catch(() => setFailed('made'));
    } catch {
      setFailed('made');
    }
    return () => {
      view.current = null;
      open?.close();
    };
  }, [start]);
  const change = (next: Window) => {
    setWindow(next);
    view.current?.setWindow(next);
  };
  useKeys((event) => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      event.preventDefault();
      view.current?.step(...step);
    }
    if (!/^[1-5]$/.test(event.key)) return;
    const preset = presetsFor(start.stack.modality, opened.current)[Number(event.key) - 1];
    if (preset !== undefined) change(preset.window);
  });
  const ready = PLANES.every((plane) => states[plane] !== undefined);
  const point = view.current?.point;
  return (
    <section className="mpr" aria-label={T.region} data-testid="mpr" data-ready={ready}>
      {PLANES.map((plane) => (
        <MprPane
          key={plane}
          plane={plane}
          state={states[plane] ?? null}
          hold={(element) => {
            if (element !== null) elements.current[plane] = element;
          }}
          view={view}
          window={window}
          onWindow={change}
        />
      ))}
      <p className="mpr-place" data-testid="mpr-place" data-point={point?.join(',')}>
        {failed === null ? null : <span role="alert">{T.failed[failed]}</span>}
        {failed === null && point !== undefined && ready ? describe(point) : null}
        <span className="second small">
          {T.window(String(Math.round(window.width)), String(Math.round(window.center)))}. {T.hint}
        </span>
      </p>
      <LoadingRuns images={start.stack.images} index={start.index} />
    </section>
  );
}
