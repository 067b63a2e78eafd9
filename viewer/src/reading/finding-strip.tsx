import { type PointerEvent, useMemo, useRef, useState } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { formatScore } from '../design/format.ts';
import { type ColourMap, colourOf, cssColour } from './colour-maps.ts';
import type { ImageStack } from './image-stacks.ts';
import type { Mark } from './marks.ts';
import { OVERLAY_TEXT as T } from './overlay-text.ts';
import {
  imageAt,
  marksInStack,
  type PlacedMark,
  peakBars,
  peaksInStack,
} from './stack-findings.ts';
import { READING_TEXT } from './text.ts';

interface Hover {
  readonly image: number;
  /** CSS pixels from the strip's top. */
  readonly y: number;
}

interface Content {
  readonly placed: readonly PlacedMark[];
  readonly peaks: readonly (number | null)[];
}

const percent = (part: number, whole: number) => `${(part / whole) * 100}%`;

/** What is known of one image, in words. */
function wordsOf(image: number, { placed, peaks }: Content): string[] {
  const peak = peaks[image] ?? null;
  const marks = placed.filter((each) => each.image === image);
  return [
    T.sliceOf(image + 1, peaks.length),
    ...marks.map(({ mark }) => {
      const score = mark.score === null ? '' : ` ${formatScore(mark.score)}`;
      return `${mark.label}${score}, ${READING_TEXT.verdicts[mark.state]}`;
    }),
    ...(peak === null ? [] : [T.heatUpTo(formatScore(peak))]),
  ];
}

/** Bars grow from either side: findings from the left, as wide as their score; peaks of heatmaps from the right. */
function Bars({ content, colours }: { readonly content: Content; readonly colours: ColourMap }) {
  const { placed, peaks } = content;
  const count = peaks.length;
  return (
    <>
      {peakBars(peaks).map(({ from, to, peak }) => (
        <i
          key={from}
          className="strip-peak"
          style={{
            top: percent(from, count),
            height: percent(to - from, count),
            width: percent(Math.min(1, peak), 2),
            background: cssColour(colourOf(peak, colours)),
          }}
        />
      ))}
      {placed.map(({ mark, image }) => (
        <i
          key={mark.id}
          className="strip-finding"
          data-testid="strip-finding"
          data-state={mark.state}
          style={{
            top: percent(image + 0.5, count),
            // A reader's own mark has no score: it is as wide as there is room.
            width: percent(Math.max(0.2, mark.score ?? 1), 2),
          }}
        />
      ))}
    </>
  );
}

/** The whole stack beside its image: where findings and heat lie, and which slice is shown. Click and drag go there. */
export function FindingStrip(props: {
  readonly stack: ImageStack | null;
  /** Of the image that is shown, from 0. */
  readonly index: number;
  readonly marks: readonly Mark[];
  readonly heatmaps: StudyDetail['heatmaps'];
  readonly colours: ColourMap;
  readonly onJump: (image: number) => void;
}) {
  const { stack, index, marks, heatmaps } = props;
  const strip = useRef<HTMLDivElement>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const content = useMemo(
    () =>
      stack === null
        ? null
        : { placed: marksInStack(stack, marks), peaks: peaksInStack(stack, heatmaps) },
    [stack, marks, heatmaps],
  );
  // A thousand slices are scrolled through: what does not change is not made anew.
  const bars = useMemo(
    () => (content === null ? null : <Bars content={content} colours={props.colours} />),
    [content, props.colours],
  );
  if (content === null || content.peaks.length < 2) return null;
  const count = content.peaks.length;
  const hoverOf = (event: PointerEvent): Hover | null => {
    const area = strip.current?.getBoundingClientRect();
    if (area === undefined || area.height === 0) return null;
    const y = Math.max(0, Math.min(area.height, event.clientY - area.top));
    return { y, image: imageAt(y, { height: area.height, count }, content.placed) };
  };
  const follow = (event: PointerEvent) => {
    const at = hoverOf(event);
    setHover(at);
    if (at !== null && (event.buttons & 1) === 1 && at.image !== index) props.onJump(at.image);
  };
  return (
    <div
      ref={strip}
      className="finding-strip"
      data-testid="finding-strip"
      role="slider"
      tabIndex={0}
      aria-label={T.strip}
      aria-orientation="vertical"
      aria-valuemin={1}
      aria-valuemax={count}
      aria-valuenow={index + 1}
      aria-valuetext={wordsOf(index, content).join(', ')}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={follow}
      onPointerLeave={() => setHover(null)}
    >
      {bars}
      <i
        className="strip-shown"
        style={{ top: percent(index, count), height: percent(1, count) }}
      />
      {hover === null ? null : (
        <div
          className="strip-words"
          style={{ top: `clamp(34px, ${hover.y}px, 100% - 34px)` }}
          data-testid="strip-words"
        >
          {wordsOf(hover.image, content).map((words) => (
            <span key={words}>{words}</span>
          ))}
        </div>
      )}
    </div>
  );
}
