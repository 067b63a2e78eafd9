import { type RefObject, useEffect, useState } from 'react';
import type { ImageViewport, ViewportState } from './cornerstone.ts';
import { type Edge, edgeLetters } from './orientation.ts';
import { scaleBar } from './pixel-size.ts';
import { READING_TEXT as T } from './text.ts';

const EDGES: readonly Edge[] = ['top', 'right', 'bottom', 'left'];

/** Which side of the patient is where, and how long a length is: as far as the image itself says so. */
export function ImageBearings({ state }: { readonly state: ViewportState | null }) {
  const image = state?.stack.images[state.index];
  const affine = state?.toCanvas ?? null;
  if (image === undefined || affine === null) return null;
  const { directions, pixelSize } = image;
  const letters = directions === null ? null : edgeLetters(directions, affine);
  const bar = pixelSize === null ? null : scaleBar(pixelSize, affine);
  return (
    <>
      {letters === null
        ? null
        : EDGES.map((edge) => (
            <span key={edge} className="edge-letters" data-edge={edge} data-testid={`edge-${edge}`}>
              {letters[edge]}
            </span>
          ))}
      {bar === null || pixelSize === null ? null : (
        <div className="scale-bar" data-testid="scale-bar">
          <i style={{ width: `${bar.length}px` }} />
          <span>
            {T.millimetres(bar.millimetres)} {T.sizeOf[pixelSize.of]} ({pixelSize.attribute})
          </span>
        </div>
      )}
    </>
  );
}

interface Probed {
  readonly column: number;
  readonly row: number;
  readonly value: number;
}

/** The value under the pointer, with its unit where the image names one. */
export function PixelProbe(props: {
  readonly area: RefObject<HTMLElement | null>;
  readonly viewport: RefObject<ImageViewport | null>;
  readonly state: ViewportState | null;
}) {
  const { area, viewport, state } = props;
  const [probed, setProbed] = useState<Probed | null>(null);
  useEffect(() => {
    const element = area.current;
    if (element === null) return;
    const onMove = (event: PointerEvent) => {
      const { left, top } = element.getBoundingClientRect();
      setProbed(viewport.current?.valueAt([event.clientX - left, event.clientY - top]) ?? null);
    };
    const onLeave = () => setProbed(null);
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerleave', onLeave);
    return () => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerleave', onLeave);
    };
  }, [area, viewport]);
  if (probed === null || state === null) return null;
  const unit = state.stack.images[state.index]?.unit ?? T.noUnit;
  return (
    <span data-testid="probe">
      {Math.round(probed.value * 100) / 100} {unit} ({probed.column}, {probed.row})
    </span>
  );
}
