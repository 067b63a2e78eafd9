import { useState } from 'react';
import type { ImageStack } from './image-stacks.ts';
import { RAIL_TEXT as T } from './rail-text.ts';

/** Twice what it measures on the page, for sharp screens. */
const SIDES = '264,192';
const LOADER_SCHEME = /^wadors:/;

/** The server's small picture of the image in the middle (PS3.18 10.4.1.1.4): pixels alone, nothing drawn over them. */
function pictureAddress({ images }: ImageStack): string {
  const middle = images[images.length > 4 ? Math.floor(images.length / 2) : 0];
  const frame = middle?.imageId.replace(LOADER_SCHEME, '') ?? '';
  return `${frame}/thumbnail?accept=image/jpeg&viewport=${SIDES}`;
}

/** Its place has a fixed size, so that nothing jumps; fetched when it comes into sight. */
export function SeriesPicture(props: {
  readonly stack: ImageStack;
  /** Not before the image that the reader waits for. */
  readonly mayLoad: boolean;
}) {
  const [broken, setBroken] = useState(false);
  if (broken) return <span className="rail-picture">{T.noPicture}</span>;
  return (
    <span className="rail-picture">
      {props.mayLoad ? (
        <img
          src={pictureAddress(props.stack)}
          alt=""
          width={132}
          height={96}
          loading="lazy"
          decoding="async"
          fetchPriority="low"
          data-testid="series-picture"
          onError={() => setBroken(true)}
        />
      ) : null}
    </span>
  );
}
