import { useSyncExternalStore } from 'react';
import { formatDecimal } from '../design/format.ts';
import { imageMemory } from './cornerstone-memory.ts';
import type { ImageStack } from './image-stacks.ts';
import { LoadingRuns } from './loading-bar.tsx';
import { MprPane } from './mpr-pane.tsx';
import { MPR_TEXT as T } from './mpr-text.ts';
import { MprToolbar } from './mpr-toolbar.tsx';
import { PLANES } from './planes.ts';
import { READING_TEXT } from './text.ts';
import type { MprStart } from './use-mpr.ts';
import { type PlanesControl, usePlanes } from './use-planes.ts';
import type { Vector } from './volume-geometry.ts';
import './mpr.css';

function describe([x, y, z]: Vector): string {
  // The patient's axes go to the left, to the back and to the head (PS3.3 C.7.6.2.1.1).
  const part = (value: number, positive: string, negative: string) =>
    T.millimetres(value >= 0 ? positive : negative, formatDecimal(Math.abs(value), 1));
  return T.place(part(x, 'L', 'R'), part(y, 'P', 'A'), part(z, 'H', 'F'));
}

/** Slices that could not be had: what is drawn in their place is none of the patient's. */
function Missing({ images }: Pick<ImageStack, 'images'>) {
  useSyncExternalStore(imageMemory.subscribe, imageMemory.version);
  const count = images.filter(({ imageId }) => imageMemory.hasFailed(imageId)).length;
  if (count === 0) return null;
  return (
    <strong role="alert" data-testid="mpr-missing">
      {T.missing(count)}
    </strong>
  );
}

/** The point with the value of its voxel, whatever the slab around it shows. */
function Place(props: { readonly planes: PlanesControl; readonly unit: string | null }) {
  const { view, window, failed } = props.planes;
  const open = view.current;
  if (failed !== null) return <strong role="alert">{T.failed[failed]}</strong>;
  const value = open?.valueAtPoint() ?? null;
  const decimals = value !== null && Number.isInteger(value) ? 0 : 2;
  return (
    <>
      {open === null ? null : <span>{describe(open.point)}</span>}
      {value === null ? null : (
        <span data-testid="mpr-value">
          {formatDecimal(value, decimals)} {props.unit ?? READING_TEXT.noUnit}
        </span>
      )}
      <span data-testid="mpr-window">
        {T.window(String(Math.round(window.width)), String(Math.round(window.center)))}
      </span>
    </>
  );
}

/** A volume in three planes through one point, above the slices. No mark of the AI is drawn here. */
export function MprView(props: { readonly start: MprStart; readonly onLeave: () => void }) {
  const { stack, index } = props.start;
  const planes = usePlanes(props.start);
  const ready = PLANES.every((plane) => planes.states[plane] !== undefined);
  const point = planes.view.current?.point;
  return (
    <section className="mpr" aria-label={T.region} data-testid="mpr" data-ready={ready}>
      <MprToolbar planes={planes} onLeave={props.onLeave} />
      <div className="mpr-panes">
        {PLANES.map((plane) => (
          <MprPane key={plane} plane={plane} planes={planes} />
        ))}
      </div>
      <p className="mpr-place" data-testid="mpr-place" data-point={point?.join(',')}>
        {ready || planes.failed !== null ? (
          <Place planes={planes} unit={stack.images[index]?.unit ?? null} />
        ) : null}
        <Missing images={stack.images} />
        <span className="second small">{T.hint}</span>
      </p>
      <LoadingRuns images={stack.images} index={index} />
    </section>
  );
}
