import { applyAffine } from './geometry.ts';
import { cutLine } from './slice-plane.ts';
import type { PaneControl } from './use-pane-hosts.ts';

/** Where the image that is looked at cuts the one of this pane, when both lie in one space. */
export function ReferenceLine(props: { readonly pane: PaneControl; readonly active: PaneControl }) {
  const { pane, active } = props;
  const affine = pane.state?.toCanvas ?? null;
  if (pane.slot === active.slot || affine === null || pane.image === null || active.image === null)
    return null;
  const line = cutLine(active.image, pane.image);
  if (line === null) return null;
  const [[x1, y1], [x2, y2]] = [applyAffine(affine, line[0]), applyAffine(affine, line[1])];
  return (
    <svg className="reference-line" aria-hidden="true">
      <line data-testid="reference-line" x1={x1} y1={y1} x2={x2} y2={y2} />
    </svg>
  );
}
