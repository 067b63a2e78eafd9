import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { StudyDetail } from '#contracts/study.ts';
import { Chip } from '../design/ui.tsx';
import { imageMemory } from './cornerstone-memory.ts';
import type { ImagePlace, ImageStack } from './image-stacks.ts';
import { RAIL_TEXT } from './rail-text.ts';
import { SeriesPicture } from './series-picture.tsx';
import { READING_TEXT as T } from './text.ts';

interface SeriesRailProps {
  readonly series: StudyDetail['series'];
  readonly stacks: readonly ImageStack[];
  readonly shown: ImageStack | null;
  readonly onShow: (place: ImagePlace) => void;
}

function SeriesButton(props: {
  readonly stack: ImageStack;
  readonly isShown: boolean;
  readonly mayLoad: boolean;
  readonly onShow: () => void;
}) {
  const { stack, isShown } = props;
  const button = useRef<HTMLButtonElement>(null);
  useSyncExternalStore(imageMemory.subscribe, imageMemory.version);
  useEffect(() => {
    if (isShown) button.current?.scrollIntoView({ block: 'nearest' });
  }, [isShown]);
  const { images } = stack;
  const failed = images.filter(({ imageId }) => imageMemory.hasFailed(imageId)).length;
  return (
    <button
      ref={button}
      type="button"
      className="rail-series"
      aria-current={isShown}
      data-testid="series"
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        props.onShow();
      }}
    >
      <SeriesPicture stack={stack} mayLoad={props.mayLoad} />
      <span className="rail-title">
        <Chip>{stack.modality ?? '?'}</Chip> {stack.title}
      </span>
      <span className="second small">{RAIL_TEXT.images(images.length)}</span>
      {failed === 0 ? null : (
        <span className="rail-trouble">{RAIL_TEXT.undrawnImages(failed, images.length)}</span>
      )}
    </button>
  );
}

/** Series that have images of which none can be drawn: they are named, so that nobody takes them for missing. */
function undrawnSeries({ series, stacks }: SeriesRailProps) {
  const drawn = new Set(stacks.map((stack) => stack.seriesInstanceUid));
  return series.filter(
    ({ seriesInstanceUid, instances }) =>
      !drawn.has(seriesInstanceUid) && instances.some(({ kind }) => kind === 'image'),
  );
}

/** The study's series, each with a small picture; the images come first, the pictures after them. */
export function SeriesRail(props: SeriesRailProps) {
  const [mayLoad, setMayLoad] = useState(false);
  if (!mayLoad && props.shown !== null) setMayLoad(true);
  return (
    <nav className="rail" aria-label={T.series}>
      {props.stacks.map((stack, place) => (
        <SeriesButton
          key={stack.seriesInstanceUid}
          stack={stack}
          isShown={stack.seriesInstanceUid === props.shown?.seriesInstanceUid}
          mayLoad={mayLoad}
          onShow={() => props.onShow({ stack: place, image: 0 })}
        />
      ))}
      {undrawnSeries(props).map((series) => (
        <div
          key={series.seriesInstanceUid}
          className="rail-series"
          data-undrawn="true"
          data-testid="series-undrawn"
        >
          <span className="rail-title">
            <Chip>{series.modality ?? '?'}</Chip> {series.seriesDescription ?? ''}
          </span>
          <span className="rail-trouble">{RAIL_TEXT.undrawnSeries}</span>
        </div>
      ))}
    </nav>
  );
}
