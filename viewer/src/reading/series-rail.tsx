import { Chip } from '../design/ui.tsx';
import type { ImagePlace, ImageStack } from './image-stacks.ts';
import { READING_TEXT as T } from './text.ts';

export function SeriesRail(props: {
  readonly stacks: readonly ImageStack[];
  readonly shown: ImageStack | null;
  readonly onShow: (place: ImagePlace) => void;
}) {
  return (
    <nav className="rail" aria-label={T.series}>
      {props.stacks.map((stack, place) => (
        <button
          type="button"
          key={stack.seriesInstanceUid}
          className="rail-series"
          aria-current={stack.seriesInstanceUid === props.shown?.seriesInstanceUid}
          data-testid="series"
          onClick={(event) => {
            if (event.detail > 0) event.currentTarget.blur();
            props.onShow({ stack: place, image: 0 });
          }}
        >
          <span className="rail-title">
            <Chip>{stack.modality ?? '?'}</Chip> {stack.title}
          </span>
          <span className="second small">
            {stack.images.length === 1 ? '1 image' : `${stack.images.length} images`}
          </span>
        </button>
      ))}
    </nav>
  );
}
