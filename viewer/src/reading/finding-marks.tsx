import { type PointerEvent, useRef, useState } from 'react';
import type { Box } from '#core/finding.ts';
import { formatScore } from '../design/format.ts';
import {
  type Affine,
  boxCorners,
  boxFromDrag,
  CORNERS,
  dragBox,
  type Grip,
  type Point,
} from './geometry.ts';
import type { StackImage } from './image-stacks.ts';
import type { Mark, MarkState } from './marks.ts';
import type { Judging } from './use-judging.ts';
import type { ViewportControl } from './use-pane-hosts.ts';

export const STATE_GLYPHS: Readonly<Record<MarkState, string>> = {
  open: '○',
  confirm: '✓',
  reject: '✕',
  amend: '✎',
  add: '+',
};

const toPoints = (corners: readonly Point[]) => corners.map((point) => point.join(',')).join(' ');

/** The upper left of what is seen, whatever flips and rotations: there the label stands. */
function labelPlace(corners: readonly Point[]): Point {
  return [
    Math.min(...corners.map(([x]) => x)),
    Math.max(16, Math.min(...corners.map(([, y]) => y))),
  ];
}

function BoxMark(props: {
  readonly mark: Mark;
  readonly box: Box;
  readonly affine: Affine;
  readonly selected: boolean;
}) {
  const { mark } = props;
  const corners = boxCorners(props.affine, props.box);
  const [x, y] = labelPlace(corners);
  const score = mark.score === null ? '' : ` ${formatScore(mark.score)}`;
  const words = `${STATE_GLYPHS[mark.state]} ${mark.label}${score}`;
  return (
    <g className="mark" data-state={mark.state} data-selected={props.selected} data-mark={mark.id}>
      {mark.originalBox === null ? null : (
        <polygon
          className="mark-original"
          points={toPoints(boxCorners(props.affine, mark.originalBox))}
        />
      )}
      <polygon className="mark-halo" points={toPoints(corners)} />
      <polygon className="mark-line" points={toPoints(corners)} />
      <text x={x + 1} y={y - 5}>
        {words}
      </text>
    </g>
  );
}

interface Drag {
  readonly grip: Grip | 'new';
  readonly from: Point;
  readonly to: Point;
}

/** The box as the drag leaves it; null while it is too small to be one. */
function boxOfDrag(drag: Drag, start: Box | null, image: StackImage): Box | null {
  if (drag.grip === 'new' || start === null) return boxFromDrag(drag.from, drag.to, image);
  return dragBox(start, drag.grip, [drag.to[0] - drag.from[0], drag.to[1] - drag.from[1]], image);
}

function Handles(props: {
  readonly box: Box;
  readonly affine: Affine;
  readonly onGrip: (grip: Grip, event: PointerEvent<SVGElement>) => void;
}) {
  const corners = boxCorners(props.affine, props.box);
  return (
    <>
      <polygon
        className="mark-body"
        points={toPoints(corners)}
        onPointerDown={(event) => props.onGrip('move', event)}
      />
      {CORNERS.map((corner, place) => (
        <circle
          key={corner}
          className="mark-handle"
          cx={corners[place]?.[0]}
          cy={corners[place]?.[1]}
          r={7}
          onPointerDown={(event) => props.onGrip(corner, event)}
        />
      ))}
    </>
  );
}

/** Boxes over the image, in source pixels; while a box is drawn or amended, drags belong to it. */
export function FindingMarks(props: {
  readonly view: ViewportControl;
  readonly image: StackImage | null;
  readonly judging: Judging;
  readonly shown: boolean;
}) {
  const { image, judging } = props;
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const affine = props.view.state?.toCanvas ?? null;
  if (image === null || affine === null) return null;
  const here = judging.marks.filter(
    (mark) => mark.sopInstanceUid === image.sopInstanceUid && (mark.frame ?? 1) === image.frame,
  );
  const { editing } = judging;
  const edited =
    editing?.kind === 'amend' ? here.find((mark) => mark.id === editing.id) : undefined;
  const start = edited?.box ?? null;
  const dragged = drag === null ? null : boxOfDrag(drag, start, image);

  const sourceOf = (event: PointerEvent): Point | null => {
    const area = svg.current?.getBoundingClientRect();
    if (area === undefined) return null;
    const at: Point = [event.clientX - area.left, event.clientY - area.top];
    return props.view.viewport.current?.toSource(at) ?? null;
  };
  const begin = (grip: Drag['grip'], event: PointerEvent<SVGElement>) => {
    const from = sourceOf(event);
    if (editing === null || from === null || event.button !== 0) return;
    event.stopPropagation();
    event.preventDefault();
    svg.current?.setPointerCapture(event.pointerId);
    setDrag({ grip, from, to: from });
  };
  const move = (event: PointerEvent) => {
    const to = drag === null ? null : sourceOf(event);
    if (drag !== null && to !== null) setDrag({ ...drag, to });
  };
  const end = () => {
    if (dragged !== null) judging.setBox(dragged);
    setDrag(null);
  };
  return (
    <svg
      ref={svg}
      className="marks"
      data-testid="finding-marks"
      data-editing={editing !== null}
      aria-hidden="true"
      onPointerDown={(event) => begin('new', event)}
      onPointerMove={move}
      onPointerUp={end}
      onPointerCancel={() => setDrag(null)}
    >
      {(props.shown || editing !== null) &&
        here.map((mark) => {
          const box = mark.id === edited?.id && dragged !== null ? dragged : mark.box;
          return box === null ? null : (
            <BoxMark
              key={mark.id}
              mark={mark}
              box={box}
              affine={affine}
              selected={mark.id === judging.selected?.id}
            />
          );
        })}
      {editing?.kind === 'add' && dragged !== null ? (
        <polygon className="mark-new" points={toPoints(boxCorners(affine, dragged))} />
      ) : null}
      {start === null ? null : <Handles box={dragged ?? start} affine={affine} onGrip={begin} />}
    </svg>
  );
}
